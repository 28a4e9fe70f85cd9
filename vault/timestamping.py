"""Ask a timestamp authority (RFC 3161, section 3.4: over HTTP)."""

from typing import Final

import httpx
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from evidence.authority import Authority
from evidence.errors import TimestampError
from evidence.timestamps import REPLY_BYTES

ANSWER_SECONDS: Final = 20.0


def ask(authority: Authority, message: bytes) -> tuple[bytes, int]:
    """The authority's reply over `message`, unchecked, and the nonce that it has to name.

    httpx.HTTPError when it does not answer; TimestampError when its answer is longer than any.
    """
    request = (
        TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    )
    asked = request.build()
    headers = {"Content-Type": "application/timestamp-query"}
    # Neither proxies from the environment nor redirects: whom we ask stands in the trust anchor.
    with (
        httpx.Client(trust_env=False, timeout=ANSWER_SECONDS) as client,
        client.stream("POST", authority.url, content=asked.as_bytes(), headers=headers) as answer,
    ):
        answer.raise_for_status()
        reply = bytearray()
        for chunk in answer.iter_raw():
            reply += chunk
            if len(reply) > REPLY_BYTES:
                raise TimestampError("longer than any reply")
    if asked.nonce is None:
        raise TimestampError("asked without a nonce")
    return bytes(reply), asked.nonce
