"""Sound that is a run of frames, each telling its own length: followed to the end, or refused."""

from collections.abc import Callable, Iterator
from typing import Final

from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata.sound_tags import torn
from redaction.reader import Reader

Measure = Callable[[bytes], int]
"""The bytes of a frame that begins with these; 0 when none does."""

_FRAMES: Final = 1 << 23  # two days of AMR
_JUNK_BYTES: Final = 1 << 20


def frames(reader: Reader, start: int, end: int, header: int, measure: Measure) -> Iterator[tuple[int, int]]:
    """Offset and length of each frame from `start`; the last may be cut by `end`. What follows begins with no frame."""
    position = start
    for _ in range(_FRAMES):
        if position >= end:
            return
        head = reader.read(position, min(header, end - position))
        length = measure(head) if len(head) == header else 0
        if not length:
            return
        length = min(length, end - position)
        yield position, length
        position += length
    raise MalformedMedia("too many parts", position)


def trailer(reader: Reader, start: int, end: int, header: int, measure: Measure, what: str) -> Iterator[Finding]:
    """Blank `[start, end)`, in which no frame follows directly; refused when sound seems to go on behind it."""
    if start >= end:
        return
    if torn(reader, start, end):
        raise MalformedMedia("a tag begins inside sound", start)
    data = reader.read(start, min(_JUNK_BYTES + 1, end - start))
    if len(data) > _JUNK_BYTES:
        raise MalformedMedia("bytes between frames", start)
    for place in range(len(data) - header):
        length = measure(data[place : place + header])
        following = data[place + length : place + length + header] if length else b""
        if len(following) == header and measure(following):
            raise MalformedMedia("bytes between frames", start + place)
    yield Finding(start, end - start, what)
