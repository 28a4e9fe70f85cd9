"""Give auditors the events: from the store, which is the truth, and say where the database disagrees with it."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection, select

from evidence.custody import State, next_state
from evidence.event import Event, EventType, Role
from evidence.identity import PublicLine
from evidence.tlog.tiles import TILE_WIDTH
from vault.admission import require_enrolled
from vault.database import schema
from vault.instance import Vault
from vault.sequencer import longest_bundle


def events_page(
    vault: Vault, line: PublicLine, role: Role, start: int, size: int, limit: int
) -> list[tuple[bytes, bool]]:
    """At most `limit` events from `start` on of the first `size`, each with whether the database holds the same.

    The reading is an event itself: one for all pages that follow from the first that was asked for, up to `size`. An
    event that is missing from the store is given as nothing.
    """
    # Read first: recording the reading makes the store's newest bundle longer, and a missing one is then made anew.
    page = list(islice(_events(vault, start, size), limit))

    def change(connection: Connection) -> list[Event]:
        require_enrolled(connection, line, role)
        next_state(EventType.EVENTS_READ, role, State.CREATED)
        return [vault.event(EventType.EVENTS_READ, role, line.name, detail={"start": start, "size": size})]

    if vault.readings.told(line.key_id, start, size):
        with vault.database.reading() as connection:
            require_enrolled(connection, line, role)
    else:
        vault.sequencer.record_and_wait(change)
        vault.readings.tell(line.key_id, start, size)
    return page


def _events(vault: Vault, start: int, size: int) -> Iterator[tuple[bytes, bool]]:
    position = start
    while position < size:
        index = position // TILE_WIDTH
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        stored, indexed = longest_bundle(vault.store, index, width), _indexed(vault, index)
        stored += [b""] * (width - len(stored))
        for place, data in enumerate(stored):
            if index * TILE_WIDTH + place >= position:
                yield data, indexed.get(index * TILE_WIDTH + place) == data
        position = (index + 1) * TILE_WIDTH


def _indexed(vault: Vault, bundle: int) -> dict[int, bytes]:
    events = schema.events
    low = bundle * TILE_WIDTH
    query = select(events.c.position, events.c.body).where(
        events.c.position >= low, events.c.position < low + TILE_WIDTH
    )
    with vault.database.reading() as connection:
        return {row.position: bytes(row.body) for row in connection.execute(query)}
