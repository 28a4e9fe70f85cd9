"""A release by two of three: who is missing, wrong or cheated is found, and a download that broke off goes on."""

import hashlib
import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from evidence.canonical import Json, encode
from evidence.errors import BagError, EvidenceError
from evidence.exhibit import ExhibitRecord, key_commitment
from evidence.ids import CaseNumber
from evidence.verify import verify
from tests.evidence.hostile_bundle import Memory
from tests.vault.making import (
    Person,
    approval,
    ask,
    content_of,
    enrol,
    give,
    new_vault,
    offered,
    person,
    released,
    report,
    running,
)
from tests.vault.media import FILM, PHOTO
from vault import bundles
from vault.age.files import encrypt_payload
from vault.age.header import Stanza, encode_stanzas
from vault.age.recipients import parse_recipient
from vault.answers import Answer
from vault.approving import CaseKeys, OfferedObject
from vault.assembling import Assembly, Release, keys_of
from vault.errors import NotReady, SharesMissing
from vault.instance import Vault
from vault.opening import AgeOpener
from vault.places import bundle_parts
from vault.shares import Part
from vault.store.protocol import Store, StoreReader

CUSTODIANS = [person("one"), person("two", hybrid=True), person("three")]
PARTNER = person("lawyer")
LINES = {each.line.key_id: each.line for each in CUSTODIANS}


@dataclass(frozen=True)
class Scene:
    """A running vault with a quorum of two of three, two cases and a partner."""

    vault: Vault
    case: str
    other: str


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("quorum") / "vault"
    new_vault(folder, *CUSTODIANS, quorum=2)
    with running(folder) as vault:
        enrol(vault, CUSTODIANS[0], PARTNER)
        cases = [report(vault, PHOTO, FILM, statement="words", keep_place=True).case for _ in range(2)]
        yield Scene(vault, *cases)


def corrupted(answer: Answer) -> Answer:
    """One bit of every share is another."""
    parts = {
        key: replace(part, value=bytes((part.value[0] ^ 1,)) + part.value[1:]) for key, part in answer.parts.items()
    }
    return replace(answer, parts=parts)


def sealed(scene: Scene, *by: Person, liars: tuple[Person, ...] = ()) -> Release:
    """A request that these custodians approved, sealed, as the partner's tool is told of it."""
    request = ask(scene.vault, PARTNER, scene.case, secrets.token_hex(8))
    for each in by:
        change = corrupted if each in liars else lambda answer: answer
        given = approval(scene.vault, each, PARTNER, request, scene.case, change=change)
        give(scene.vault, each, request, given)
    bundles.seal(scene.vault, request, lambda *_: "read me")
    return released(scene.vault, PARTNER, request)


@pytest.fixture(scope="module")
def release(scene: Scene) -> Release:
    """A release by the first two."""
    return sealed(scene, *CUSTODIANS[:2])


@pytest.fixture(scope="module")
def document(scene: Scene, release: Release) -> dict[str, Any]:
    """The same as the vault tells it."""
    told: Any = bundles.release_document(scene.vault, release.request, PARTNER.line.name)
    return dict(told)


def bundle(scene: Scene, release: Release, file: io.BytesIO | None = None) -> bytes:
    file = file or io.BytesIO()
    keys = keys_of(release, PARTNER.identity, LINES).keys
    content = content_of(scene.vault, PARTNER, release.request)
    Assembly(release, keys, PARTNER.identity.recipient).write(file, content, lambda _: None)
    return file.getvalue()


def opens(scene: Scene, data: bytes) -> bool:
    return verify(Memory(data), scene.vault.trust, AgeOpener([PARTNER.identity])).ok


def test_one_approval_is_not_enough(scene: Scene) -> None:
    with pytest.raises(NotReady):
        sealed(scene, CUSTODIANS[1])


@pytest.mark.parametrize("absent", range(3))
def test_any_two_suffice(scene: Scene, absent: int) -> None:
    release = sealed(scene, *(each for place, each in enumerate(CUSTODIANS) if place != absent))
    assert keys_of(release, PARTNER.identity, LINES).wrong == {}
    assert opens(scene, bundle(scene, release))


def test_the_wrong_one_of_three_is_named_and_the_other_two_suffice(scene: Scene) -> None:
    release = sealed(scene, *CUSTODIANS, liars=(CUSTODIANS[1],))
    found = keys_of(release, PARTNER.identity, LINES)
    assert list(found.wrong) == ["two"]
    assert opens(scene, bundle(scene, release))


def test_the_wrong_one_of_two_is_named(scene: Scene) -> None:
    release = sealed(scene, *CUSTODIANS[:2], liars=(CUSTODIANS[0],))
    with pytest.raises(SharesMissing) as missing:
        keys_of(release, PARTNER.identity, LINES)
    assert (list(missing.value.wrong), missing.value.missing) == (["one"], 1)


def test_an_answer_that_the_server_exchanged_is_named(scene: Scene, release: Release) -> None:
    before = sealed(scene, *CUSTODIANS[:2])
    first, second = release.answers
    exchanged = {
        "of the other custodian": replace(first, sealed=second.sealed),
        "of another request": before.answers[0],
        "cut": replace(first, sealed=first.sealed[:-1]),
        "under another's name": replace(first, signed=replace(first.signed, key_id=second.signed.key_id)),
        "by no custodian": replace(first, signed=replace(first.signed, key_id=PARTNER.line.key_id)),
    }
    for answer in exchanged.values():
        with pytest.raises(SharesMissing) as missing:
            keys_of(replace(release, answers=(answer, second)), PARTNER.identity, LINES)
        assert missing.value.wrong


def test_objects_that_nobody_approved_give_no_keys(release: Release) -> None:
    key, item = next(iter(release.objects.items()))
    for other in (replace(item, key_commitment=bytes(32)), replace(item, payload_sha256=bytes(32))):
        objects = {**release.objects, key: other}
        with pytest.raises(SharesMissing):
            keys_of(replace(release, objects=objects), PARTNER.identity, LINES)


def test_an_answer_sealed_to_somebody_else_is_named(release: Release) -> None:
    with pytest.raises(SharesMissing) as missing:
        keys_of(release, person("stranger").identity, LINES)
    assert sorted(missing.value.wrong) == ["one", "two"]


# What a coerced server offers to a custodian


def by_name(offered_objects: list[OfferedObject], number: int) -> dict[str, OfferedObject]:
    return {each.name: each for each in offered_objects if each.number == number}


@pytest.mark.parametrize("name", ["media", "withheld.age"])
def test_a_share_of_another_case_or_exhibit_is_not_answered_with(scene: Scene, name: str) -> None:
    custodian = CUSTODIANS[1]
    mine, theirs = (offered(scene.vault, custodian, case) for case in (scene.case, scene.other))
    target = by_name(mine, 1)[name]
    CaseKeys(scene.case, mine, custodian.identity)
    sources = [by_name(theirs, 1)[name]] + ([by_name(mine, 2)[name]] if name == "media" else [])
    for source in sources:
        for forged in (
            replace(target, stanzas=source.stanzas),
            replace(source, key=target.key, exhibit=target.exhibit, number=target.number),
            replace(source, exhibit=target.exhibit, number=target.number),
        ):
            objects = [forged if each is target else each for each in mine]
            with pytest.raises(EvidenceError):
                CaseKeys(scene.case, objects, custodian.identity)


def test_a_record_that_the_server_made_up_opens_no_other_case(scene: Scene) -> None:
    """Whoever can seal can write a record that says of another case's exhibit that it is of this one."""
    custodian = CUSTODIANS[0]
    theirs = by_name(offered(scene.vault, custodian, scene.other), 1)
    true = CaseKeys(scene.other, theirs.values(), custodian.identity).records[theirs["media"].exhibit]
    document = replace(true, case=CaseNumber(scene.case)).encode()
    assert ExhibitRecord.parse(document).case == scene.case
    file_key = secrets.token_bytes(16)
    payload = encrypt_payload(document, file_key, secrets.token_bytes(16))
    record = replace(
        theirs["record.age"],
        stanzas=encode_stanzas([parse_recipient(custodian.line.recipient).wrap(file_key)]),
        payload=payload,
        size=len(payload),
        sha256=hashlib.sha256(payload).digest(),
    )
    CaseKeys(scene.case, [record], custodian.identity)
    for name in ("media", "withheld.age"):
        with pytest.raises(EvidenceError, match="not of this object"):
            CaseKeys(scene.case, [record, theirs[name]], custodian.identity)


def test_a_paper_that_takes_the_quorum_is_refused(scene: Scene) -> None:
    custodian = CUSTODIANS[0]
    mine = by_name(offered(scene.vault, custodian, scene.case), 1)
    with pytest.raises(EvidenceError):
        CaseKeys(scene.case, [replace(mine["record.age"], stanzas=mine["media"].stanzas)], custodian.identity)
    nobodys = replace(mine["record.age"], stanzas=encode_stanzas([Stanza("x", (), b"")]))
    with pytest.raises(EvidenceError):
        CaseKeys(scene.case, [nobodys], custodian.identity)


# What the partner's tool writes


def test_content_that_is_not_what_was_promised_is_named(scene: Scene, release: Release) -> None:
    keys = keys_of(release, PARTNER.identity).keys
    whole = content_of(scene.vault, PARTNER, release.request)
    for at, wanted in [(0, release.parts[0].path), (-1, release.parts[-1].path)]:

        @contextmanager
        def changed(start: int, at: int = at) -> Iterator[Iterator[bytes]]:
            with whole(0) as chunks:
                data = bytearray(b"".join(chunks))
            data[at] ^= 1
            yield iter([bytes(data[start:])])

        file = io.BytesIO()
        with pytest.raises(BagError, match=wanted):
            Assembly(release, keys, PARTNER.identity.recipient).write(file, changed, lambda _: None)
        assert opens(scene, bundle(scene, release, file))  # what came before stays good


def test_a_download_goes_on_wherever_it_broke_off(scene: Scene, release: Release) -> None:
    whole = bundle(scene, release)
    places = [0, 1, 60, 100, 150, len(whole) // 3, len(whole) // 2, len(whole) - 2000, len(whole) - 30, len(whole)]
    for place in [*places, *(len(whole) * step // 17 for step in range(17))]:
        again = bundle(scene, release, io.BytesIO(whole[:place]))
        assert len(again) == len(whole)
        assert opens(scene, again), place


def test_what_lies_there_from_something_else_is_written_over(scene: Scene, release: Release) -> None:
    other = sealed(scene, *CUSTODIANS[1:])
    for before in (bundle(scene, other), secrets.token_bytes(500_000), bytes(10)):
        assert opens(scene, bundle(scene, release, io.BytesIO(before)))


@pytest.mark.parametrize(
    "lie", [{"parts": []}, {"objects": []}, {"format": "amparo/release/2"}, {"request": "x"}, {"more": 1}, {"date": 1}]
)
def test_a_release_that_contradicts_itself_is_refused(document: dict[str, Any], lie: dict[str, Any]) -> None:
    Release.from_json(document)
    with pytest.raises(EvidenceError):
        Release.from_json({**document, **lie})


@pytest.mark.parametrize("path", ["bagit.txt", "data/custody/more", "../up", "data/E01/media.age"])
def test_a_release_with_a_file_that_is_not_the_vault_s_to_send_is_refused(document: dict[str, Any], path: str) -> None:
    added = {"path": path, "key": "", "bytes": 1, "sha256": "0" * 64}
    parts: list[dict[str, Any]] = [*document["parts"], added]
    with pytest.raises(EvidenceError):
        Release.from_json({**document, "parts": [*sorted(parts, key=lambda part: str(part["path"]))]})


def test_an_answer_is_read_back_and_twice_the_same_object_is_refused() -> None:
    answer = Answer("R-000000000000", "0" * 32, {"a": Part(1, bytes(16)), "b": Part(2, bytes(17), (bytes(32),) * 2)})
    assert Answer.parse(answer.encode()) == answer
    twice: Json = {"key": "a", "part": Part(1, bytes(16)).to_json()}
    document: Json = {"format": "amparo/answer/1", "request": "R", "custodian": "0" * 32, "parts": [twice, twice]}
    with pytest.raises(EvidenceError, match="twice"):
        Answer.parse(encode(document))


def test_a_bundle_of_a_former_version_has_to_be_asked_for_again(scene: Scene) -> None:
    request = sealed(scene, *CUSTODIANS[:2]).request
    scene.vault.store.put(bundle_parts(request), encode({"format": "amparo/bundle-parts/1", "parts": []}))
    with pytest.raises(NotReady, match="former version"):
        bundles.open_content(scene.vault, request, PARTNER.line.name)


def test_the_approved_commitments_are_those_of_the_keys(release: Release) -> None:
    keys = keys_of(release, PARTNER.identity).keys
    assert {key: key_commitment(value) for key, value in keys.items()} == {
        key: item.key_commitment for key, item in release.objects.items()
    }


class NoMedia:
    """A store in which nobody may look at media."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def open(self, key: str) -> StoreReader:
        assert not key.endswith(".payload")
        return self._store.open(key)

    def read(self, key: str, max_bytes: int = 1 << 26) -> bytes:
        assert not key.endswith(".payload")
        return self._store.read(key, max_bytes)


def test_approving_and_sealing_read_no_media(scene: Scene) -> None:
    """So a case of 10 GB takes no longer than one of 10 kB."""
    blind = replace(scene.vault, store=NoMedia(scene.vault.store))  # type: ignore[arg-type]  # passes all else on
    request = ask(blind, PARTNER, scene.case, secrets.token_hex(8))
    for each in CUSTODIANS[:2]:
        give(blind, each, request, approval(blind, each, PARTNER, request, scene.case))
    bundles.seal(blind, request, lambda *_: "read me")
    assert opens(scene, bundle(scene, released(blind, PARTNER, request)))
    with pytest.raises(AssertionError):
        bundle(Scene(blind, scene.case, scene.other), released(blind, PARTNER, request))
