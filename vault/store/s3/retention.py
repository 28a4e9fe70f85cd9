"""Which objects a bucket's object lock keeps from everybody, for how long.

Locked are payloads of media, full tiles and full bundles of events: what nobody may change or delete before its time,
whoever has the keys of the store. Never locked are headers, and everything that holds its own: without them a payload
is noise, so a withdrawal still destroys what it should. Nor the checkpoint and partial tiles, which are replaced.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from minio.commonconfig import COMPLIANCE

from vault.clock import Clock

MOST_DAYS: Final = 36_500
_LOCKED: Final = re.compile(r"exhibits/[^/]+/media\.payload|(log/tile|events)/(?!.*\.p/).+")


@dataclass(frozen=True, slots=True)
class Retention:
    """So many days from when an object is stored; 0: nothing is locked."""

    days: int
    clock: Clock

    def until(self, key: str) -> datetime | None:
        """When the lock of an object ends that is stored now; None for what is not locked."""
        locked = self.days and _LOCKED.fullmatch(key)
        return self.clock.now() + timedelta(days=self.days) if locked else None


def lock_headers(until: datetime | None) -> dict[str, str]:
    """The headers that lock an object as it is stored; none for what is not locked.

    In the mode COMPLIANCE, in which no right lifts the lock before its time.
    """
    if until is None:
        return {}
    return {
        "x-amz-object-lock-mode": COMPLIANCE,
        "x-amz-object-lock-retain-until-date": f"{until:%Y-%m-%dT%H:%M:%SZ}",
    }
