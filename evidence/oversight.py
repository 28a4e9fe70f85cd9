"""What an auditor asks of a whole history, event by event: the rules of custody, the clock, fixity, withdrawals.

`Oversight.take` gives each fault with the name of the audit step that it belongs to. A fault of one kind hides none of
another: an event with an impossible time is replayed all the same.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from evidence.chronology import SIGNED_WITHIN, Chronology
from evidence.custody import Custody, Memory
from evidence.errors import CustodyError, EvidenceError
from evidence.event import Event, EventType
from evidence.fields import rfc3339
from evidence.timestamps import StampRecord
from evidence.trust import Trust

FIXITY_WITHIN: Final = timedelta(days=8)
"""From one check of the whole store to the next: a pass each day, and a week for a large store or a repair."""
STAMP_WITHIN: Final = timedelta(days=8)
"""From one timestamp of an authority to its next: one each day, and a week for an outage."""
GROWTH_POINTS: Final = 256

CUSTODY, PEOPLE, RELEASES, WITHDRAWALS = "custody", "people", "releases", "withdrawals"
CLOCK, FIXITY, TIMESTAMPS = "clock", "fixity", "timestamps"

_E = EventType
STEP_OF: Final[Mapping[EventType, str]] = {
    **dict.fromkeys((_E.CUSTODIAN_ADDED, _E.PARTNER_ENROLLED, _E.AUDITOR_ENROLLED), PEOPLE),
    _E.AUDITOR_CONFIRMED: PEOPLE,
    **dict.fromkeys((_E.PARTNER_REVOKED, _E.AUDITOR_REVOKED, _E.KEY_ROTATED, _E.PARTNER_CONFIRMED), PEOPLE),
    **dict.fromkeys((_E.RELEASE_REQUESTED, _E.RELEASE_APPROVED, _E.RELEASE_DENIED), RELEASES),
    **dict.fromkeys((_E.BUNDLE_SEALED, _E.BUNDLE_DOWNLOADED), RELEASES),
    **dict.fromkeys((_E.CONSENT_WITHDRAWN, _E.EXHIBIT_DESTROYED), WITHDRAWALS),
}
"""To which step a fault of such an event belongs; all others to the chain of custody."""

Found = tuple[str, str]
"""The step, and what is wrong."""


class Oversight:
    """The rules over the events so far. `memory` is what the log's earlier events left; `now` the auditor's time."""

    def __init__(self, trust: Trust, memory: Memory, now: datetime | None = None) -> None:
        self._trust, self._memory, self._now = trust, memory, now
        self._custody = Custody(trust.origin, trust.custodians, trust.quorum, memory)
        self._chronology = Chronology(_time(memory.get(CLOCK)))
        self._checked = _time(memory.get(FIXITY))
        self._stamped = {each.name: memory.get(_stamp_key(each.name)) for each in trust.authorities}
        self.stamps: list[StampRecord] = []
        """The timestamps that the events tell of; whoever has their files checks them."""

    @property
    def latest(self) -> datetime | None:
        """The newest time of an event."""
        return self._chronology.latest

    def take(self, event: Event | str) -> Iterator[Found]:
        """Take the next event, or why it is none; what is wrong with it."""
        if isinstance(event, str):
            yield CUSTODY, event
            return
        try:
            self._chronology.take(event)
        except CustodyError as error:
            yield CLOCK, error.reason
        if self._now is not None and event.time > self._now + SIGNED_WITHIN:
            yield CLOCK, f"{event.type}: its time lies more than a day in the future"
        try:
            if event.type is EventType.VAULT_CREATED:
                self._require_vault(event)
            self._custody.apply(event)
        except EvidenceError as error:
            yield STEP_OF.get(event.type, CUSTODY), error.reason
            return
        if event.type is EventType.CONSENT_WITHDRAWN and self._custody.kept(event.case):
            yield WITHDRAWALS, f"{event.type}: {self._custody.kept(event.case)} exhibits of the case were kept"
        elif event.type in {EventType.VAULT_CREATED, EventType.FIXITY_CHECKED}:
            yield from self._fixity(event)
        elif event.type is EventType.CHECKPOINT_TIMESTAMPED:
            yield from self._timestamp(event)
        elif event.type is EventType.WITNESS_ALARMED:
            yield CUSTODY, f"{event.type}: a log witness told the vault that it saw another history of this log"

    def finish(self) -> Iterator[Found]:
        """After the last event: what should have happened by now. Writes into the memory what it has to itself."""
        until = max(filter(None, (self._now, self.latest)), default=None)
        if until is not None:
            yield from self._unchecked(until)
            yield from self._unstamped(until)
        for name, moment in ((CLOCK, self.latest), (FIXITY, self._checked)):
            if moment is not None:
                self._memory[name] = rfc3339(moment)
        for name, stamped in self._stamped.items():
            if stamped is not None:
                self._memory[_stamp_key(name)] = stamped

    def _fixity(self, event: Event) -> Iterator[Found]:
        yield from self._unchecked(event.time)
        self._checked = event.time
        faults = event.detail.get("faults", 0)
        if faults != 0:
            yield FIXITY, f"{event.type}: the vault found {faults} objects missing or changed"

    def _unchecked(self, until: datetime) -> Iterator[Found]:
        if self._checked is not None and until - self._checked > FIXITY_WITHIN:
            days = (until - self._checked).days
            yield FIXITY, f"nothing stored was checked for {days} days after {rfc3339(self._checked)}"

    def _timestamp(self, event: Event) -> Iterator[Found]:
        try:
            record = StampRecord.from_json(event.detail)
        except EvidenceError as error:
            yield TIMESTAMPS, f"{event.type}: {error.reason}"
            return
        if abs(event.time - record.time) > SIGNED_WITHIN:
            yield TIMESTAMPS, f"{event.type}: the authority's time lies more than a day from the event's"
        self.stamps.append(record)
        if record.authority in self._stamped:
            self._stamped[record.authority] = rfc3339(event.time)

    def _unstamped(self, until: datetime) -> Iterator[Found]:
        for name, stamped in self._stamped.items():
            last = _time(stamped)
            if last is None:
                yield TIMESTAMPS, f"{name} has not stamped the log yet"
            elif until - last > STAMP_WITHIN:
                yield TIMESTAMPS, f"{name} has not stamped the log for {(until - last).days} days"

    def _require_vault(self, event: Event) -> None:
        expected = {
            "origin": self._trust.origin,
            "log": self._trust.log.vkey,
            "quorum": self._trust.quorum,
            "custodians": [line.key_id for line in self._trust.custodians],
        }
        if dict(event.detail) != expected:
            raise CustodyError("the vault was created with other keys or another quorum than the trust anchor's")


def grown(points: list[tuple[int, int]], moment: datetime, size: int) -> None:
    """Add a point of the log's growth; of many, every second one is dropped."""
    hour = int(moment.timestamp()) // 3600
    if points and points[-1][0] >= hour:
        points[-1] = (points[-1][0], size)
    else:
        points.append((hour, size))
    if len(points) > GROWTH_POINTS:
        del points[1:-1:2]


def _stamp_key(name: str) -> str:
    return f"{TIMESTAMPS}/{name}"


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
