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
from vault.spool import MemoryBudget

MIB: Final = 1 << 20
BODIES: Final = 512  # requests with a body that are taken at once
SEALING: Final = 16  # reports that are sealed at once, or wait for the log
LOOKUPS: Final = 2  # receipts that are looked up at once: each costs 32 MiB and a tenth of a second
STORING: Final = 16  # pieces of uploads that are sealed and stored at once
FORM_MEMORY: Final = 8 * MIB  # bytes of one form that stay in memory; the rest waits encrypted on the disk
FORMS_MEMORY: Final = 128 * MIB  # bytes of all forms together
PIECES_MEMORY: Final = (
    64 * MIB
)  # bytes of uploads that wait to be stored; what comes beyond is stored in smaller pieces


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may come; a phone on the slowest network is far faster.

    `silence` and `grace` are seconds, `rate` bytes a second: the average that is asked for once `grace` is over.
    """

    silence: float = 60.0
    grace: float = 120.0
    rate: float = 200.0


@dataclass(slots=True)
class Limits:
    """The limits of one service. Sealing and looking up have threads of their own, so that neither starves the rest."""

    pace: Pace = field(default_factory=Pace)
    free_bodies: int = BODIES  # for the event loop's thread only
    sealing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(SEALING))
    lookups: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(LOOKUPS))
    storing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(STORING))
    memory: MemoryBudget = field(default_factory=lambda: MemoryBudget(FORMS_MEMORY))
    pieces: MemoryBudget = field(default_factory=lambda: MemoryBudget(PIECES_MEMORY))

    @contextmanager
    def body(self) -> Iterator[bool]:
        """Whether one more body may be taken; it counts until the end of the context."""
        free = self.free_bodies > 0
        self.free_bodies -= free
        try:
            yield free
        finally:
            self.free_bodies += free

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
