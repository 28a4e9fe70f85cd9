"""Vorbis comments: an encoder's name and `KEY=value` texts, as Ogg, Opus, FLAC and Matroska carry them.

Source: "Ogg Vorbis I format specification: comment field and header specification". All of it goes: an empty list
of comments stands there, padded with zeros.
"""

from collections.abc import Iterator
from re import IGNORECASE
from re import compile as regex
from typing import Final

from redaction.finding import Finding, structure
from redaction.limits import METADATA_BYTES
from redaction.reader import Reader
from redaction.walk import Walk

_EMPTY_BYTES: Final = 8  # the length of the encoder's name, and the number of comments
_PLACE: Final = regex(rb"(?:location|geo[a-z_ -]*|gps[a-z_ -]*|latitude|longitude)=", IGNORECASE)


def find(reader: Reader, walk: Walk, what: str, head: int, *, framing: bool = False) -> Iterator[Finding]:
    """What follows the first `head` bytes of a packet or block; `framing` says that a set bit ends the list (Vorbis).

    Named `…/location` when a key says that it holds one, so that people are told.
    """
    walk.node(0)
    length = reader.size - head
    if length <= 0:
        return
    place = length <= METADATA_BYTES and _PLACE.search(reader.read(head, length)) is not None
    name = f"{what}/location" if place else what
    yield Finding(head, length, name)
    if framing and length > _EMPTY_BYTES:
        yield Finding(head + _EMPTY_BYTES, 1, name, structure(b"\1"))
