"""AMR and AMR-WB voice recordings (RFC 4867 section 5): one channel, frames to the end; nothing else may stay.

Frames have no mark by which to know them: what begins with no frame ends the sound, and so does readable text.
"""

from collections.abc import Iterator
from re import compile as regex
from typing import Final

from redaction.containers.sound_frames import Measure, frames
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_NARROW, _WIDE = b"#!AMR\n", b"#!AMR-WB\n"
_BITS: Final = {
    _NARROW: (95, 103, 118, 134, 148, 159, 204, 244, 39, None, None, None, None, None, None, 0),
    _WIDE: (132, 177, 253, 285, 317, 365, 397, 461, 477, 40, None, None, None, None, 0, 0),
}
"""Bits of speech by frame type (3GPP TS 26.101 and 26.201); None where the type is reserved."""

_TRAILER_BYTES: Final = 4096
_TEXT: Final = regex(rb"[\t\r\n -~]{16,}\Z")  # speech has so many readable bytes in a row once in ten million frames


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return head.startswith((_NARROW, _WIDE))


def media_type(reader: Reader) -> str:
    """The IANA media type."""
    return "audio/amr-wb" if reader.read(0, len(_WIDE)) == _WIDE else "audio/amr"


def find(reader: Reader, _walk: Walk) -> Iterator[Finding]:
    """Everything to withhold: what follows the last frame; MalformedMedia when that is too much for a trailer."""
    magic = _WIDE if reader.read(0, len(_WIDE)) == _WIDE else _NARROW
    end = len(magic)
    text = _text_at_the_end(reader)
    for offset, length in frames(reader, end, reader.size, 1, _measure_for(_BITS[magic])):
        if offset >= text:
            break
        end = offset + length
    if end == len(magic):
        raise MalformedMedia("no sound", end)
    if reader.size - end > _TRAILER_BYTES:
        raise MalformedMedia("bytes between frames", end)
    if end < reader.size:
        yield Finding(end, reader.size - end, "amr/trailer")


def _text_at_the_end(reader: Reader) -> int:
    """Where readable text starts that reaches to the end; the size when there is none."""
    start = max(0, reader.size - _TRAILER_BYTES)
    match = _TEXT.search(reader.read(start, _TRAILER_BYTES))
    return start + match.start() if match else reader.size


def _measure_for(bits: tuple[int | None, ...]) -> Measure:
    def measure(head: bytes) -> int:
        """One byte that tells the type, with the bits that are always 0, and the speech (RFC 4867 section 5.3)."""
        speech = bits[head[0] >> 3 & 15]
        return 0 if speech is None or head[0] & 0x83 else 1 + (speech + 7) // 8

    return measure
