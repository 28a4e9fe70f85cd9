"""Which readings of events this process has put into the log, so that an audit of many pages is one event."""

import threading
from collections import OrderedDict
from typing import Final

KEPT: Final = 256  # readings; one that was forgotten becomes an event again


class Readings:
    """From which event on, up to which size of the log, each person is known to have read."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._starts: OrderedDict[tuple[str, int], int] = OrderedDict()

    def told(self, key_id: str, start: int, size: int) -> bool:
        """Whether the log says that this person reads these events."""
        with self._guard:
            return self._starts.get((key_id, size), start + 1) <= start

    def tell(self, key_id: str, start: int, size: int) -> None:
        """The log now says that this person reads from `start` on."""
        with self._guard:
            self._starts[key_id, size] = min(start, self._starts.pop((key_id, size), start))
            if len(self._starts) > KEPT:
                self._starts.popitem(last=False)
