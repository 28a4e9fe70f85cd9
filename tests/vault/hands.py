"""A clock for tests that wait for hours."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from vault.clock import Synchronisation


@dataclass
class Hands:
    """Stands until it is moved."""

    moment: datetime = field(default_factory=lambda: datetime.fromtimestamp(time.time(), UTC))

    def now(self) -> datetime:
        return self.moment

    def synchronised(self) -> Synchronisation:
        return "ntp"
