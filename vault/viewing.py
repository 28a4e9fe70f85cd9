"""What a custodian gets to see of a case, on their own computer; each look is an event before anything leaves."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from evidence.custody import State, next_state
from evidence.errors import CustodyError
from evidence.event import Event, EventType, Role
from evidence.exhibit import header_length
from evidence.identity import PublicLine
from vault.admission import require_custodian
from vault.age.recipients import parse_recipient
from vault.database import schema
from vault.errors import UnknownCase
from vault.instance import Vault
from vault.quorum import stanzas_for
from vault.release import case_state
from vault.sealing import header_of


@dataclass(frozen=True, slots=True)
class SealedObject:
    """An object of a case as one custodian gets it: of its header, the stanzas that are for this custodian."""

    key: str
    exhibit: str
    number: int
    outcome: str
    size: int
    sha256: bytes
    stanzas: bytes
    payload: bytes
    """The payload section of a statement or record, which a custodian reads before approving; empty for others."""


def sealed_objects(vault: Vault, case: str, custodian: PublicLine) -> list[SealedObject]:
    """Every object of a case with what opens it, for this custodian's computer."""
    place, count = vault.trust.custodians.index(custodian), len(vault.trust.custodians)
    recipient = parse_recipient(custodian.recipient)
    objects, exhibits = schema.objects, schema.exhibits
    query = (
        select(objects, exhibits.c.number, exhibits.c.outcome)
        .outerjoin(exhibits, exhibits.c.exhibit == objects.c.exhibit)
        .where(
            objects.c.case == case,
            (objects.c.exhibit == "") | (exhibits.c.state == State.SEALED.value),
        )
        .order_by(objects.c.key)
    )
    with vault.database.reading() as connection:
        if case_state(connection, case) is not State.OPEN:
            raise UnknownCase("no open case has this number")
        rows = connection.execute(query).all()
    return [
        SealedObject(
            key=row.key,
            exhibit=row.exhibit,
            number=row.number or 0,
            outcome=row.outcome or "",
            size=row.bytes,
            sha256=bytes(row.sha256),
            stanzas=stanzas_for(header_of(vault.store, row.key), place, count, recipient),
            payload=_small_payload(vault, row.key),
        )
        for row in rows
    ]


def exhibit_of_object(vault: Vault, case: str, key: str) -> str:
    """The exhibit of which a stored object of the case is, empty for a statement; UnknownCase when there is none."""
    objects, exhibits = schema.objects, schema.exhibits
    query = (
        select(objects.c.exhibit)
        .outerjoin(exhibits, exhibits.c.exhibit == objects.c.exhibit)
        .where(
            objects.c.case == case,
            objects.c.key == key,
            (objects.c.exhibit == "") | (exhibits.c.state == State.SEALED.value),
        )
    )
    with vault.database.reading() as connection:
        if case_state(connection, case) is not State.OPEN:
            raise UnknownCase("no open case has this number")
        exhibit = connection.execute(query).scalar()
    if exhibit is None:
        raise UnknownCase("the case has no such object")
    return str(exhibit)


def looked_at(vault: Vault, custodian: PublicLine, case: str) -> None:
    """Record that a custodian fetches a case's statements, records and headers; returns when the log covers that."""
    require_custodian(vault, custodian)

    def change(connection: Connection) -> list[Event]:
        try:
            next_state(EventType.CASE_VIEWED, Role.CUSTODIAN, case_state(connection, case))
        except CustodyError:
            raise UnknownCase("no open case has this number") from None
        return [vault.event(EventType.CASE_VIEWED, Role.CUSTODIAN, custodian.name, case=case)]

    vault.sequencer.record_and_wait(change)


def viewed(vault: Vault, custodian: PublicLine, case: str, exhibit: str) -> None:
    """Record that a custodian fetches an exhibit to look at it; returns when the log covers that."""
    require_custodian(vault, custodian)
    exhibits = schema.exhibits

    def change(connection: Connection) -> list[Event]:
        query = select(exhibits.c.state).where(exhibits.c.exhibit == exhibit, exhibits.c.case == case)
        state = State(connection.execute(query).scalar() or State.ABSENT)
        try:
            next_state(EventType.EXHIBIT_VIEWED, Role.CUSTODIAN, state)
        except CustodyError:
            raise UnknownCase("the case has no such exhibit") from None
        return [vault.event(EventType.EXHIBIT_VIEWED, Role.CUSTODIAN, custodian.name, case=case, exhibit=exhibit)]

    vault.sequencer.record_and_wait(change)


def _small_payload(vault: Vault, key: str) -> bytes:
    if key.endswith(("/media", "/withheld.age")):
        return b""
    sealed = vault.store.read(key)
    return sealed[header_length(sealed) :]
