"""AAC in ADTS frames (ISO/IEC 13818-7 section 6.2): tags go, frames stay.

Not searched: what stands behind the first sound in a frame.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers.sound_frames import frames, trailer
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata import sound_tags
from redaction.reader import Reader
from redaction.walk import Walk

_WHAT: Final = "aac"
_HEADER_BYTES: Final = 7
_RATES: Final = 13


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return _measure(head[:_HEADER_BYTES]) > 0


def media_type(_reader: Reader) -> str:
    """The IANA media type."""
    return "audio/aac"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold; MalformedMedia when the frames do not follow each other to the end."""
    yield from stream(reader, 0, walk)


def stream(reader: Reader, start: int, walk: Walk) -> Iterator[Finding]:
    """As `find`, for frames that start at `start`, behind tags that the caller has read."""
    end, findings = sound_tags.after(reader, start, walk, _WHAT)
    yield from findings
    position = start
    for offset, length in frames(reader, start, end, _HEADER_BYTES, _measure):
        position = offset + length
    if position == start:
        raise MalformedMedia("no sound", start)
    yield from trailer(reader, position, end, _HEADER_BYTES, _measure, f"{_WHAT}/trailer")


def _measure(head: bytes) -> int:
    if len(head) < _HEADER_BYTES or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 >= _RATES:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > _HEADER_BYTES else 0
