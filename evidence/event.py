"""Custody events: one thing that happened, and the commitment to it that the public log holds.

An event is canonical JSON (docs/formats.md, "Custody events and the log"); its log entry is SHA-256 over those bytes,
which hides the event because of its 128-bit nonce.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from evidence.canonical import Json, encode
from evidence.errors import DocumentError
from evidence.fields import Fields, rfc3339
from evidence.ids import CASE_PATTERN, EXHIBIT_PATTERN

FORMAT: Final = "amparo/event/1"
NONCE_BYTES: Final = 16


class EventType(StrEnum):
    """What can happen. `custody.RULES` says when."""

    VAULT_CREATED = "vault.created"
    CUSTODIAN_ADDED = "custodian.added"
    PARTNER_ENROLLED = "partner.enrolled"
    PARTNER_REVOKED = "partner.revoked"
    AUDITOR_ENROLLED = "auditor.enrolled"
    AUDITOR_REVOKED = "auditor.revoked"
    CASE_OPENED = "case.opened"
    STATEMENT_SEALED = "statement.sealed"
    EXHIBIT_SEALED = "exhibit.sealed"
    EXHIBIT_REJECTED = "exhibit.rejected"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CASE_VIEWED = "case.viewed"
    EXHIBIT_VIEWED = "exhibit.viewed"
    EXHIBIT_DESTROYED = "exhibit.destroyed"
    RELEASE_REQUESTED = "release.requested"
    RELEASE_APPROVED = "release.approved"
    RELEASE_DENIED = "release.denied"
    BUNDLE_SEALED = "bundle.sealed"
    BUNDLE_DOWNLOADED = "bundle.downloaded"
    EVENTS_READ = "events.read"
    FIXITY_CHECKED = "fixity.checked"
    CHECKPOINT_TIMESTAMPED = "checkpoint.timestamped"
    KEY_ROTATED = "key.rotated"
    CORRECTION = "correction"


class Role(StrEnum):
    """In what capacity somebody acted."""

    INTAKE = "intake"
    CUSTODIAN = "custodian"
    PARTNER = "partner"
    AUDITOR = "auditor"
    SYSTEM = "system"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Event:
    """One custody event. `case`, `exhibit` are empty where it concerns none; `detail` is small JSON, never content."""

    type: EventType
    time: datetime
    role: Role
    actor: str
    nonce: bytes = field(repr=False)
    case: str = ""
    exhibit: str = ""
    purpose: str = ""
    authority: str = ""
    detail: Mapping[str, Json] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The event's bytes, as they are committed to."""
        return encode(
            {
                "format": FORMAT,
                "type": self.type.value,
                "time": rfc3339(self.time),
                "case": self.case,
                "exhibit": self.exhibit,
                "actor": {"role": self.role.value, "id": self.actor},
                "purpose": self.purpose,
                "authority": self.authority,
                "detail": dict(self.detail),
                "nonce": self.nonce.hex(),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "Event":
        """Read an event; NotCanonical or DocumentError when the bytes are not one."""
        fields = Fields.of(data, "event", FORMAT)
        actor = fields.object("actor")
        role, name = actor.text("role", 32), actor.text("id", 128)
        actor.done()
        kind, detail = fields.text("type", 64), fields.json("detail")
        case, exhibit = fields.text("case", 16), fields.text("exhibit", 32)
        if case and not CASE_PATTERN.fullmatch(case):
            raise DocumentError("event: the member case is malformed")
        if exhibit and not EXHIBIT_PATTERN.fullmatch(exhibit):
            raise DocumentError("event: the member exhibit is malformed")
        if not isinstance(detail, Mapping):
            raise DocumentError("event: the member detail is malformed")
        try:
            event_type, event_role = EventType(kind), Role(role)
        except ValueError:
            raise DocumentError("event: a type or role that this version does not know") from None
        event = cls(
            type=event_type,
            time=fields.time("time"),
            role=event_role,
            actor=name,
            nonce=fields.hexadecimal("nonce", NONCE_BYTES),
            case=case,
            exhibit=exhibit,
            purpose=fields.text("purpose"),
            authority=fields.text("authority"),
            detail=detail,
        )
        fields.done()
        return event


def commitment(event: bytes) -> bytes:
    """The log entry of an event: SHA-256 over its bytes, 32 bytes."""
    return hashlib.sha256(event).digest()
