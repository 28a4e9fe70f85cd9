"""JPEG's marker structure (ITU-T T.81 annex B): segments to the end of image, through all scans, in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from re import compile as regex
from typing import Final

from redaction.errors import MalformedMedia
from redaction.reader import Reader, exactly
from redaction.walk import Walk

SOI: Final = 0xD8
EOI: Final = 0xD9
SOS: Final = 0xDA
COM: Final = 0xFE
APPLICATION: Final = range(0xE0, 0xF0)
_DHT, _DAC, _DQT, _DNL, _DRI, _TEM = 0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0x01
_RESTART: Final = range(0xD0, 0xD8)
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {_DHT, 0xC8, _DAC}

_CHUNK_BYTES: Final = 1 << 20
_FIRST_BYTES: Final = 64
_TEXT_BYTES: Final = 24  # of entropy-coded data, 10^10 bytes have so many letters in a row once
_TEXT: Final = regex(rb"[\x20-\x7e\t\r\n]{24}")
_MARKER: Final = regex(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker and its payload at `[start, end)`, without marker and length; both in bytes of the reader."""

    marker: int
    start: int
    end: int

    @property
    def length(self) -> int:
        """Bytes of the payload."""
        return self.end - self.start


def segments(reader: Reader, walk: Walk, *, whole: bool = True) -> Iterator[Segment]:
    """All segments from the start of image; the last one is EOI, whose `end` is where the picture ends.

    A picture that needs not be `whole` may also end with the file, amid a scan: its camera broke, or its copy.
    MalformedMedia when the file ends before that otherwise, or holds a marker that no picture of a phone has, or
    bytes between segments.
    """
    if reader.read(0, 2) != b"\xff\xd8":
        raise MalformedMedia("no start of image", 0)
    position = 2
    frame = scan = False
    while True:
        walk.node(position)
        marker, position = _marker(reader, position)
        if marker == EOI:
            if not (frame and scan):
                raise MalformedMedia("a JPEG without a picture", position)
            yield Segment(EOI, position, position)
            return
        if marker in _RESTART or marker == _TEM:
            continue
        length = int.from_bytes(exactly(reader, position, 2), "big")
        segment = Segment(marker, position + 2, position + length)
        if length < 2 or segment.end > reader.size:
            raise MalformedMedia("a segment passes the end of the file", position)
        _check(reader, segment)
        frame |= marker in _FRAMES
        yield segment
        position = segment.end
        if marker == SOS:
            scan = True
            position = _end_of_scan(reader, position, whole=whole or not frame)
            if position == reader.size:
                yield Segment(EOI, position, position)
                return


def _marker(reader: Reader, position: int) -> tuple[int, int]:
    """The marker at `position` and the offset behind it; a marker may be preceded by any number of FF (B.1.1.2)."""
    first = exactly(reader, position, 2)
    if first[0] != 0xFF:
        raise MalformedMedia("bytes between segments", position)
    marker, position = first[1], position + 2
    step = _FIRST_BYTES  # grows: many short stretches must not cost a large read each
    while marker == 0xFF:
        fill = exactly(reader, position, min(step, max(reader.size - position, 1)))
        step = min(2 * step, _CHUNK_BYTES)
        rest = fill.lstrip(b"\xff")
        position += len(fill) - len(rest)
        if rest:
            marker, position = rest[0], position + 1
    return marker, position


def _end_of_scan(reader: Reader, position: int, *, whole: bool) -> int:
    """The offset of the first marker behind entropy-coded data: FF00 and restart markers belong to it (B.1.1.5).

    The end of the file, if the picture needs not be whole.
    """
    start, step = position, _FIRST_BYTES
    while position < reader.size:
        chunk = reader.read(position, step)
        step = min(4 * step, _CHUNK_BYTES)
        match = _MARKER.search(chunk)
        if match:
            return position + match.start()
        if len(chunk) < 2:
            break
        position += len(chunk) - 1  # the last byte may be the FF of a marker
    if not whole and not _has_text(reader, start):
        return reader.size
    raise MalformedMedia("no end of image", reader.size)


def _has_text(reader: Reader, position: int) -> bool:
    """Whether entropy-coded data from here to the end of the file reads like text somewhere, as none does."""
    while position < reader.size:
        chunk = reader.read(position, _CHUNK_BYTES)
        if _TEXT.search(chunk):
            return True
        position += len(chunk) if len(chunk) < _CHUNK_BYTES else len(chunk) - _TEXT_BYTES
    return False


def _check(reader: Reader, segment: Segment) -> None:
    """Tables and headers hold exactly what their own fields say (B.2.2 to B.2.4): no room for anything else."""
    marker = segment.marker
    if marker in APPLICATION or marker == COM:
        return
    data = reader.read(segment.start, segment.length)
    if marker in _FRAMES:
        exact = len(data) >= 6 and len(data) == 6 + 3 * data[5]
    elif marker == SOS:
        exact = len(data) >= 4 and len(data) == 4 + 2 * data[0]
    elif marker == _DHT:
        exact = _tables_fill(data, lambda at: 17 + sum(data[at + 1 : at + 17]))
    elif marker == _DQT:
        exact = _tables_fill(data, lambda at: 129 if data[at] >> 4 else 65)
    elif marker == _DAC:
        exact = len(data) % 2 == 0
    else:
        exact = marker in {_DNL, _DRI} and len(data) == 2
    if not exact:
        raise MalformedMedia("a segment that no picture has", segment.start)


def _tables_fill(data: bytes, size: Callable[[int], int]) -> bool:
    at = 0
    while at < len(data):
        at += size(at)
    return at == len(data)
