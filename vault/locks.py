"""One at a time, within one process: uploads to one case get their numbers in order, a bundle is sealed once."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class NamedLocks:
    """A lock per name (a case, a request), kept only while somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._users: Counter[str] = Counter()
        self._locks: dict[str, threading.Lock] = {}

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Wait for the name, and keep others out of it meanwhile."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
            self._users[name] += 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                self._users[name] -= 1
                if not self._users[name]:
                    del self._users[name], self._locks[name]
