"""Motion JPEG in QuickTime: each sample is a JPEG picture, and may hold what photos hold before its first scan."""

from collections.abc import Iterable, Iterator
from typing import Final

from redaction.containers.isobmff_boxes import Search
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata.samples import Chunk, samples

MAX_SEGMENTS: Final = 1 << 22
_SCAN: Final = 0xDA
_APPLICATION: Final = range(0xE1, 0xF0)
_ADOBE: Final = 0xEE  # says how colours are coded
_COMMENT: Final = 0xFE
_FIELDS: Final = b"mjpg"  # in APP1 of Motion JPEG format A: where the fields' tables are; decoders need it


def in_pictures(search: Search, chunks: Iterable[Chunk]) -> Iterator[Finding]:
    """Findings in application segments and comments of all samples.

    Not searched: the second field of an interlaced picture, which begins after the first one's scan.
    """
    budget = MAX_SEGMENTS
    for chunk in chunks:
        for offset, size in samples(chunk):
            position, end = offset + 2, offset + size
            if size >= 4 and search.stream(offset, 2) != b"\xff\xd8":
                raise MalformedMedia("a picture without a beginning", offset)
            while position + 4 <= end:
                budget -= 1
                if budget < 0:
                    raise MalformedMedia("too many parts", position)
                head = search.stream(position, min(16, end - position))
                length = 2 + int.from_bytes(head[2:4])
                if head[0] != 0xFF or head[1] == _SCAN or length < 4 or position + length > end:
                    break
                if (head[1] == _COMMENT or (head[1] in _APPLICATION and head[1] != _ADOBE)) and head[8:12] != _FIELDS:
                    yield from search.blank(position + 4, position + length, "mp4/jpeg")
                position += length
