"""People, events and logs that say whatever a test wants, each signature and tree of them good."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.audit import Fetch
from evidence.canonical import Json
from evidence.event import Event, EventType, Role, commitment
from evidence.identity import PublicLine, public_line, signing_key
from evidence.release import Approval, Enrolment, Request
from evidence.signed import SignedDocument, sign
from evidence.tlog import tiles
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.keys import VerifierKey
from evidence.tlog.merkle import Frontier, leaf_hash
from evidence.tlog.note import Signer
from evidence.trust import Trust

ORIGIN: Final = "vault.invalid/log"
START: Final = datetime(2026, 11, 25, 10, 20, 30, tzinfo=UTC)
CASE: Final = "AAAA-AAA7"
REQUEST: Final = "R-AAAAAAAAAAAA"
PURPOSE: Final = "court"
OBJECTS: Final = bytes(32)

_NONCES: Final = count()


class Document(Protocol):
    """What a person signs."""

    def to_json(self) -> dict[str, Json]: ...


@dataclass(frozen=True)
class Person:
    """Somebody with a key, made from the name alone."""

    name: str

    @property
    def _secret(self) -> bytes:
        return hashlib.sha256(self.name.encode()).digest()

    @property
    def line(self) -> PublicLine:
        return public_line(self.name, "age1" + self._secret.hex(), self._secret)

    def sign(self, document: Document) -> SignedDocument:
        return sign(document.to_json(), self.line, signing_key(self._secret))


ALICE: Final = Person("alice")
BOB: Final = Person("bob")
LAWYER: Final = Person("lawyer")
AUDITOR: Final = Person("auditor")
SIGNER: Final = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TRUST: Final = Trust(ORIGIN, VerifierKey.parse(SIGNER.vkey), (ALICE.line, BOB.line), 1, bytes(32))


def event(kind: EventType, role: Role, actor: str, **members: object) -> Event:
    """An event at START unless `time` says otherwise, with a nonce of its own."""
    values: dict[str, object] = {"time": START, "nonce": next(_NONCES).to_bytes(16, "big"), **members}
    return Event(type=kind, role=role, actor=actor, **values)  # type: ignore[arg-type]  # members of Event, by name


def created(**members: object) -> Event:
    detail = {
        "origin": ORIGIN,
        "log": TRUST.log.vkey,
        "quorum": TRUST.quorum,
        "custodians": [line.key_id for line in TRUST.custodians],
    }
    return event(EventType.VAULT_CREATED, Role.SYSTEM, "vault", **{"detail": detail, **members})


def opened(case: str = CASE, **members: object) -> Event:
    hour = START.replace(minute=0, second=0)
    return event(EventType.CASE_OPENED, Role.INTAKE, "intake", **{"case": case, "time": hour, **members})


def enrolled(
    who: Person = LAWYER, role: str = "partner", by: Person = ALICE, at: datetime = START, **members: object
) -> Event:
    kind = EventType.PARTNER_ENROLLED if role == "partner" else EventType.AUDITOR_ENROLLED
    signed = by.sign(Enrolment(ORIGIN, role, who.line, at))
    detail = {"name": who.name, "signed": signed.to_json()}
    return event(kind, Role.CUSTODIAN, by.name, **{"detail": detail, **members})


def requested(
    who: Person = LAWYER,
    request: str = REQUEST,
    case: str = CASE,
    at: datetime = START,
    purpose: str = PURPOSE,
    **members: object,
) -> Event:
    signed = who.sign(Request(ORIGIN, case, purpose, at))
    detail = {"request": request, "signed": signed.to_json()}
    values = {"case": case, "purpose": purpose, "detail": detail, **members}
    return event(EventType.RELEASE_REQUESTED, Role.PARTNER, who.name, **values)


def approved(
    by: Person = ALICE,
    objects: bytes = OBJECTS,
    at: datetime = START,
    request: str = REQUEST,
    case: str = CASE,
    **members: object,
) -> Event:
    signed = by.sign(Approval(ORIGIN, request, case, LAWYER.line.key_id, objects, bytes(32), at))
    values = {"case": case, "authority": request, "detail": {"request": request, "signed": signed.to_json()}, **members}
    return event(EventType.RELEASE_APPROVED, Role.CUSTODIAN, by.name, **values)


def sealed(objects: bytes = OBJECTS, request: str = REQUEST) -> Event:
    detail = {"request": request, "objects_sha256": objects.hex()}
    return event(EventType.BUNDLE_SEALED, Role.SYSTEM, "vault", case=CASE, authority=request, detail=detail)


def hours(number: float) -> datetime:
    """So many hours after START, or before."""
    return START + timedelta(hours=number)


@dataclass
class Log:
    """A whole log of events, signed with the vault's key: `files` are what it serves, `bodies` its events."""

    events: Sequence[Event]
    files: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bodies = [each.encode() for each in self.events]
        entries = [commitment(body) for body in self.bodies]
        self.leaves = [leaf_hash(entry) for entry in entries]
        self.files.update(tiles.new_tiles(0, self.leaves, self.files.__getitem__))
        self.files.update(tiles.new_entry_bundles(0, entries, self.files.__getitem__))
        tree = Frontier()
        tree.extend(self.leaves)
        self.files["checkpoint"] = SIGNER.sign(Checkpoint(ORIGIN, tree.size, tree.root()).encode()).encode()

    def fetch(self, path: str) -> bytes:
        return self.files[path]


def equivocating(first: Mapping[str, bytes], later: Mapping[str, bytes], when: Callable[[str], bool]) -> Fetch:
    """A server that gives `first` the first time that a path is asked for where `when` says so, else `later`."""
    asked = set[str]()

    def fetch(path: str) -> bytes:
        new = path not in asked
        asked.add(path)
        return (first if new and when(path) else later)[path]

    return fetch
