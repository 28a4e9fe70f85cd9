"""What the times in a log must be like: they do not run backwards, and people signed at about the time of the event.

An event's time is the vault's clock, exact to the second; for what a source caused (roles intake and source) it is cut
to the hour, so it says no more than that the event happened within the hour that follows. Clocks are set back a
little now and then; further than `BACKWARDS` no honest log goes. People's own clocks may be off by hours and in the
wrong zone, so a signed document counts within `SIGNED_WITHIN` of its event, before or after.
"""

from datetime import datetime, timedelta
from typing import Final

from evidence.errors import CustodyError
from evidence.event import Event, Role

HOURLY: Final = frozenset({Role.INTAKE, Role.SOURCE})
"""The roles of events that a source caused."""
BACKWARDS: Final = timedelta(hours=1)
SIGNED_WITHIN: Final = timedelta(hours=24)


class Chronology:
    """The times of the events so far, given in log order; `latest` is all that it remembers of them."""

    def __init__(self, latest: datetime | None = None) -> None:
        self.latest = latest

    def take(self, event: Event) -> None:
        """Take the next event; CustodyError when it can only have happened more than `BACKWARDS` before an earlier one.

        What follows is then compared with this event, so that a clock that was set back once is reported once.
        """
        latest, self.latest = self.latest, event.time
        if latest is None or event.time >= latest:
            return
        until = event.time + (timedelta(hours=1) if event.role in HOURLY else timedelta())
        if until < latest - BACKWARDS:
            raise CustodyError(f"{event.type}: its time lies more than an hour before that of an earlier event")
        self.latest = latest


def require_signed_then(signed: datetime, event: Event) -> None:
    """CustodyError unless a document's own time is within `SIGNED_WITHIN` of the time of the event that holds it."""
    if abs(signed - event.time) > SIGNED_WITHIN:
        raise CustodyError(f"{event.type}: signed more than a day before or after")
