"""Ends the process when it can begin no work any more, so that whoever started it begins it anew.

A thread that cannot be started for want of memory leaves behind, in the interpreter, a lock that is never let go: from
then on every request waits for ever, while the pages are still served. Nothing acknowledged is lost by ending at once.
"""

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

SECONDS: Final = 30
"""How long no work may be begun."""
_PROOFS: Final = 5.0  # seconds between two proofs
_EXIT: Final = 70  # EX_SOFTWARE, sysexits.h


@asynccontextmanager
async def staying_alive() -> AsyncIterator[None]:
    """Meanwhile the process ends when neither the event loop nor a new thread does anything for `SECONDS`."""
    alive = _Life()
    alive.start()
    task = asyncio.create_task(_prove(alive))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        alive.over = True


class _Life:
    """Counts seconds since the last proof; seconds in which the process was stopped as a whole do not count."""

    def __init__(self) -> None:
        self.silent = 0
        self.over = False

    def start(self) -> None:
        """Begin to watch. The thread must be there before memory is short."""
        threading.Thread(target=self._watch, name="liveness", daemon=True).start()

    def _watch(self) -> None:
        while not self.over:
            time.sleep(1)
            self.silent += 1
            if self.silent > SECONDS and not self.over:
                sys.stderr.write("amparo: no work can be begun any more; the process ends to be started anew\n")
                sys.stderr.flush()
                os._exit(_EXIT)


async def _prove(life: _Life) -> None:
    limiter = CapacityLimiter(1)  # of its own: that others are busy is no sign of death
    while True:
        with contextlib.suppress(MemoryError, RuntimeError):
            await run_sync(_begin_work, limiter=limiter)
            life.silent = 0
        await asyncio.sleep(_PROOFS)


def _begin_work() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
