"""Ask a server elsewhere that may be slow or hostile: no redirects, no proxies, a short answer, and an end in time."""

import asyncio
from dataclasses import dataclass
from typing import Final

import httpx

ANSWER_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the HTTP status, the content type as it was sent, and at most 64 KiB."""

    status: int
    kind: str
    body: bytes


def post(url: str, content: bytes, kind: str, seconds: float) -> Answer:
    """The whole answer to a POST of `content`, of media type `kind`; httpx.HTTPError when none comes in `seconds`.

    The seconds are those of everything: somebody who sends a byte now and then can not keep the caller waiting, as they
    could if only each wait were limited. An answer that is longer than any should be is none.
    """
    return asyncio.run(_post(url, content, kind, seconds))


async def _post(url: str, content: bytes, kind: str, seconds: float) -> Answer:
    # Neither proxies nor certificates from the environment: whom we ask stands in the trust anchor.
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(trust_env=False, timeout=seconds, follow_redirects=False) as client,
            client.stream("POST", url, content=content, headers={"Content-Type": kind}) as answer,
        ):
            received = bytearray()
            async for chunk in answer.aiter_raw():
                received += chunk
                if len(received) > ANSWER_BYTES:
                    raise httpx.RemoteProtocolError("a longer answer than any should be")
            return Answer(answer.status_code, answer.headers.get("content-type", ""), bytes(received))
    except TimeoutError:
        raise httpx.ReadTimeout("no whole answer in time") from None
