"""Custody events: one thing that happened, and the commitment to it that the public log holds.

An event is canonical JSON (docs/formats.md, "Custody events and the log"); its log entry is SHA-256 over those bytes,
which hides the event because of its 128-bit nonce.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias

from evidence.canonical import Json, decode, encode
from evidence.errors import DocumentError
from evidence.fields import TEXT_LIMIT, moment, rfc3339
from evidence.ids import CASE_PATTERN, EXHIBIT_PATTERN

FORMAT: Final = "amparo/event/1"
NONCE_BYTES: Final = 16
NONCE_PATTERN: Final = re.compile("[0-9a-f]{32}")


class EventType(StrEnum):
    """What can happen. `custody.RULES` says when."""

    VAULT_CREATED = "vault.created"
    CUSTODIAN_ADDED = "custodian.added"
    PARTNER_ENROLLED = "partner.enrolled"
    PARTNER_CONFIRMED = "partner.confirmed"
    PARTNER_REVOKED = "partner.revoked"
    AUDITOR_ENROLLED = "auditor.enrolled"
    AUDITOR_CONFIRMED = "auditor.confirmed"
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
    WITNESS_ALARMED = "witness.alarmed"
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


TYPES: Final[Mapping[str, EventType]] = {each.value: each for each in EventType}
ROLES: Final[Mapping[str, Role]] = {each.value: each for each in Role}
_NAMES: Final = frozenset(
    ["format", "type", "time", "case", "exhibit", "actor", "purpose", "authority", "detail", "nonce"]
)
_ACTOR_NAMES: Final = frozenset({"role", "id"})
Members: TypeAlias = tuple[str, str, str, str, bytes, str, str, str, str, Mapping[str, Json]]
"""Type, time, role and the rest of an event, in the order of the fields of `Event`."""


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
                "type": self.type._value_,
                "time": rfc3339(self.time),
                "case": self.case,
                "exhibit": self.exhibit,
                "actor": {"role": self.role._value_, "id": self.actor},
                "purpose": self.purpose,
                "authority": self.authority,
                "detail": dict(self.detail),
                "nonce": self.nonce.hex(),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "Event":
        """Read an event; NotCanonical or DocumentError when the bytes are not one."""
        return cls.of(read(data))

    @classmethod
    def of(cls, members: Members) -> "Event":
        """The event whose members `read` gave."""
        kind, time, role, actor, nonce, case, exhibit, purpose, authority, detail = members
        return cls(TYPES[kind], moment(time), ROLES[role], actor, nonce, case, exhibit, purpose, authority, detail)


def read(data: bytes) -> Members:
    """The checked members of an event, as plain values that another process can take; errors as `Event.parse`."""
    event = decode(data)
    if not isinstance(event, dict) or event.keys() != _NAMES:
        raise DocumentError("event: a member is missing, or one too many")
    actor, detail = event["actor"], event["detail"]
    if not isinstance(actor, dict) or actor.keys() != _ACTOR_NAMES or not isinstance(detail, dict):
        raise DocumentError("event: the member actor or detail is malformed")
    texts: tuple[Any, ...] = (
        *(event["type"], event["time"], actor["role"], actor["id"], event["nonce"]),
        *(event["case"], event["exhibit"], event["purpose"], event["authority"]),
    )
    if event["format"] != FORMAT or set(map(type, texts)) != {str}:
        raise DocumentError("event: of another format, or a member is no text")
    kind, time, role, who, nonce, case, exhibit, purpose, authority = texts
    if kind not in TYPES or role not in ROLES:
        raise DocumentError("event: a type or role that this version does not know")
    if (case and not CASE_PATTERN.fullmatch(case)) or (exhibit and not EXHIBIT_PATTERN.fullmatch(exhibit)):
        raise DocumentError("event: the member case or exhibit is malformed")
    if len(who) > 128 or len(purpose) > TEXT_LIMIT or len(authority) > TEXT_LIMIT:
        raise DocumentError("event: a text is longer than any that is made")
    if not NONCE_PATTERN.fullmatch(nonce):
        raise DocumentError("event: the member nonce is malformed")
    moment(time)
    return kind, time, role, who, bytes.fromhex(nonce), case, exhibit, purpose, authority, detail


def commitment(event: bytes) -> bytes:
    """The log entry of an event: SHA-256 over its bytes, 32 bytes."""
    return hashlib.sha256(event).digest()
