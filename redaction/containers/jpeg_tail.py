"""What follows a JPEG's end of image: further pictures, a motion photo's video, a phone maker's trailer, anything.

Videos and pictures are kept and searched like files of their own; the rest is blanked.
"""

from collections.abc import Iterator
from re import Pattern
from re import compile as regex
from typing import Final

from redaction.finding import Finding
from redaction.metadata import sef
from redaction.metadata.claims import Interval, merged, without
from redaction.reader import Reader
from redaction.walk import Walk

_CHUNK_BYTES: Final = 1 << 20
_JPEG: Final = regex(rb"\xff\xd8\xff")
_VIDEO: Final = regex(rb"\x00\x00[\x00-\x10][\x00-\xff]ftyp")  # the first box's length is less than 1 MiB
_SIGNATURE_BYTES: Final = 8


def find(reader: Reader, start: int, images: list[tuple[int, int]], walk: Walk) -> Iterator[Finding]:
    """Everything to withhold in `[start, reader.size)`.

    `images` are (offset, length) at which the file says that further pictures lie; those elsewhere are ignored.
    """
    taken: list[Interval] = []
    trailer = sef.trailer(reader, start, walk)
    end = reader.size
    if trailer is not None:
        end = trailer.directory
        for offset, length in (*trailer.headers, *trailer.values):
            taken.append((offset, offset + length))
        for offset, length in trailer.values:
            yield from _region(reader, offset, offset + length, walk, "jpeg/trailer/sef")
    for offset, length in sorted(set(images)):
        inside = start <= offset and offset + length <= end and length
        if inside and without([(offset, offset + length)], merged(taken)) == [(offset, offset + length)]:
            taken.append((offset, offset + length))
            yield from walk.embedded(reader, offset, length, "jpeg/mpf-image")
    if start < end:
        for low, high in without([(start, end)], merged(taken)):
            yield from _region(reader, low, high, walk, "jpeg/trailer")


def _region(reader: Reader, start: int, end: int, walk: Walk, what: str) -> Iterator[Finding]:
    """One picture and one video are looked for, in this order; what precedes them is blanked.

    Whatever follows a picture up to the video is the picture's own tail, and so on: each level looks behind itself.
    """
    video = _first(reader, start, end, _VIDEO)
    picture = _first(reader, start, video, _JPEG)
    if start < picture:
        yield Finding(start, picture - start, what)
    if picture < video:
        yield from walk.embedded(reader, picture, video - picture, what)
    if video < end:
        yield from walk.embedded(reader, video, end - video, what)


def _first(reader: Reader, start: int, end: int, signature: Pattern[bytes]) -> int:
    """The offset of the first match in `[start, end)`, or `end`."""
    position = start
    while position < end:
        chunk = reader.read(position, min(_CHUNK_BYTES, end - position))
        match = signature.search(chunk)
        if match:
            return position + match.start()
        if position + len(chunk) >= end or len(chunk) < _SIGNATURE_BYTES:
            break
        position += len(chunk) - (_SIGNATURE_BYTES - 1)
    return end
