"""Answer before a request has arrived whole, so that whoever still sends gets to see the answer.

A connection that is closed while bytes come in is reset, and a browser may then show its own error. So the answer goes
out first, then what arrives is read past, up to a bound (RFC 9112, section 9.6); then the connection ends, because the
rest of a film of many gigabytes would cost its sender more than it tells anybody.
"""

import asyncio
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

DRAIN_BYTES: Final = 32 * 1024 * 1024
DRAIN_SECONDS: Final = 30.0


class EarlyAnswer(Response):
    """`answer`, sent while its request may still be on the way; the connection ends with it."""

    def __init__(self, answer: Response) -> None:
        super().__init__(bytes(answer.body), answer.status_code)
        self.raw_headers = [*answer.raw_headers, (b"connection", b"close")]

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """ASGI: the whole answer, then read past what comes, then the end."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await _drain(receive)
        except TimeoutError:
            pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive) -> None:
    left = DRAIN_BYTES
    while left > 0:
        event = await receive()
        left -= len(event.get("body", b""))
        if not event.get("more_body", False):  # the end of the request, or of the connection
            return
