"""The events of a log as a vault serves them: whether each is there, and what the rules find in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from evidence import custody, oversight
from evidence.audit_piece import Examined, read_events
from evidence.errors import EvidenceError
from evidence.findings import Findings
from evidence.trust import Trust

EVENTS, DATABASE = "events", "database"
"""The steps that look at how the events are served."""


class Memory(custody.Memory, Protocol):
    """The memory of the rules, which can also be emptied, to begin anew."""

    def clear(self) -> None:
        """Forget everything."""
        ...


@dataclass(frozen=True, slots=True)
class ServedEvent:
    """An event as the vault serves it: its bytes in the store, and whether its database agrees."""

    data: bytes
    database_agrees: bool = True


class Replaying:
    """The events as they are served: each that the log holds is replayed."""

    def __init__(
        self,
        served: Iterator[ServedEvent],
        trust: Trust,
        memory: Memory,
        now: datetime | None,
        found: dict[str, Findings],
    ) -> None:
        self.rules = oversight.Oversight(trust, memory, now)
        self._served, self._found, self._missing = served, found, 0

    def served(self, first: int, count: int) -> list[bytes]:
        """The next events' bytes; fewer when the vault does not give them."""
        bodies: list[bytes] = []
        try:
            for served in islice(self._served, count):
                if not served.database_agrees:
                    self._found[DATABASE].add("the vault's database holds another event, or none", first + len(bodies))
                bodies.append(served.data)
        except EvidenceError as error:  # the rest counts as missing
            self._found[EVENTS].add(error.reason)
        self._missing += count - len(bodies)
        return bodies

    def take(self, done: Examined) -> None:
        """The events of one piece."""
        for position in done.differing:
            self._found[EVENTS].add("not the event that the log committed to", position)
        for position, event in enumerate(read_events(done), done.first):
            for step, what in self.rules.take(event):
                if position not in done.differing:  # what the log does not hold can break no rule
                    self._found[step].add(what, position)

    def finish(self, unread: int) -> None:
        """After the last entry that could be read; `unread` are left."""
        missing = self._missing + unread
        if missing:
            self._found[EVENTS].add(f"{missing} events are missing: the vault did not give them, or not their entries")
        for step, what in self.rules.finish():
            self._found[step].add(what)
