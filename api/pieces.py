"""A body that comes slowly and may break off, in pieces that are made durable one by one.

A piece is handed out when it is large, or a second after its first byte came, so that no more than that is lost with
the process. While nothing comes an empty piece is handed out each second: time to look around.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.limits import arriving, limits_of

PIECE: Final = 4 * 1024 * 1024  # bytes
SECONDS: Final = 1.0


async def arriving_pieces(request: Request) -> AsyncGenerator[bytes, None]:
    """The body in pieces; what came before a break or a fault is handed out before the error is raised.

    ClientDisconnect, or HttpProblem as `limits.arriving` has it.
    """
    memory = limits_of(request).pieces
    chunks = arriving(request)
    buffer, taken, began = bytearray(), 0, time.monotonic()
    waiting: asyncio.Task[bytes | None] | None = None
    failure: Exception | None = None
    ended = False
    try:
        while not ended:
            if waiting is None:
                waiting = asyncio.ensure_future(anext(chunks, None))
            left = SECONDS - (time.monotonic() - began)
            done, _ = await asyncio.wait({waiting}, timeout=max(left, 0.0))
            if done:
                try:
                    chunk = waiting.result()
                except Exception as error:  # noqa: BLE001 -- raised below, once what came before it is handed out
                    failure, chunk = error, None
                waiting = None
                ended = chunk is None
                if chunk:
                    if not buffer:
                        began = time.monotonic()
                    buffer += chunk
            full = len(buffer) >= PIECE or not memory.take(len(buffer) - taken)
            if not full:
                taken = len(buffer)
            if full or ended or time.monotonic() - began >= SECONDS:
                yield bytes(buffer)
                buffer.clear()
                memory.give_back(taken)
                taken, began = 0, time.monotonic()
    finally:
        memory.give_back(taken)
        if waiting is not None:
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError, ClientDisconnect):
                await waiting
    if failure is not None:
        raise failure
