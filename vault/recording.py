"""Record a sealed exhibit: its rows and its event, in the transaction of the caller."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from evidence.canonical import Json
from evidence.custody import State, next_state
from evidence.event import Event, EventType, Role
from evidence.exhibit import ExhibitRecord, StoredObject
from vault.database import schema
from vault.errors import CaseBusy, CaseWithdrawn
from vault.instance import Vault
from vault.interrupted_record import INTERRUPTED, InterruptedRecord

ACTOR: Final = "intake"
MEDIA_BYTES: Final = "media_bytes"
"""The member of an interrupted exhibit's event that says how much of the file arrived."""


def record_exhibit(
    vault: Vault,
    connection: Connection,
    record: ExhibitRecord | InterruptedRecord,
    commitment: bytes,
    objects: Sequence[StoredObject],
    more: Mapping[str, Json] | None = None,
) -> Event:
    """Insert the rows of an exhibit whose objects are in the store; its event, with `more` members of detail.

    `commitment` is that to the record. CaseBusy when another process took the exhibit's number at the same moment.
    """
    row = {
        "exhibit": record.exhibit,
        "case": record.case,
        "number": record.number,
        "state": next_state(EventType.EXHIBIT_SEALED, Role.INTAKE, State.ABSENT).value,
        "outcome": record.outcome,
    }
    try:
        connection.execute(insert(schema.exhibits).values(row))
    except IntegrityError:
        raise CaseBusy("another upload to this case was under way; send it again") from None
    for each in objects:
        insert_object(connection, record.case, record.exhibit, each)
    cases = schema.cases
    connection.execute(update(cases).where(cases.c.case == record.case).values(exhibits=cases.c.exhibits + 1))
    detail: dict[str, Json] = {
        "number": record.number,
        "outcome": record.outcome,
        "record": commitment.hex(),
        "objects": [each.to_json() for each in objects],
        **(more or {}),
    }
    return vault.event(
        EventType.EXHIBIT_SEALED, Role.INTAKE, ACTOR, case=record.case, exhibit=record.exhibit, detail=detail
    )


def insert_object(connection: Connection, case: str, exhibit: str, stored: StoredObject) -> None:
    """The row of a sealed object; `exhibit` is empty for a statement."""
    row = {"key": stored.key, "case": case, "exhibit": exhibit, "bytes": stored.size, "sha256": stored.sha256}
    connection.execute(insert(schema.objects).values(row))


def require_open(connection: Connection, case: str) -> None:
    """CaseWithdrawn unless the case is open."""
    state = connection.execute(select(schema.cases.c.state).where(schema.cases.c.case == case)).scalar()
    if state != State.OPEN.value:
        raise CaseWithdrawn("the case was withdrawn")


def highest_number(vault: Vault, case: str) -> int:
    """The highest number of an exhibit of the case; 0 when there is none."""
    exhibits = schema.exhibits
    highest = select(func.max(exhibits.c.number)).where(exhibits.c.case == case)
    with vault.database.reading() as connection:
        return connection.execute(highest).scalar() or 0


def interrupted_view(vault: Vault, case: str, exhibit: str, number: int) -> dict[str, Json]:
    """What the receipt shows of an exhibit that never arrived whole: there is nothing that only the receipt opens."""
    events = schema.events
    query = select(events.c.body).where(events.c.case == case, events.c.type == EventType.EXHIBIT_SEALED.value)
    with vault.database.reading() as connection:
        found = [Event.parse(bytes(body)) for (body,) in connection.execute(query)]
    arrived = next((event.detail.get(MEDIA_BYTES) for event in found if event.exhibit == exhibit), 0)
    return {
        "exhibit": exhibit,
        "number": number,
        "media_type": "application/octet-stream",
        "bytes": arrived,
        "sha256": "",
        "removed": [],
        "outcome": INTERRUPTED,
    }
