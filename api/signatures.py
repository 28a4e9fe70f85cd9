"""HTTP message signatures (RFC 9421) as this project uses them: what is covered, on both sides.

Covered: method, authority, path, query, and for a body its SHA-256 Content-Digest (RFC 9530); with creation time, a
nonce, the key id and a tag. The scheme is not covered, so a proxy that ends TLS changes nothing.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

TAG: Final = "amparo/v1"
LABEL: Final = "amparo"
MAX_AGE: Final = timedelta(seconds=60)
COVERED: Final = ("@method", "@authority", "@path", "@query")
BODY_LIMIT: Final = 32 * 1024 * 1024  # bytes of a signed request's body
NONCE_BYTES: Final = 16


@dataclass(slots=True)
class Message:
    """The parts of a request that a signature may cover."""

    method: str
    url: str
    headers: MutableMapping[str, str]


def message(method: str, authority: str, path_and_query: str, headers: Mapping[str, str]) -> Message:
    """A request as both sides see it."""
    return Message(method, f"http://{authority}{path_and_query}", dict(headers))
