"""Headers that take several custodians, and what their parts give together."""

import itertools
import json
import secrets
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vault.making import Person, person
from tests.vectors import generate_shares
from vault import quorum, shares
from vault.age import header as age_header
from vault.age.errors import AgeError, HeaderError, NoMatch
from vault.age.header import Stanza
from vault.age.identities import open_header, parse_identity
from vault.errors import SharesMissing
from vault.quorum import SHARE_TYPE, ShareStanza, seal_shares, stanzas_for, takes_quorum
from vault.shares import Part, combine, part_of

PEOPLE = [person("one"), person("two", hybrid=True), person("three")]
CONTEXT = quorum.media_context("7K3M-Q2XA", "exhibits/0/media")


def sealed(file_key: bytes, threshold: int = 2, people: list[Person] = PEOPLE, context: str = CONTEXT) -> bytes:
    recipients = [each.identity.recipient for each in people]
    return seal_shares(file_key, recipients, threshold, context, secrets.token_bytes)


def parts(header: bytes, people: list[Person] = PEOPLE, context: str = CONTEXT) -> dict[str, Part]:
    stanzas = age_header.parse(header).stanzas
    return {each.line.name: part_of(stanzas, each.identity, context) for each in people}


@pytest.fixture
def file_key() -> bytes:
    return secrets.token_bytes(16)


@pytest.mark.parametrize("threshold", [2, 3])
def test_any_quorum_opens_it_and_fewer_do_not(file_key: bytes, threshold: int) -> None:
    header = sealed(file_key, threshold)
    assert takes_quorum(header)
    found = parts(header)
    for size in range(1, 4):
        for chosen in itertools.combinations(found.items(), size):
            if size >= threshold:
                assert combine(dict(chosen), file_key.__eq__).file_key == file_key
            else:
                with pytest.raises(SharesMissing) as missing:
                    combine(dict(chosen), file_key.__eq__)
                assert (missing.value.wrong, missing.value.missing) == ({}, threshold - size)


def test_no_single_identity_opens_it_as_an_age_file(file_key: bytes) -> None:
    for each in PEOPLE:
        with pytest.raises(NoMatch):
            open_header(sealed(file_key), [each.identity])


def test_the_header_tells_the_right_key(file_key: bytes) -> None:
    parsed = age_header.parse(sealed(file_key))
    age_header.verify_mac(parsed, file_key)
    with pytest.raises(AgeError):
        age_header.verify_mac(parsed, bytes(16))


def test_a_quorum_of_one_is_a_plain_age_header(file_key: bytes) -> None:
    header = sealed(file_key, 1)
    assert not takes_quorum(header)
    for each in PEOPLE:
        assert open_header(header, [each.identity])[0] == file_key
        assert part_of(age_header.parse(header).stanzas, each.identity, CONTEXT) == Part(1, file_key)


@pytest.mark.parametrize("context", ["0000-0000 exhibits/0/media", "7K3M-Q2XA exhibits/1/media", ""])
def test_a_share_of_another_object_or_case_is_not_unwrapped(file_key: bytes, context: str) -> None:
    with pytest.raises(NoMatch):
        parts(sealed(file_key), context=context)


def test_two_splits_of_one_key_do_not_mix(file_key: bytes) -> None:
    first, second = parts(sealed(file_key)), parts(sealed(file_key))
    with pytest.raises(SharesMissing):
        combine({"one": first["one"], "two": second["two"]}, file_key.__eq__)
    assert combine({**first, "three": second["three"]}, file_key.__eq__).file_key == file_key


def test_splits_of_two_thresholds_do_not_mix(file_key: bytes) -> None:
    two, three = parts(sealed(file_key, 2)), parts(sealed(file_key, 3))
    for mixed in ({"one": two["one"], "two": three["two"]}, {**three, "one": two["one"]}):
        with pytest.raises(SharesMissing):
            combine(mixed, file_key.__eq__)


def test_a_wrong_share_is_named_also_when_it_is_needed(file_key: bytes) -> None:
    found = parts(sealed(file_key))
    value = found["two"].value
    wrong = Part(2, bytes((value[0] ^ 1,)) + value[1:], found["two"].commitments)
    assert combine({**found, "two": wrong}, file_key.__eq__).wrong.keys() == {"two"}
    with pytest.raises(SharesMissing) as missing:
        combine({"one": found["one"], "two": wrong}, file_key.__eq__)
    assert (list(missing.value.wrong), missing.value.missing) == (["two"], 1)


def test_liars_who_agree_among_themselves_are_named_and_change_nothing(file_key: bytes) -> None:
    people = [*PEOPLE, person("four"), person("five")]
    honest, false = (
        parts(sealed(file_key, 2, people), people),
        parts(sealed(secrets.token_bytes(16), 2, people), people),
    )
    for order in (1, -1):
        mixed = {**honest, "one": false["one"], "two": false["two"]}
        done = combine(dict(list(mixed.items())[::order]), file_key.__eq__)
        assert (done.file_key, sorted(done.wrong)) == (file_key, ["one", "two"])


def test_one_share_given_twice_counts_once(file_key: bytes) -> None:
    part = parts(sealed(file_key))["one"]
    with pytest.raises(SharesMissing):
        combine({"one": part, "another name": part}, file_key.__eq__)


def test_a_wrong_whole_key_is_named(file_key: bytes) -> None:
    done = combine({"one": Part(1, bytes(16)), "two": Part(1, file_key)}, file_key.__eq__)
    assert (done.file_key, list(done.wrong)) == (file_key, ["one"])


@settings(max_examples=60)
@given(st.integers(0, 400), st.integers(1, 255))
def test_a_byte_of_a_stanza_that_was_changed_never_gives_another_part(place: int, change: int) -> None:
    header = HEADER
    data = bytearray(quorum.stanzas_for(header, 0, 3, PEOPLE[0].identity.recipient))
    data[place % len(data)] ^= change
    try:
        part = part_of(age_header.parse_stanzas(bytes(data)), PEOPLE[0].identity, CONTEXT)
    except AgeError:
        return
    assert part == part_of(age_header.parse(header).stanzas, PEOPLE[0].identity, CONTEXT)


HEADER = sealed(bytes(16))


def test_a_part_is_read_back_and_nothing_else_is() -> None:
    for part in parts(HEADER).values():
        assert Part.from_json(part.to_json()) == part
    assert Part.from_json(Part(1, bytes(16)).to_json()) == Part(1, bytes(16))
    good = Part(2, bytes(17), (bytes(32), bytes(32))).to_json()
    for lie in (
        {"threshold": 0},
        {"threshold": 1},
        {"value": "A" * 22},
        {"value": "="},
        {"commitments": ["AA"]},
        {"more": 1},
    ):
        with pytest.raises(Exception, match="part: "):
            Part.from_json({**good, **lie})


def test_a_custodian_gets_their_own_stanza_alone() -> None:
    for place, each in enumerate(PEOPLE):
        for header in (HEADER, sealed(bytes(16), 1)):
            own = age_header.parse_stanzas(stanzas_for(header, place, 3, each.identity.recipient))
            assert len(own) == 1
            assert part_of(own, each.identity, CONTEXT) == part_of(
                age_header.parse(header).stanzas, each.identity, CONTEXT
            )
    # While headers are being rewritten their order may be an older one: then all of them.
    assert len(age_header.parse_stanzas(stanzas_for(sealed(bytes(16), 1), 0, 4, PEOPLE[0].identity.recipient))) == 3


def test_the_published_vectors_are_those_the_generator_writes() -> None:
    written = {path.stem: json.loads(path.read_text()) for path in generate_shares.FOLDER.glob("*.json")}
    assert written == generate_shares.vectors()


@pytest.mark.parametrize("vector", generate_shares.vectors().values(), ids=generate_shares.vectors())
def test_the_published_vectors_have_their_outcomes(vector: dict[str, Any]) -> None:
    parsed = age_header.parse(vector["header"].encode())
    file_key = bytes.fromhex(vector["file_key"])
    age_header.verify_mac(parsed, file_key)
    found = {}
    for number, (identity, expected) in enumerate(zip(vector["identities"], vector["parts"], strict=True)):
        if expected in {"no-match", "malformed"}:
            with pytest.raises(NoMatch if expected == "no-match" else HeaderError):
                part_of(parsed.stanzas, parse_identity(identity), vector["context"])
        else:
            found[str(number)] = part_of(parsed.stanzas, parse_identity(identity), vector["context"])
            assert found[str(number)].value.hex() == expected
    for chosen in itertools.combinations(found.items(), int(parsed.stanzas[-1].args[0])):
        assert combine(dict(chosen), file_key.__eq__).file_key == file_key


@pytest.mark.parametrize("args", [(), ("2", "1", "0" * 32, "AA"), ("2", "1", "0" * 31, "AA", "A" * 43, "A" * 43)])
def test_a_stanza_with_too_few_words_is_malformed(args: tuple[str, ...]) -> None:
    with pytest.raises(HeaderError):
        ShareStanza.parse(Stanza(SHARE_TYPE, args, bytes(33)))


def test_shares_hide_what_they_hold() -> None:
    part = parts(HEADER)["one"]
    assert part.value.hex() not in repr(part)
    assert str(part.value) not in repr(shares.Combined(part.value, {}))
