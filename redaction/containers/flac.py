"""FLAC (RFC 9639): comments, pictures and applications' data go, sound stays.

The sound is not decoded: the last frame must end, by its own checksum, where the file or its tags do. Not searched:
bytes between earlier frames.
"""

from collections.abc import Iterator
from re import compile as regex
from typing import Final

from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata import flac_blocks, sound_tags
from redaction.reader import Reader, Window
from redaction.walk import Walk

_WHAT: Final = "flac"
_TAIL_BYTES: Final = 1 << 18  # the last frame is looked for in so many bytes; RFC 9639 has no frames nearly so long
_SYNC: Final = regex(rb"\xff[\xf8\xf9]")
_LONGEST_HEADER: Final = 16
_CANDIDATES: Final = 64
_RESERVED_RATE: Final = 15


def _table(width: int, polynomial: int) -> tuple[int, ...]:
    mask, top = (1 << width) - 1, 1 << (width - 1)
    table = []
    for byte in range(256):
        value = byte << (width - 8)
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & top else 0)) & mask
        table.append(value)
    return tuple(table)


_CRC8: Final = _table(8, 0x07)
_CRC16: Final = _table(16, 0x8005)


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return head.startswith(flac_blocks.MAGIC)


def media_type(_reader: Reader) -> str:
    """The IANA media type."""
    return "audio/flac"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold; MalformedMedia when the last frame does not end with the file."""
    yield from stream(reader, 0, walk)


def stream(reader: Reader, start: int, walk: Walk) -> Iterator[Finding]:
    """As `find`, for a stream that starts at `start`, behind tags that the caller has read."""
    end, findings = sound_tags.after(reader, start, walk, _WHAT)
    yield from findings
    view = Window(reader, start, end - start)
    sound = 0
    for block in flac_blocks.blocks(view, walk):
        yield from (finding.shifted(start) for finding in flac_blocks.in_block(view, block, walk, _WHAT))
        sound = block.end
    if not _ends_with_a_frame(view, sound):
        raise MalformedMedia("the last frame does not end with the file", end)


def _ends_with_a_frame(view: Reader, sound: int) -> bool:
    start = max(sound, view.size - _TAIL_BYTES)
    tail = view.read(start, view.size - start)
    places = [match.start() for match in _SYNC.finditer(tail)]
    candidates = [place for place in reversed(places) if _is_header(tail[place : place + _LONGEST_HEADER])]
    return any(_crc16(tail[place:]) == 0 for place in candidates[:_CANDIDATES])


def _is_header(data: bytes) -> bool:
    """Whether a frame header stands here, by its checksum (RFC 9639 section 9.1)."""
    if len(data) < 6 or data[2] >> 4 == 0 or data[2] & 15 == _RESERVED_RATE or data[3] & 1:
        return False
    ones = 8 - (data[4] ^ 0xFF).bit_length()
    if ones == 1 or ones > 7:
        return False
    size, rate = data[2] >> 4, data[2] & 15
    length = 4 + max(1, ones) + {6: 1, 7: 2}.get(size, 0) + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    return length < len(data) and _crc8(data[: length + 1]) == 0


def _crc8(data: bytes) -> int:
    """0 over data that end with their own checksum."""
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return value


def _crc16(data: bytes) -> int:
    """0 over data that end with their own checksum."""
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CRC16[value >> 8 ^ byte]
    return value
