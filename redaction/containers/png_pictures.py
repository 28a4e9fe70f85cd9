"""PNG's pictures (IDAT, and the frames of an animation): compressed data that ends where the picture ends.

Viewers stop at the end of the compressed stream, and anything may stand behind it. So streams are decompressed, in
small pieces and without keeping the result, only to see where they end.
Source: PNG specification, third edition (W3C), sections 7, 8, 10 and 11.3.6.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_PIECE_BYTES: Final = 16 * 1024  # of input; deflate makes at most 1032 times as much of it
NODE_BYTES: Final = 16 * 1024
"""Bytes of output that count as one node, so that all compressed streams of a file share one allowance."""
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_ADAM7: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


class Header(NamedTuple):
    """The fields of IHDR (11.2.2)."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    def raw_bytes(self, width: int, height: int) -> int:
        """Bytes of a picture of `width` by `height` pixels before compression, with a filter byte per row."""
        passes = _ADAM7 if self.interlaced else ((0, 0, 1, 1),)
        total = 0
        for left, top, across, down in passes:
            columns, rows = max(0, -(-(width - left) // across)), max(0, -(-(height - top) // down))
            if columns:
                total += rows * (1 + (columns * self.depth * _CHANNELS[self.colour] + 7) // 8)
        return total


def header(data: bytes) -> Header:
    """Parse the data of IHDR; MalformedMedia when it is none that the standard knows."""
    if len(data) != 13:
        raise MalformedMedia("not an image header", 0)
    width, height = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
    depth, colour, compression, filtering, interlace = data[8:]
    known = depth in _DEPTHS.get(colour, ()) and not compression and not filtering and interlace <= 1
    if not known or not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        raise MalformedMedia("not an image header", 0)
    return Header(width, height, depth, colour, bool(interlace))


def slack(reader: Reader, extents: Sequence[tuple[int, int]], raw_bytes: int, walk: Walk) -> Iterator[Finding]:
    """What follows the end of a stream that lies in `extents` and holds at most `raw_bytes` when decompressed.

    Extents are (offset, length) in bytes of the reader. A stream that is cut short or damaged is the picture's to its
    last byte: more of it may be recovered. MalformedMedia when it holds more than its picture has: that cannot be
    blanked inside.
    """
    end = _end(reader, extents, raw_bytes, walk)
    for start, length in extents:
        low = max(start, end)
        if low < start + length:
            yield Finding(low, start + length - low, "png/picture-slack")


def _end(reader: Reader, extents: Sequence[tuple[int, int]], raw_bytes: int, walk: Walk) -> int:
    """The offset just past the stream."""
    stream = zlib.decompressobj()
    made = 0
    for position, piece in _pieces(reader, extents):
        try:
            count = len(stream.decompress(piece))
        except zlib.error:
            break
        made += count
        if made > raw_bytes:
            raise MalformedMedia("more compressed data than the picture has", position)
        for _ in range(count // NODE_BYTES):
            walk.node(position)
        if stream.eof:
            return position + len(piece) - len(stream.unused_data)
    return reader.size


def _pieces(reader: Reader, extents: Sequence[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    for start, length in extents:
        for position in range(start, start + length, _PIECE_BYTES):
            yield position, reader.read(position, min(_PIECE_BYTES, start + length - position))
