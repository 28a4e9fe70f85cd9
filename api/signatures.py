"""HTTP message signatures (RFC 9421) as this project uses them: what is covered, on both sides.

Covered: method, authority, path, query, and for a body its SHA-256 Content-Digest (RFC 9530); with creation time, a
nonce, the key id and a tag. The scheme is not covered, so a proxy that ends TLS changes nothing.
"""

import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

TAG: Final = "amparo/v1"
LABEL: Final = "amparo"
MAX_AGE: Final = timedelta(seconds=60)
COVERED: Final = ("@method", "@authority", "@path", "@query")
BODY_LIMIT: Final = 64 * 1024  # bytes of a signed request's body
APPROVAL_LIMIT: Final = 32 * 1024 * 1024  # bytes of an approval, which brings a header for every object of a case
NONCE_BYTES: Final = 16


_PORT: Final = r"(?::[0-9]{1,5})?"
AUTHORITY: Final = re.compile(rf"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{{0,252}})|\[[0-9A-Fa-f:.]{{2,45}}\]){_PORT}")
_PATH: Final = re.compile(r"/[^?#\s]*")
_QUERY: Final = re.compile(r"[^#\s]*")


@dataclass(slots=True)
class Message:
    """The parts of a request that a signature may cover."""

    method: str
    url: str
    headers: MutableMapping[str, str]


def message(method: str, authority: str, path: str, query: str, headers: Mapping[str, str]) -> Message:
    """A request as both sides see it; `query` is without its question mark.

    ValueError when a part is not one: a Host header that holds a path, say, would move a signature to another address.
    """
    if not (AUTHORITY.fullmatch(authority) and _PATH.fullmatch(path) and _QUERY.fullmatch(query)):
        raise ValueError("the parts of the address are not as HTTP has them")
    return Message(method, f"http://{authority}{path}" + (f"?{query}" if query else ""), dict(headers))
