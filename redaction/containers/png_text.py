"""PNG's text chunks: values become spaces; what is compressed, or named by nobody knows what, becomes filler.

Source: PNG specification, third edition (W3C), section 11.3.3; for raw profiles, what ImageMagick writes.
"""

import zlib
from collections.abc import Iterator
from re import compile as regex
from typing import Final

from redaction.containers.png_chunks import Chunk, filled
from redaction.finding import SPACE, Finding, structure
from redaction.metadata import exif, xmp
from redaction.reader import BytesReader, Reader, Window
from redaction.walk import Walk

_KEYWORDS: Final = frozenset(
    {
        *(b"Title", b"Author", b"Description", b"Copyright", b"Creation Time", b"Software", b"Disclaimer"),
        *(b"Warning", b"Source", b"Comment", b"Make", b"Model"),
    }
)
"""Those of the standard, and two that phones write. Any other keyword may itself be what tells."""

_KEYWORD_BYTES: Final = 79
_XMP: Final = b"XML:com.adobe.xmp\0"
_XMP_PLAIN: Final = _XMP + bytes(4)  # not compressed, no language, no translated keyword
_RAW_PROFILES: Final = (b"Raw profile type exif\0", b"Raw profile type APP1\0")
_RAW_PROFILE: Final = regex(rb"\s*+\S{1,16}\s++[0-9]{1,10}\s++([0-9A-Fa-f\s]*+)")
_PROFILE_BYTES: Final = 128 * 1024  # read of a raw profile, compressed and not; its first directory is at its start
_NODE_BYTES: Final = 4096  # of a raw profile that count as one node
_EXIF_PREFIX: Final = b"Exif\0\0"


def find(reader: Reader, chunk: Chunk, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold in a tEXt, zTXt or iTXt chunk, its CRC apart."""
    kind = chunk.kind.decode("ascii").lower()
    head = reader.read(chunk.start, min(chunk.length, _KEYWORD_BYTES + 1))
    keyword, separator, _ = head.partition(b"\0")
    if chunk.kind == b"iTXt" and head.startswith(_XMP_PLAIN):
        start = chunk.start + len(_XMP_PLAIN)
        view = Window(reader, start, chunk.end - start)
        yield from (found.shifted(start) for found in xmp.find(view, walk, "png/xmp"))
    elif chunk.kind == b"tEXt" and separator and keyword in _KEYWORDS:
        start = chunk.start + len(keyword) + 1
        if start < chunk.end:
            yield Finding(start, chunk.end - start, "png/text", SPACE)
    else:
        yield from filled(chunk, "png/xmp" if head.startswith(_XMP) else f"png/{kind}")


def orientation_of(reader: Reader, chunk: Chunk, walk: Walk) -> bytes:
    """A TIFF block with the Orientation that a raw Exif profile has; empty when it has none."""
    data = reader.read(chunk.start, min(chunk.length, _PROFILE_BYTES))
    keyword = next((name for name in _RAW_PROFILES if data.startswith(name)), b"")
    if not keyword or chunk.kind not in {b"tEXt", b"zTXt"}:
        return b""
    value = data[len(keyword) :]
    if chunk.kind == b"zTXt":
        try:
            value = zlib.decompressobj().decompress(value[1:], _PROFILE_BYTES)
        except zlib.error:
            return b""
    for _ in range(len(value) // _NODE_BYTES):
        walk.node(chunk.start)
    match = _RAW_PROFILE.match(value)
    digits = b"".join(match[1].split()) if match else b""
    profile = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    return exif.orientation_only(BytesReader(profile.removeprefix(_EXIF_PREFIX)), walk)


def reoriented(chunk: Chunk, block: bytes) -> Iterator[Finding]:
    """The chunk as eXIf with nothing but `block`: the rest of a raw profile is withheld, the picture stays upright."""
    what = "png/raw-profile/text"
    yield Finding(chunk.start - 4, 4 + len(block), what, structure(b"eXIf" + block))
    if len(block) < chunk.length:
        yield Finding(chunk.start + len(block), chunk.length - len(block), what)
