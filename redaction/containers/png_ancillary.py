"""PNG's ancillary chunks: what is needed to show the picture stays when it has the standard's form; the rest goes.

Source: PNG specification, third edition (W3C), section 11.3; iDOT is Apple's, without a public specification.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from struct import unpack
from typing import Final, NamedTuple

from redaction.containers import png_text
from redaction.containers.png_chunks import Chunk, filled
from redaction.containers.png_pictures import NODE_BYTES, Header
from redaction.finding import Finding, structure
from redaction.limits import HEX_FILLER_BYTES, METADATA_BYTES
from redaction.metadata import exif, icc
from redaction.reader import Reader, Window
from redaction.walk import Walk

_EXIF_PREFIX: Final = b"Exif\0\0"
_KEYWORD_BYTES: Final = 79
_PROFILE_NAMES: Final = frozenset(
    {
        *(b"icc", b"ICC", b"ICC profile", b"ICC Profile", b"Photoshop ICC profile", b"Color Profile", b"Skia"),
        *(b"sRGB", b"sRGB IEC61966-2.1", b"Display P3", b"Adobe RGB (1998)"),
        *(b"kCGColorSpaceSRGB", b"kCGColorSpaceDisplayP3"),
    }
)
_NAMES: Final = {b"caBX": "c2pa", b"iCCP": "icc", b"tIME": "time"}


class Picture(NamedTuple):
    """What the rules need to know of the whole file: its header, bytes of palette, and where IDAT chunks start."""

    header: Header
    palette: int
    pictures: frozenset[int]
    first_picture: int


Rule = Callable[[Reader, Chunk, Picture], bool]


def find(reader: Reader, chunk: Chunk, picture: Picture, walk: Walk, *, first: bool) -> Iterator[Finding]:
    """Everything to withhold in a chunk, its CRC apart. `first`: whether no chunk of this type came before.

    Animations (acTL, fcTL, fdAT) are not handled here.
    """
    if chunk.kind == b"eXIf":
        prefix = len(_EXIF_PREFIX) if reader.read(chunk.start, len(_EXIF_PREFIX)) == _EXIF_PREFIX else 0
        view = Window(reader, chunk.start + prefix, chunk.length - prefix)
        yield from (found.shifted(chunk.start + prefix) for found in exif.find(view, walk, "png/exif"))
    elif chunk.kind in {b"tEXt", b"zTXt", b"iTXt"}:
        yield from png_text.find(reader, chunk, walk)
    elif first and chunk.kind == b"iCCP" and chunk.start < picture.first_picture:
        yield from _profile(reader, chunk, walk)
    else:
        rule = _RULES.get(chunk.kind)
        in_place = chunk.start < picture.first_picture or chunk.kind == b"tIME"
        if not (rule and first and in_place and rule(reader, chunk, picture)):
            yield from filled(chunk, f"png/{_NAMES.get(chunk.kind, 'unknown-chunk')}")


def _profile(reader: Reader, chunk: Chunk, walk: Walk) -> Iterator[Finding]:
    """iCCP: a name, and a compressed profile that stays when it is one and nothing more (11.3.2.3)."""
    data = reader.read(chunk.start, min(chunk.length, METADATA_BYTES))
    name, separator, _ = data[: _KEYWORD_BYTES + 1].partition(b"\0")
    stream = zlib.decompressobj()
    profile = b""
    at = len(name) + 2
    try:
        if separator and data[at - 1 : at] == b"\0":
            profile = stream.decompress(data[at:], METADATA_BYTES)
    except zlib.error:
        profile = b""
    for _ in range(len(profile) // NODE_BYTES):
        walk.node(chunk.start)
    size = int.from_bytes(profile[:4], "big")
    if not stream.eof or not icc.is_profile(profile[:128], len(profile)) or any(profile[size:]):
        yield from filled(chunk, "png/icc")
        return
    if name not in _PROFILE_NAMES:
        for offset in range(0, len(name), HEX_FILLER_BYTES):
            count = min(HEX_FILLER_BYTES, len(name) - offset)
            yield Finding(chunk.start + offset, count, "png/icc/name", structure(b"-" * count))
    end = chunk.start + len(data) - len(stream.unused_data)
    if end < chunk.end:
        yield Finding(end, chunk.end - end, "png/icc")


def _of_length(*lengths: int) -> Rule:
    return lambda _reader, chunk, _picture: chunk.length in lengths


def _by_colour(lengths: Mapping[int, int]) -> Rule:
    return lambda _reader, chunk, picture: chunk.length == lengths.get(picture.header.colour)


def _transparency(reader: Reader, chunk: Chunk, picture: Picture) -> bool:
    if picture.header.colour == 3:
        return 3 * chunk.length <= picture.palette
    return _by_colour({0: 2, 2: 6})(reader, chunk, picture)


def _time(reader: Reader, chunk: Chunk, _picture: Picture) -> bool:
    """When the picture was last changed, in UTC (11.3.6.1)."""
    if chunk.length != 7:
        return False
    year, month, day, hour, minute, second = unpack(">H5B", reader.read(chunk.start, 7))
    in_calendar: bool = year < 10_000 and 0 < month <= 12 and 0 < day <= 31
    return in_calendar and hour < 24 and minute < 60 and second <= 60


def _halves(reader: Reader, chunk: Chunk, picture: Picture) -> bool:
    """iDOT: the picture in two halves, their rows, and how far behind this chunk the second half's IDAT starts."""
    if chunk.length != 28:
        return False
    halves, zero, rows, size, first, second, distance = unpack(">7I", reader.read(chunk.start, 28))
    whole = first + second == picture.header.height and rows == first
    known = (halves, zero, size) == (2, 0, 40)
    return known and whole and chunk.start - 8 + distance in picture.pictures


_RULES: Final[Mapping[bytes, Rule]] = {
    b"cHRM": _of_length(32),
    b"gAMA": _of_length(4),
    b"sRGB": _of_length(1),
    b"cICP": _of_length(4),
    b"mDCV": _of_length(24),
    b"mDCv": _of_length(24),
    b"cLLI": _of_length(8),
    b"cLLi": _of_length(8),
    b"pHYs": _of_length(9),
    b"sTER": _of_length(1),
    b"sBIT": _by_colour({0: 1, 2: 3, 3: 3, 4: 2, 6: 4}),
    b"bKGD": _by_colour({0: 2, 4: 2, 2: 6, 6: 6, 3: 1}),
    b"tRNS": _transparency,
    b"tIME": _time,
    b"iDOT": _halves,
}
"""Types that stay, and when. Only the first chunk of a type counts, and but for the time only before the picture."""
