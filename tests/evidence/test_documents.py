"""Every document of ours is read back as it was written, and refused with a member too few, too many or malformed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import Json, encode
from evidence.errors import DocumentError, EvidenceError, SignatureError
from evidence.event import Event, EventType, Role, commitment
from evidence.exhibit import ExhibitRecord, header_length
from evidence.release import Approval, Denial, Enrolment, ReleasedObject, Request, Revocation, objects_digest
from evidence.signed import SignedDocument
from evidence.trust import Trust
from tests.evidence.claims import ALICE, BOB, CASE, LAWYER, ORIGIN, REQUEST, START, TRUST, enrolled

APPROVAL: Final = Approval(ORIGIN, REQUEST, CASE, LAWYER.line.key_id, bytes(32), b"\2" * 32, START)
Read = Callable[[Mapping[str, Json]], object]
DOCUMENTS: Final[dict[str, tuple[Any, Read]]] = {
    "enrolment": (Enrolment(ORIGIN, "partner", LAWYER.line, START), Enrolment.from_json),
    "revocation": (Revocation(ORIGIN, "lawyer", START), Revocation.from_json),
    "request": (Request(ORIGIN, CASE, "court", START), Request.from_json),
    "denial": (Denial(ORIGIN, REQUEST, "no", START), Denial.from_json),
    "approval": (APPROVAL, Approval.from_json),
    "released object": (ReleasedObject("exhibits/0/media", bytes(32), b"\1" * 32), ReleasedObject.from_json),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_read_back(name: str) -> None:
    document, read = DOCUMENTS[name]
    assert read(document.to_json()) == document


def test_an_approval_of_a_former_version_is_read_and_names_no_answer() -> None:
    document = {key: value for key, value in APPROVAL.to_json().items() if key != "answer_sha256"}
    assert Approval.from_json({**document, "format": "amparo/approval/1"}) == replace(APPROVAL, answer=b"")
    with pytest.raises(DocumentError):
        Approval.from_json(document)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_with_a_member_too_few_or_too_many_is_refused(name: str) -> None:
    document, read = DOCUMENTS[name]
    members = document.to_json()
    for left_out in members:
        with pytest.raises(DocumentError):
            read({key: value for key, value in members.items() if key != left_out})
    with pytest.raises(DocumentError):
        read({**members, "more": ""})


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("value", [None, 1, True, [], {}, "x" * 5000])
def test_a_malformed_member_is_refused(name: str, value: Json) -> None:
    document, read = DOCUMENTS[name]
    for member in document.to_json():
        with pytest.raises(DocumentError):
            read({**document.to_json(), member: value})


def test_a_document_of_another_kind_is_refused() -> None:
    documents = {name: each for name, each in DOCUMENTS.items() if name != "released object"}
    for name, (document, _) in documents.items():
        for other, (_, read) in documents.items():
            if other != name:
                with pytest.raises(DocumentError):
                    read(document.to_json())


def test_a_signature_covers_every_member() -> None:
    signed = ALICE.sign(APPROVAL)
    assert signed.verify(ALICE.line) == APPROVAL.to_json()
    for member in APPROVAL.to_json():
        changed = SignedDocument({**APPROVAL.to_json(), member: "changed"}, signed.key_id, signed.signature)
        with pytest.raises(SignatureError):
            changed.verify(ALICE.line)


def test_a_signature_is_of_one_person_only() -> None:
    signed = ALICE.sign(APPROVAL)
    with pytest.raises(SignatureError):
        signed.verify(BOB.line)
    with pytest.raises(SignatureError):
        SignedDocument(signed.document, BOB.line.key_id, signed.signature).verify(BOB.line)


def test_a_signed_document_is_read_back() -> None:
    signed = ALICE.sign(APPROVAL)
    assert SignedDocument.from_json(signed.to_json()) == signed


@given(order=st.permutations(range(4)))
def test_the_digest_of_objects_does_not_depend_on_their_order(order: list[int]) -> None:
    objects = [ReleasedObject(f"k{number}", bytes(32), bytes(32)) for number in range(4)]
    assert objects_digest([objects[place] for place in order]) == objects_digest(objects)
    assert objects_digest(objects[:3]) != objects_digest(objects)


def test_an_event_is_read_back_and_its_nonce_hides_it() -> None:
    first, second = enrolled(), enrolled()
    assert Event.parse(first.encode()) == first
    assert first.nonce != second.nonce
    assert commitment(first.encode()) != commitment(second.encode())


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("format", "amparo/event/2"),
        ("type", "something.else"),
        ("time", "2026-11-25T10:20:30+00:00"),
        ("time", "2026-13-25T10:20:30Z"),
        ("case", "aaaa-aaa7"),
        ("exhibit", "0" * 31),
        ("actor", {"role": "king", "id": "x"}),
        ("actor", {"role": "system"}),
        ("nonce", "00"),
        ("detail", []),
        ("more", ""),
    ],
)
def test_a_malformed_event_is_refused(member: str, value: Json) -> None:
    members = json.loads(enrolled().encode())
    with pytest.raises(EvidenceError):
        Event.parse(encode({**members, member: value}))


def test_an_event_that_is_spelt_otherwise_is_refused() -> None:
    members = json.loads(enrolled().encode())
    with pytest.raises(EvidenceError):
        Event.parse(json.dumps(members).encode())


@given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_times_of_events_are_whole_seconds(moment: datetime) -> None:
    event = Event(EventType.FIXITY_CHECKED, moment, Role.SYSTEM, "vault", bytes(16))
    assert Event.parse(event.encode()).time == moment.replace(microsecond=0)


def test_a_trust_anchor_is_read_back() -> None:
    assert Trust.parse(TRUST.encode()) == TRUST
    assert TRUST.custodian(ALICE.line.key_id) == ALICE.line
    assert TRUST.custodian(LAWYER.line.key_id) is None


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("quorum", 0),
        ("quorum", 3),
        ("quorum", True),
        ("custodians", []),
        ("custodians", [str(ALICE.line), str(ALICE.line)]),
        ("custodians", ["x"]),
        ("log", "vault.invalid/log+00000000+AAAA"),
        ("receipt_salt", ""),
        ("origin", None),
        ("more", 1),
    ],
)
def test_a_malformed_trust_anchor_is_refused(member: str, value: Json) -> None:
    with pytest.raises(EvidenceError):
        Trust.parse(encode({**json.loads(TRUST.encode()), member: value}))


@pytest.mark.parametrize("data", [b"", b"{}", b"age-encryption.org/v1\n-> X25519 a\n", b"x" * 2_000_000])
def test_what_has_no_age_header_has_no_header_length(data: bytes) -> None:
    with pytest.raises(DocumentError):
        header_length(data)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format":"amparo/exhibit/1"}'])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        ExhibitRecord.parse(data)
