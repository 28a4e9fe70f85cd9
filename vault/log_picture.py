"""What anybody may see of the log at a glance: how it grew by the day, who cosigned it, and a proof of any entry.

Nothing here says more than the public log does to somebody who looks at it every day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import select

from evidence.errors import EvidenceError
from evidence.event import Event, EventType
from evidence.timestamps import StampRecord
from evidence.tlog.checkpoint import Checkpoint, verify
from evidence.tlog.merkle import prove_inclusion
from evidence.tlog.proof import TlogProof
from vault.database import schema
from vault.errors import NotFound
from vault.instance import Vault

POINTS: Final = 120  # of the growth
STAMPS: Final = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """A log witness of the trust anchor's policy; `at`: when it saw this checkpoint, None if it did not cosign it."""

    name: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class LogPicture:
    """The published log. `growth`: day and size at its end, ascending; `enough`: the policy's quorum cosigned."""

    head: Checkpoint
    vkey: str
    growth: Sequence[tuple[date, int]]
    witnesses: Sequence[Seen]
    enough: bool
    stamps: Sequence[StampRecord]


def picture(vault: Vault) -> LogPicture:
    """The published log at a glance; NotFound when nothing is published yet."""
    size, note, _ = vault.sequencer.nodes()
    verified = verify(note, vault.trust.log_keys, vault.trust.origin)
    times = {each.key: each.timestamp for each in verified.cosignatures}
    witnesses = []
    for witness in vault.trust.policy.witnesses:
        at = times.get(witness.key)
        witnesses.append(Seen(witness.name, None if at is None else datetime.fromtimestamp(at, UTC)))
    enough = vault.trust.policy.satisfied(list(times))
    return LogPicture(
        verified.checkpoint, vault.trust.log.vkey, _growth(vault, size), witnesses, enough, _stamps(vault)
    )


def proof(vault: Vault, index: int) -> bytes:
    """The tlog-proof of an entry under the newest checkpoint; NotFound when the log has no such entry."""
    size, note, nodes = vault.sequencer.nodes()
    if not 0 <= index < size:
        raise NotFound("the log has no such entry")
    return TlogProof(index, tuple(prove_inclusion(index, size, nodes.node)), note).encode()


def _growth(vault: Vault, size: int) -> list[tuple[date, int]]:
    """A point for each of at most `POINTS` events, spread over the log; of one day the last."""
    events = schema.events
    places = sorted({(size - 1) * step // max(POINTS - 1, 1) for step in range(POINTS)}) if size else []
    query = select(events.c.position, events.c.body).where(events.c.position.in_(places)).order_by(events.c.position)
    days: dict[date, int] = {}
    with vault.database.reading() as connection:
        for position, body in connection.execute(query):
            days[Event.parse(bytes(body)).time.date()] = position + 1
    return sorted(days.items())


def _stamps(vault: Vault) -> list[StampRecord]:
    """The newest timestamps, newest first."""
    events = schema.events
    query = (
        select(events.c.body)
        .where(events.c.case == "", events.c.type == EventType.CHECKPOINT_TIMESTAMPED.value)
        .where(events.c.position.is_not(None))
        .order_by(events.c.position.desc())
        .limit(STAMPS)
    )
    found = []
    with vault.database.reading() as connection:
        for (body,) in connection.execute(query):
            try:
                found.append(StampRecord.from_json(Event.parse(bytes(body)).detail))
            except EvidenceError:  # somebody changed the database; an audit says so
                continue
    return found
