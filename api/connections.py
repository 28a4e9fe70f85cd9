"""HTTP connections that do not wait for ever for a request to begin, and that lose nothing of one that breaks off.

uvicorn ends a connection that is idle between two requests, but waits without end for the first request, and for the
rest of a request's head once its first byte came: whoever opens thousands of such connections keeps all others out.

When a connection ends, uvicorn also drops what arrived of a body and was not read yet. Of an upload that is interrupted
every byte may be evidence, so here it is read before the end is told.
"""

import asyncio
from typing import Final

import h11
from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_SECONDS: Final = 60.0


class KeepingCycle(RequestResponseCycle):
    """One request: what came of its body is handed out before its connection's end."""

    async def receive(self) -> ASGIReceiveEvent:
        """See ASGI."""
        message = await super().receive()
        if message["type"] == "http.disconnect" and self.body and not self.response_complete:
            body, self.body = bytes(self.body), bytearray()
            return {"type": "http.request", "body": body, "more_body": self.more_body}
        return message


class ImpatientProtocol(H11Protocol):
    """Ends a connection on which no whole request head came within `HEAD_SECONDS`; its requests are KeepingCycles."""

    head_seconds = HEAD_SECONDS
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """See asyncio.Protocol."""
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        super().data_received(data)
        if self.cycle is not None:
            # Its task has not begun: tasks begin in a later turn of the loop, and only then ask for `receive`.
            self.cycle.__class__ = KeepingCycle
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._unwatch_head()
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._unwatch_head()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self.transport.close)

    def _unwatch_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
