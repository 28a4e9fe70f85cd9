"""Ask a timestamp authority (RFC 3161, section 3.4: over HTTP)."""

from typing import Final

import httpx
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from evidence.authority import Authority
from evidence.errors import TimestampError
from vault.outgoing import post

ANSWER_SECONDS: Final = 20.0  # to the last byte


def ask(authority: Authority, message: bytes) -> tuple[bytes, int]:
    """The authority's reply over `message`, unchecked, and the nonce that it has to name.

    httpx.HTTPError when no answer comes that could be one.
    """
    request = (
        TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    )
    asked = request.build()
    answer = post(authority.url, asked.as_bytes(), "application/timestamp-query", ANSWER_SECONDS)
    if answer.status != httpx.codes.OK:
        raise httpx.RemoteProtocolError("no answer but an error")
    if asked.nonce is None:
        raise TimestampError("asked without a nonce")
    return answer.body, asked.nonce
