"""What an operator may watch all day: whether the vault is well, in numbers that time no source.

Whoever watches keeps what was seen, for months and to the second. So nothing here moves when somebody uploads: how full
the vault is comes in steps of a twentieth, and of the log only what the public sees. The names and labels are a closed
vocabulary; labels are names of witnesses and authorities, which the trust anchor publishes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select

from evidence.errors import EvidenceError
from evidence.event import Event, EventType
from vault.database import schema
from vault.errors import NoSpace, VaultError
from vault.instance import Vault
from vault.log_picture import picture
from vault.quotas import fill, free_bytes, require_space

STEPS: Final = 20  # in which fullness is told
_GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Measure:
    """One number, as Prometheus takes it; `labels` tell several of a name apart."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def measures(vault: Vault) -> Iterator[Measure]:
    """All of them; where the store or the database does not answer, what can be told, and `up` as 0."""
    try:
        found = [*_log(vault), *_room(vault), *_upkeep(vault)]
    except (VaultError, EvidenceError, OSError):
        found = []
    yield Measure("up", "Whether database, store and log answer (1) or not (0).", float(bool(found)))
    synchronised = vault.clock.synchronised() == "ntp"
    yield Measure("clock_synchronised", "Whether a time service keeps the clock (1) or not (0).", float(synchronised))
    yield from found


def _log(vault: Vault) -> Iterator[Measure]:
    seen, now = picture(vault), vault.now()
    yield Measure("log_events", "Events in the published log, which anybody can see.", seen.head.size)
    yield Measure(
        "log_cosigned_enough", "Whether as many witnesses cosigned as the policy asks for.", float(seen.enough)
    )
    for witness in seen.witnesses:
        told = "Whether this log witness cosigned the newest checkpoint."
        yield Measure("log_cosigned", told, float(witness.at is not None), {"witness": witness.name})
    told = "Log witnesses that saw another history of this log and have not cosigned since: look at once."
    yield Measure("log_alarms", told, len(vault.sequencer.alarmed()))
    newest = {stamp.authority: stamp.time for stamp in reversed(seen.stamps)}
    for authority in vault.trust.authorities:
        told = "Hours since this timestamp authority stamped the log; -1 if it never did."
        at = newest.get(authority.name)
        hours = -1 if at is None else (now - at).total_seconds() // 3600
        yield Measure("timestamp_age_hours", told, hours, {"authority": authority.name})


def _room(vault: Vault) -> Iterator[Measure]:
    taken = True
    try:
        require_space(vault)
    except NoSpace:
        taken = False
    yield Measure("uploads_taken", "Whether new uploads are taken (1), or the disk is full (0).", float(taken))
    told = "How full the room for unfinished uploads is, in steps of a twentieth."
    yield Measure("uploads_fill_ratio", told, int(fill(vault) * STEPS) / STEPS)
    told = "Whole GiB that are free where uploads wait or rest, whichever is less."
    yield Measure("free_gibibytes", told, free_bytes(vault) // _GIB)


def _upkeep(vault: Vault) -> Iterator[Measure]:
    events, requests = schema.events, schema.requests
    checked = (
        select(events.c.body)
        .where(events.c.case == "", events.c.type == EventType.FIXITY_CHECKED.value)
        .order_by(events.c.id.desc())
        .limit(1)
    )
    by_state = select(requests.c.state, func.count()).group_by(requests.c.state).order_by(requests.c.state)
    with vault.database.reading() as connection:
        body = connection.execute(checked).scalar()
        states = connection.execute(by_state).all()
    event = None if body is None else Event.parse(bytes(body))
    hours = -1 if event is None else (vault.now() - event.time).total_seconds() // 3600
    yield Measure("fixity_age_hours", "Hours since everything stored was checked; -1 if it never was.", hours)
    faults = 0 if event is None else int(str(event.detail.get("faults", 0)))
    yield Measure("fixity_faults", "Objects that the newest check found missing or changed.", faults)
    for state, count in states:
        yield Measure("requests", "Requests of partners, by how they stand.", count, {"state": state})
