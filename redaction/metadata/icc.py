"""ICC profiles: colour stays. What is not the shape of a profile (ICC.1:2022 section 7) is blanked.

A profile's own texts (description, copyright, maker) are a device model's, not a person's; they stay with it.
"""

from collections.abc import Iterator
from typing import Final

from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_HEADER_BYTES: Final = 128
_SIGNATURE_AT: Final = 36


def is_profile(head: bytes, size: int) -> bool:
    """Whether `size` bytes that begin with `head` are a whole profile."""
    return (
        len(head) >= _HEADER_BYTES
        and head[_SIGNATURE_AT : _SIGNATURE_AT + 4] == b"acsp"
        and _HEADER_BYTES < int.from_bytes(head[:4], "big") <= size
    )


def find(reader: Reader, walk: Walk, what: str) -> Iterator[Finding]:
    """What of the reader is no profile: all of it, or what follows the profile's end."""
    walk.node(0)
    head = reader.read(0, _HEADER_BYTES)
    end = int.from_bytes(head[:4], "big") if is_profile(head, reader.size) else 0
    if end < reader.size:
        yield Finding(end, reader.size - end, what)
