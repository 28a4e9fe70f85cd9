"""Clears uploads whose time is over, for as long as the service runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool

from vault import interruption
from vault.errors import VaultError
from vault.instance import Vault


@asynccontextmanager
async def sweeping(vault: Vault) -> AsyncIterator[None]:
    """Sweep at once and then again and again, until the context ends; a sweep that is under way is waited for."""
    stop = asyncio.Event()
    task = asyncio.create_task(_sweep(vault, stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def _sweep(vault: Vault, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(VaultError):  # the store or the database does not answer: next time it may
            await run_in_threadpool(interruption.sweep, vault)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), interruption.interval(vault))
