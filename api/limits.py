"""What the service allows at once, and how slowly a body may come: nobody is to keep others out, or use up memory.

No limit looks at an address: over an onion service all visitors have the same one, and addresses are not kept.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from anyio import CapacityLimiter
from fastapi import Request

from api.problems import HttpProblem
from vault.settings import Settings
from vault.spool import MemoryBudget

MIB: Final = 1 << 20
REST: Final = "rest"
ROOMS: Final = {"/api/custodian/": "desk", "/api/partner/": "desk", "/api/audit/": "desk", "/uploads/": "uploads"}
"""Beginnings of addresses that have room of their own: strangers cannot fill it, for they are answered at once."""
BODIES: Final = {"desk": 64, "uploads": 512, REST: 512}
"""Requests with a body that are taken at once, in each room."""
ASKING: Final = 32  # requests of sources that ask the database at once
SEALING: Final = 16  # reports that are sealed at once, or wait for the log
WAITING_LOOKUPS: Final = 40
LOOKUPS: Final = 2  # receipts that are looked up at once: each costs 32 MiB and a tenth of a second
STORING: Final = 16  # pieces of uploads that are sealed and stored at once
FORM_MEMORY: Final = 8 * MIB  # bytes of one form that stay in memory; the rest waits encrypted on the disk
FORMS_MEMORY: Final = 128 * MIB  # bytes of all forms together
PIECES_MEMORY: Final = 64 * MIB  # bytes of uploads that wait to be stored; beyond that pieces get smaller


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may come; a phone on the slowest network is far faster.

    `silence` and `grace` are seconds, `rate` bytes a second: the average that is asked for once `grace` is over.
    """

    silence: float = 60.0
    grace: float = 120.0
    rate: float = 200.0


class Bucket:
    """Turns that come back steadily, `per_hour` of them; a quarter of an hour's turns may be taken at once."""

    def __init__(self, per_hour: int) -> None:
        self._rate, self._size = per_hour / 3600, max(1.0, per_hour / 4)
        self._left, self._since = self._size, time.monotonic()

    @property
    def fill(self) -> float:
        """How much of it is used up, from 0 to 1."""
        now = time.monotonic()
        self._left, self._since = min(self._size, self._left + (now - self._since) * self._rate), now
        return 1 - self._left / self._size

    def take(self) -> bool:
        """Take one turn, if one is left."""
        self.fill  # noqa: B018 -- counts what came back since
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(slots=True)
class Limits:
    """The limits of one service. Sealing and looking up have threads of their own, so that neither starves the rest."""

    pace: Pace = field(default_factory=Pace)
    bodies: dict[str, int] = field(default_factory=lambda: dict(BODIES))  # for the event loop's thread only
    cases: Bucket = field(default_factory=lambda: Bucket(2000))
    forms: Bucket = field(default_factory=lambda: Bucket(1000))
    asking: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(ASKING))
    sealing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(SEALING))
    lookups: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(LOOKUPS))
    storing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(STORING))
    memory: MemoryBudget = field(default_factory=lambda: MemoryBudget(FORMS_MEMORY))
    pieces: MemoryBudget = field(default_factory=lambda: MemoryBudget(PIECES_MEMORY))

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """The limits that a vault's settings give."""
        return cls(cases=Bucket(settings.cases_per_hour), forms=Bucket(settings.forms_per_hour))

    @contextmanager
    def body(self, path: str) -> Iterator[bool]:
        """Whether one more body may be taken for an address; it counts until the end of the context."""
        room = next((room for beginning, room in ROOMS.items() if path.startswith(beginning)), REST)
        free = self.bodies[room] > 0
        self.bodies[room] -= free
        try:
            yield free
        finally:
            self.bodies[room] += free

    @property
    def crowd(self) -> float:
        """How many wait to be looked up, from 0 to 1: who asks for much is asked for work."""
        return min(1.0, self.lookups.statistics().tasks_waiting / WAITING_LOOKUPS)

    def form_memory(self) -> MemoryBudget:
        """A budget for the files of one form."""
        return MemoryBudget(FORM_MEMORY, within=self.memory)


def limits_of(request: Request) -> Limits:
    """The limits of the service that got this request."""
    limits: Limits = request.app.state.limits
    return limits


async def arriving(request: Request, most: int | None = None) -> AsyncIterator[bytes]:
    """The request's body as it comes; HttpProblem `too-slow`, or `too-large` beyond `most` bytes."""
    pace = limits_of(request).pace
    chunks = request.stream()
    began, received = time.monotonic(), 0
    while True:
        try:
            async with asyncio.timeout(pace.silence):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise HttpProblem("too-slow") from None
        if chunk is None:
            return
        received += len(chunk)
        if most is not None and received > most:
            raise HttpProblem("too-large")
        elapsed = time.monotonic() - began
        if elapsed > pace.grace and received < pace.rate * elapsed:
            raise HttpProblem("too-slow")
        yield chunk
