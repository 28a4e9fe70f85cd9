"""The documents of a release, each signed by a person: enrolment, request, approval, denial, revocation.

An approval names every object that it opens: the stored payload's hash, which the custody log committed to when the
object was sealed, and a commitment to the key that opens it. It names the answer that came with it: the custodian's
parts of those keys, sealed to the partner. So it can be moved neither to another partner, nor to other objects, nor to
another request.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from evidence.canonical import Json, encode
from evidence.consent import Kind
from evidence.errors import DocumentError, IdentityError
from evidence.fields import Fields, rfc3339
from evidence.identity import PublicLine
from evidence.ids import CASE_PATTERN, REQUEST_PATTERN

ENROLMENT: Final = "amparo/enrolment/1"
LIMITED_ENROLMENT: Final = "amparo/enrolment/2"
"""Of a partner who is no lawyer for every case: it has a `kind`."""
REVOCATION: Final = "amparo/revocation/1"
REQUEST: Final = "amparo/request/1"
CHOSEN_REQUEST: Final = "amparo/request/2"
"""With a proof that the source chose the partner (`consent.prove`)."""
APPROVAL: Final = "amparo/approval/2"
FORMER_APPROVAL: Final = "amparo/approval/1"
"""Without an answer: a custodian's new headers came with it. Logs may hold such approvals; none is made any more."""
DENIAL: Final = "amparo/denial/1"
PROOF_BYTES: Final = 64
PURPOSE_LIMIT: Final = 1000  # characters
ENROLLED_ROLES: Final = ("partner", "auditor")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A custodian vouches for somebody's public line in one vault (`origin`); `kind`: what a partner may ask for."""

    origin: str
    role: str
    line: PublicLine
    time: datetime
    kind: Kind = Kind.LAWYER

    def to_json(self) -> dict[str, Json]:
        """The document to sign."""
        limited: dict[str, Json] = {} if self.kind is Kind.LAWYER else {"kind": self.kind.value}
        return {
            "format": LIMITED_ENROLMENT if limited else ENROLMENT,
            "origin": self.origin,
            "role": self.role,
            "line": str(self.line),
            "time": rfc3339(self.time),
            **limited,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "Enrolment":
        """Read a verified document."""
        fields = Fields(value, "enrolment")
        limited = value.get("format") == LIMITED_ENROLMENT
        fields.format(LIMITED_ENROLMENT if limited else ENROLMENT)
        enrolment = cls(
            origin=fields.text("origin", 256),
            role=fields.text("role", 16),
            line=_line(fields, "line"),
            time=fields.time("time"),
            kind=_kind(fields.text("kind", 16)) if limited else Kind.LAWYER,
        )
        fields.done()
        if enrolment.role not in ENROLLED_ROLES or (limited and enrolment.role != ENROLLED_ROLES[0]):
            raise DocumentError("enrolment: the role is partner or auditor, and only partners are limited")
        return enrolment


@dataclass(frozen=True, slots=True)
class Revocation:
    """A custodian ends the enrolment of the person with this name."""

    origin: str
    name: str
    time: datetime

    def to_json(self) -> dict[str, Json]:
        """The document to sign."""
        return {"format": REVOCATION, "origin": self.origin, "name": self.name, "time": rfc3339(self.time)}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "Revocation":
        """Read a verified document."""
        fields = Fields(value, "revocation")
        fields.format(REVOCATION)
        revocation = cls(fields.text("origin", 256), fields.text("name", 64), fields.time("time"))
        fields.done()
        return revocation


@dataclass(frozen=True, slots=True)
class Request:
    """A partner asks for one case; `proof`: that its source chose the partner, or empty."""

    origin: str
    case: str
    purpose: str
    time: datetime
    proof: bytes = b""

    def to_json(self) -> dict[str, Json]:
        """The document to sign."""
        proof: dict[str, Json] = {"proof": self.proof.hex()} if self.proof else {}
        return {
            "format": CHOSEN_REQUEST if proof else REQUEST,
            "origin": self.origin,
            "case": self.case,
            "purpose": self.purpose,
            "time": rfc3339(self.time),
            **proof,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "Request":
        """Read a verified document."""
        fields = Fields(value, "request")
        chosen = value.get("format") == CHOSEN_REQUEST
        fields.format(CHOSEN_REQUEST if chosen else REQUEST)
        request = cls(
            origin=fields.text("origin", 256),
            case=fields.matching("case", CASE_PATTERN),
            purpose=fields.text("purpose", PURPOSE_LIMIT),
            time=fields.time("time"),
            proof=fields.hexadecimal("proof", PROOF_BYTES) if chosen else b"",
        )
        fields.done()
        return request


@dataclass(frozen=True, slots=True)
class Denial:
    """A custodian refuses a request."""

    origin: str
    request: str
    reason: str
    time: datetime

    def to_json(self) -> dict[str, Json]:
        """The document to sign."""
        return {
            "format": DENIAL,
            "origin": self.origin,
            "request": self.request,
            "reason": self.reason,
            "time": rfc3339(self.time),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "Denial":
        """Read a verified document."""
        fields = Fields(value, "denial")
        fields.format(DENIAL)
        denial = cls(
            origin=fields.text("origin", 256),
            request=fields.matching("request", REQUEST_PATTERN),
            reason=fields.text("reason", PURPOSE_LIMIT),
            time=fields.time("time"),
        )
        fields.done()
        return denial


@dataclass(frozen=True, slots=True, order=True)
class ReleasedObject:
    """One sealed object of a release: its place in the store, its payload's hash, its `exhibit.key_commitment`."""

    key: str
    payload_sha256: bytes
    key_commitment: bytes

    def to_json(self) -> dict[str, Json]:
        """The JSON form."""
        return {
            "key": self.key,
            "payload_sha256": self.payload_sha256.hex(),
            "key_commitment": self.key_commitment.hex(),
        }

    @classmethod
    def from_json(cls, value: Json) -> "ReleasedObject":
        """Read the JSON form."""
        fields = Fields(value, "released object")
        released = cls(
            key=fields.text("key", 256),
            payload_sha256=fields.hexadecimal("payload_sha256", 32),
            key_commitment=fields.hexadecimal("key_commitment", 32),
        )
        fields.done()
        return released


def objects_list(objects: Iterable[ReleasedObject]) -> bytes:
    """The RFC 8785 form of the sorted list."""
    return encode([item.to_json() for item in sorted(objects)])


def objects_digest(objects: Iterable[ReleasedObject]) -> bytes:
    """SHA-256 of `objects_list`: what an approval holds instead of the list."""
    return hashlib.sha256(objects_list(objects)).digest()


@dataclass(frozen=True, slots=True)
class Approval:
    """A custodian releases `objects` of one case to the partner of `partner` under one request."""

    origin: str
    request: str
    case: str
    partner: str
    """The partner's key id, which names the whole public line."""
    objects: bytes
    """`objects_digest` of what is released, 32 bytes."""
    answer: bytes
    """SHA-256 of the answer, an age file to the partner; empty in approvals of a former version."""
    time: datetime

    def to_json(self) -> dict[str, Json]:
        """The document to sign."""
        return {
            "format": APPROVAL,
            "origin": self.origin,
            "request": self.request,
            "case": self.case,
            "partner": self.partner,
            "objects_sha256": self.objects.hex(),
            "answer_sha256": self.answer.hex(),
            "time": rfc3339(self.time),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "Approval":
        """Read a verified document."""
        fields = Fields(value, "approval")
        former = value.get("format") == FORMER_APPROVAL
        fields.format(FORMER_APPROVAL if former else APPROVAL)
        approval = cls(
            origin=fields.text("origin", 256),
            request=fields.matching("request", REQUEST_PATTERN),
            case=fields.matching("case", CASE_PATTERN),
            partner=fields.hexadecimal("partner", 16).hex(),
            objects=fields.hexadecimal("objects_sha256", 32),
            answer=b"" if former else fields.hexadecimal("answer_sha256", 32),
            time=fields.time("time"),
        )
        fields.done()
        return approval


def _kind(name: str) -> Kind:
    """A kind that limits, by its name."""
    for kind in (Kind.DOCUMENTATION, Kind.CHOSEN):
        if kind.value == name:
            return kind
    raise DocumentError("enrolment: a kind of partner that this version does not know")


def _line(fields: Fields, name: str) -> PublicLine:
    try:
        return PublicLine.parse(fields.text(name, 8192))
    except IdentityError:
        raise DocumentError(f"enrolment: the member {name} is not a public line") from None
