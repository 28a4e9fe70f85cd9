"""Animated PNG: frames stay, in the order and number that the animation says.

Source: PNG specification, third edition (W3C), section 11.3.6.
"""

from collections.abc import Sequence
from struct import unpack
from typing import Final, NamedTuple

from redaction.containers.png_chunks import Chunk, is_intact
from redaction.containers.png_pictures import Header
from redaction.errors import MalformedMedia
from redaction.reader import Reader

KINDS: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_SEQUENCE_BYTES: Final = 4


class Frame(NamedTuple):
    """A frame other than the still picture: bytes before compression, and (offset, length) of its data."""

    raw_bytes: int
    extents: list[tuple[int, int]]


def is_animated(reader: Reader, chunks: Sequence[Chunk]) -> bool:
    """Whether viewers take the file for an animation: one acTL, before the picture, with the right CRC."""
    kinds = [chunk.kind for chunk in chunks]
    control = kinds.index(b"acTL") if kinds.count(b"acTL") == 1 else len(kinds)
    if control > kinds.index(b"IDAT"):
        return False
    return chunks[control].length == 8 and is_intact(reader, chunks[control])


def frames(reader: Reader, chunks: Sequence[Chunk], header: Header) -> list[Frame]:
    """All frames that are not the still picture; MalformedMedia when they are not numbered and counted as they must."""
    found: list[Frame] = []
    controls = sequence = count = 0
    still = True  # a frame control before IDAT is the still picture's
    for chunk in chunks:
        if chunk.kind == b"acTL":
            count = int.from_bytes(reader.read(chunk.start, 4), "big")
        elif chunk.kind == b"IDAT":
            still = False
        elif chunk.kind in KINDS:
            if int.from_bytes(reader.read(chunk.start, _SEQUENCE_BYTES), "big") != sequence:
                raise MalformedMedia("frames out of order", chunk.start)
            sequence += 1
            if chunk.kind == b"fcTL":
                controls += 1
                raw_bytes = _control(reader, chunk, header)
                if not still:
                    found.append(Frame(raw_bytes, []))
            elif still or not found or chunk.length < _SEQUENCE_BYTES:
                raise MalformedMedia("a frame without a control", chunk.start)
            else:
                found[-1].extents.append((chunk.start + _SEQUENCE_BYTES, chunk.length - _SEQUENCE_BYTES))
    if controls != count:
        raise MalformedMedia("another number of frames than announced", 0)
    return found


def _control(reader: Reader, chunk: Chunk, header: Header) -> int:
    """Bytes before compression of the frame that an fcTL announces."""
    if chunk.length != 26:
        raise MalformedMedia("not a frame control", chunk.start)
    width, height, left, top = unpack(">4I", reader.read(chunk.start + _SEQUENCE_BYTES, 16))
    dispose, blend = reader.read(chunk.start + 24, 2)
    inside = left + width <= header.width and top + height <= header.height
    if not (width and height and inside and dispose <= 2 and blend <= 1):
        raise MalformedMedia("not a frame control", chunk.start)
    return header.raw_bytes(width, height)
