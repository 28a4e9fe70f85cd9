"""Small Matroska files made of parts, to put something where it should not be."""

from typing import Final
from zlib import crc32

HEADER_ID, SEGMENT, INFO, TRACKS, CLUSTER = (
    b"\x1a\x45\xdf\xa3",
    b"\x18\x53\x80\x67",
    b"\x15\x49\xa9\x66",
    b"\x16\x54\xae\x6b",
    b"\x1f\x43\xb6\x75",
)
CUES, TAGS, ATTACHMENTS, CHAPTERS = b"\x1c\x53\xbb\x6b", b"\x12\x54\xc3\x67", b"\x19\x41\xa4\x69", b"\x10\x43\xa7\x70"
UNKNOWN_SIZE: Final = b"\x01" + b"\xff" * 7


def element(kind: bytes, *parts: bytes, width: int = 0) -> bytes:
    """An element; `width` is the bytes of its size, as few as it takes when 0."""
    body = b"".join(parts)
    if not width:
        width = next(count for count in range(1, 9) if len(body) < (1 << 7 * count) - 1)
    return kind + (len(body) | 1 << 7 * width).to_bytes(width) + body


def number(kind: bytes, value: int) -> bytes:
    """An unsigned integer."""
    return element(kind, value.to_bytes(max(1, (value.bit_length() + 7) // 8)))


def checked(kind: bytes, *parts: bytes) -> bytes:
    """A master that begins with its checksum."""
    body = b"".join(parts)
    return element(kind, element(b"\xbf", crc32(body).to_bytes(4, "little")), body)


def header(doc_type: bytes = b"matroska", *more: bytes) -> bytes:
    """The EBML header."""
    return element(HEADER_ID, number(b"\x42\x86", 1), element(b"\x42\x82", doc_type), *more)


def track(number_: int = 1, kind: int = 1, codec: bytes = b"V_VP8", *more: bytes) -> bytes:
    """A track entry: 1 video, 2 sound, 17 subtitles."""
    return element(b"\xae", number(b"\xd7", number_), number(b"\x83", kind), element(b"\x86", codec), *more)


def block(number_: int = 1, frame: bytes = b"picture", flags: int = 0x80) -> bytes:
    """A simple block."""
    return element(b"\xa3", bytes([0x80 | number_, 0, 0, flags]), frame)


def group(number_: int, frame: bytes, *more: bytes) -> bytes:
    """A block group."""
    return element(b"\xa0", element(b"\xa1", bytes([0x80 | number_, 0, 0, 0]), frame), *more)


def cluster(*parts: bytes) -> bytes:
    """A cluster at time 0."""
    return element(CLUSTER, number(b"\xe7", 0), *parts)


def tag(name: bytes, value: bytes) -> bytes:
    """A tag with one text."""
    simple = element(b"\x67\xc8", element(b"\x45\xa3", name), element(b"\x44\x87", value))
    return element(b"\x73\x73", element(b"\x63\xc0", number(b"\x63\xc5", 7)), simple)


def film(*parts: bytes, tracks: bytes = b"", doc_type: bytes = b"matroska", frame: bytes = b"picture") -> bytes:
    """A file with one video track, one cluster, and `parts` between them."""
    body = element(TRACKS, tracks or track()) + b"".join(parts) + cluster(block(1, frame))
    return header(doc_type) + element(SEGMENT, body, width=8)
