"""Nothing that a bundle says is believed: each paper says what the signed events say, or the bundle fails."""

import re
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import audit, bundle, verify
from evidence.bundle import BundleCase
from evidence.canonical import Json, decode, encode
from evidence.errors import DocumentError, EvidenceError
from evidence.event import Event, EventType
from evidence.exhibit import ExhibitRecord
from tests.evidence.claims import TRUST
from tests.evidence.hostile_bundle import (
    EXHIBIT,
    ORIGINAL,
    OTHER,
    Lies,
    Memory,
    checked,
    failed,
    make,
    open_sealed,
    relabelled,
    seal,
)
from tests.paths import ROOT

HONEST: Final = make(Lies())
TRUE: Final = ((EXHIBIT, 1, "clean", True), (OTHER, 2, "unstripped", False))


def told(**members: Any) -> Callable[[str, bytes], bytes]:
    """A case.json that says something else."""
    return lambda path, data: replace(BundleCase.parse(data), **members).encode() if path == bundle.CASE else data


def detail(kind: EventType, change: Callable[[dict[str, Json]], dict[str, Json]]) -> Callable[[Event], Event]:
    """The first event of a kind that has objects, with other details."""

    def changed(each: Event) -> Event:
        wanted = each.type is kind and each.exhibit in {"", EXHIBIT}
        return replace(each, detail=change(dict(each.detail))) if wanted else each

    return changed


def test_an_honest_bundle_passes() -> None:
    result = checked(Lies())
    assert failed(result) == {}
    assert result.checks[9].detail == f"{len(ORIGINAL)} bytes open and match; 1 statements open"
    assert result.checks[10].detail == "1 ranges withheld, 1 of them opened to this partner"


def test_a_bundle_of_the_statement_alone_passes_and_says_that_no_exhibit_was_released() -> None:
    result = checked(Lies(releases=lambda key: key.startswith("cases/")))
    assert failed(result) == {}
    assert result.case is not None
    assert [released for *_, released in result.case.exhibits] == [False, False]


@pytest.mark.parametrize(
    "members",
    [
        {"purpose": "another purpose altogether"},
        {"partner": "somebody"},
        {"case": "BBBB-BBB7"},
        {"request": "R-BBBBBBBBBBBB"},
        {"exhibits": TRUE[:1]},
        {"exhibits": ((EXHIBIT, 7, "clean", True), TRUE[1])},
        {"exhibits": ((EXHIBIT, 1, "unstripped", True), TRUE[1])},
        {"exhibits": ((EXHIBIT, 1, "clean", False), TRUE[1])},
        {"exhibits": (TRUE[0], (OTHER, 2, "unstripped", True))},
        {"exhibits": (*TRUE, ("f" * 32, 9, "clean", False))},
        {"exhibits": TRUE[::-1]},
    ],
)
def test_a_case_paper_that_says_something_else_than_the_events_fails(members: dict[str, Any]) -> None:
    assert failed(checked(Lies(paper=told(**members)))) == {7: "case.json says something else than the events"}


def test_another_bundle_than_the_log_says_was_sealed_fails() -> None:
    result = checked(Lies(sealed_digest=lambda _: bytes(range(32))))
    assert failed(result) == {7: "the log says that a bundle of other objects was sealed"}


def test_two_exhibits_under_one_number_fail() -> None:
    def numbered(each: Event) -> Event:
        return replace(each, detail={**each.detail, "number": 1}) if each.exhibit == OTHER else each

    assert 7 in failed(checked(Lies(event=numbered)))


def test_a_false_hash_of_the_original_fails() -> None:
    faults = failed(checked(Lies(original_sha256=b"\xee" * 32)))
    assert list(faults) == [11]
    assert "not the original whose hash was kept" in faults[11]


def test_opened_ranges_that_were_not_withheld_fail() -> None:
    other = Lies(withheld=lambda data: data.replace(b'"offset":100', b'"offset":101'))
    assert list(failed(checked(other))) == [11]


def test_a_file_of_opened_ranges_that_is_none_fails() -> None:
    assert list(failed(checked(Lies(withheld=lambda _: b"{}")))) == [11]


@pytest.mark.parametrize("statement", [b"\xff\xfe", b"cut \xe2\x82", b"\xed\xa0\x80"])
def test_a_statement_that_is_not_text_fails(statement: bytes) -> None:
    faults = failed(checked(Lies(statement=statement)))
    assert list(faults) == [10]
    assert "statement-1" in faults[10]


@pytest.mark.parametrize(("part", "step"), [("statement", 10), ("media", 10), ("record", 9), ("withheld", 11)])
def test_an_object_that_does_not_open_fails(part: str, step: int) -> None:
    def sealed(key: str, data: bytes) -> bytes:
        return bytes(32) + seal(data)[32:] if part in key.rpartition("/")[2] else seal(data)

    assert list(failed(checked(Lies(seal=sealed)))) == [step]


def test_a_record_of_another_payload_fails() -> None:
    assert list(failed(checked(Lies(record=relabelled(payload_bytes=7))))) == [9]


def test_an_exhibit_whose_event_names_no_media_fails_and_nothing_is_raised() -> None:
    def without(members: dict[str, Any]) -> dict[str, Json]:
        return {**members, "objects": [each for each in members["objects"] if not each["key"].endswith("/media")]}

    lies = Lies(event=detail(EventType.EXHIBIT_SEALED, without), releases=lambda key: not key.endswith("/media"))
    assert list(failed(checked(lies))) == [9]


def test_an_exhibits_event_cannot_speak_for_a_statement() -> None:
    def moved(each: Event) -> Event:
        statement: Json = [{"key": "cases/AAAA-AAA7/statement-1.age", "bytes": 1, "sha256": "0" * 64}]
        return replace(each, detail={**each.detail, "objects": statement}) if each.exhibit == OTHER else each

    assert failed(checked(Lies(event=moved))) == {}


def test_released_is_true_or_false() -> None:
    data = BundleCase("AAAA-AAA7", "R-AAAAAAAAAAAA", "lawyer", "court", TRUE).encode()
    with pytest.raises(DocumentError):
        BundleCase.parse(data.replace(b"true", b"1"))


AUDIT_STEPS: Final = tuple((number, step.name, step.shows) for number, step in enumerate(audit.STEPS, 1))


@pytest.mark.parametrize("steps", [verify.STEPS, AUDIT_STEPS], ids=["verify", "audit"])
def test_the_documents_say_what_the_steps_show(steps: tuple[tuple[int, str, str], ...]) -> None:
    text = (ROOT / "docs" / "verification.md").read_text("utf-8")
    rows = [f"| {number} | {name} | {shows} |" for number, name, shows in steps]
    assert "\n".join(rows) in text
    assert len(re.findall(r"^\| [0-9]+ \|", text, re.MULTILINE)) == len(verify.STEPS) + len(audit.STEPS)


LEAVES: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=40)
    | st.sampled_from(["0" * 64, EXHIBIT, OTHER, "exhibits/" + EXHIBIT + "/media", "E01", "../x"])
)
VALUES: Final = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@st.composite
def changes(draw: st.DrawFn) -> Callable[[Json], Json]:
    """One value somewhere in a document becomes another, or goes."""
    turns = draw(st.lists(st.integers(0, 1000), max_size=6))
    value, gone = draw(VALUES), draw(st.booleans())

    def change(document: Any, depth: int = 0) -> Any:
        if depth == len(turns) or not isinstance(document, (dict, list)) or not document:
            return value
        members: dict[Any, Any] = dict(document if isinstance(document, dict) else enumerate(document))
        key = list(members)[turns[depth] % len(members)]
        if gone and depth == len(turns) - 1:
            del members[key]
        else:
            members[key] = change(members[key], depth + 1)
        return members if isinstance(document, dict) else list(members.values())

    return change


def spoilt(change: Callable[[Json], Json], data: bytes) -> bytes:
    try:
        return encode(change(decode(data)))
    except EvidenceError:
        return b"\xff" + data


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 2**16))
def test_no_damaged_archive_makes_verification_raise(flips: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(HONEST)
    for at, value in flips:
        data[-1 - at % len(data)] = value
    result = verify.verify(Memory(bytes(data)), TRUST, open_sealed)
    assert result.ok == (data == HONEST)
    assert not verify.verify(Memory(HONEST[: cut % len(HONEST)]), TRUST, open_sealed).ok


def test_lengths_beyond_any_archive_are_refused() -> None:
    files = [_central(f"R/{number}", 2**64 - 1) for number in range(3)]
    directory = b"".join(files)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(files), len(files), len(directory), 0, 0)
    assert 1 in failed(verify.verify(Memory(directory + end), TRUST, open_sealed))


def _central(name: str, size: int) -> bytes:
    """A file's entry in a ZIP64 directory (APPNOTE 4.3.12, 4.5.3)."""
    extra = struct.pack("<HHQQ", 1, 16, size, size)
    fields = (b"PK\1\2", 3 << 8 | 45, 45, 0, 0, 0, 33, 0, 2**32 - 1, 2**32 - 1, len(name), len(extra), 0, 0, 0, 0, 0)
    return struct.pack("<4s6H3L5H2L", *fields) + name.encode() + extra


@settings(deadline=None, max_examples=150)
@given(changes(), st.sampled_from([bundle.EVENTS, bundle.APPROVALS, bundle.CASE]))
def test_no_paper_makes_verification_raise(change: Callable[[Json], Json], paper: str) -> None:
    checked(Lies(paper=lambda path, data: spoilt(change, data) if path == paper else data))


@settings(deadline=None, max_examples=150)
@given(changes())
def test_no_record_makes_verification_raise(change: Callable[[Json], Json]) -> None:
    checked(Lies(record=lambda record: spoilt(change, ExhibitRecord.encode(record))))


@settings(deadline=None, max_examples=100)
@given(changes())
def test_no_file_of_opened_ranges_makes_verification_raise(change: Callable[[Json], Json]) -> None:
    checked(Lies(withheld=lambda data: spoilt(change, data)))


@settings(deadline=None, max_examples=200)
@given(changes(), st.sampled_from(list(EventType)))
def test_no_logged_event_makes_verification_raise(change: Callable[[Json], Json], kind: EventType) -> None:
    def changed(each: Event) -> Event:
        new = change(dict(each.detail))
        return replace(each, detail=new) if each.type is kind and isinstance(new, dict) else each

    checked(Lies(event=changed))
