"""JPEG application segments (APPn) and comments: each identifier has its rule; what is not known is blanked whole."""

from collections.abc import Callable, Iterator
from typing import Final

from redaction.containers.jpeg_segments import COM, Segment
from redaction.finding import SPACE, Finding
from redaction.metadata import exif, irb, mpf, xmp
from redaction.reader import Reader, Window
from redaction.walk import Walk

MPF_IDENTIFIER: Final = b"MPF\0"
ICC_IDENTIFIER: Final = b"ICC_PROFILE\0"
EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
_IDENTIFIER_BYTES: Final = 36  # the longest identifier below
_JFIF_BYTES: Final = 14
_ADOBE_BYTES: Final = 12
_GAIN_MAP_BYTES: Final = 256

Rule = Callable[[Reader, Segment, Walk, str], Iterator[Finding]]


def find(reader: Reader, segment: Segment, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold in one APPn or COM segment but the parts of an ICC profile, which go together."""
    if segment.marker == COM:
        if segment.length:
            yield Finding(segment.start, segment.length, "jpeg/comment", SPACE)
        return
    number = segment.marker & 0x0F
    head = reader.read(segment.start, min(_IDENTIFIER_BYTES, segment.length))
    for identifier, application, rule in _RULES:
        if number == application and head.startswith(identifier):
            rest = Segment(segment.marker, segment.start + len(identifier), segment.end)
            yield from rule(reader, rest, walk, f"jpeg/app{number}")
            return
    yield from _blank(reader, segment, walk, f"jpeg/app{number}")


def _blank(_reader: Reader, rest: Segment, _walk: Walk, what: str) -> Iterator[Finding]:
    if rest.length:
        yield Finding(rest.start, rest.length, what)


def _beyond(length: int) -> Rule:
    """Keep the first `length` bytes: the segment's fixed fields."""

    def rule(reader: Reader, rest: Segment, walk: Walk, what: str) -> Iterator[Finding]:
        yield from _blank(reader, Segment(rest.marker, min(rest.start + length, rest.end), rest.end), walk, what)

    return rule


def _inside(find_inside: Callable[[Reader, Walk, str], Iterator[Finding]], what: str) -> Rule:
    """The rest of the segment is of a format that has a finder."""

    def rule(reader: Reader, rest: Segment, walk: Walk, _what: str) -> Iterator[Finding]:
        view = Window(reader, rest.start, rest.length)
        yield from (found.shifted(rest.start) for found in find_inside(view, walk, what))

    return rule


def _jfif(reader: Reader, rest: Segment, walk: Walk, what: str) -> Iterator[Finding]:
    """Version, units, density, and a thumbnail of RGB bytes (JFIF 1.02)."""
    head = reader.read(rest.start, min(_JFIF_BYTES - 5, rest.length))
    kept = len(head) + (3 * head[7] * head[8] if len(head) == _JFIF_BYTES - 5 else 0)
    yield from _beyond(kept)(reader, rest, walk, what)


def _jfxx(reader: Reader, rest: Segment, walk: Walk, what: str) -> Iterator[Finding]:
    """A thumbnail: JPEG (10), or one (11) or three (13) bytes per pixel (JFIF 1.02)."""
    head = reader.read(rest.start, min(3, rest.length))
    if len(head) == 3 and head[0] == 0x10:
        yield from walk.embedded(reader, rest.start + 1, rest.length - 1, f"{what}/thumbnail")
    elif len(head) == 3 and head[0] in {0x11, 0x13}:
        pixels = head[1] * head[2]
        yield from _beyond(3 + (768 + pixels if head[0] == 0x11 else 3 * pixels))(reader, rest, walk, what)
    else:
        yield from _blank(reader, rest, walk, what)


def _extended_xmp(reader: Reader, rest: Segment, walk: Walk, _what: str) -> Iterator[Finding]:
    """GUID (MD5 of the whole), full length, offset, and a part of the packet (XMP part 3, 1.1.3.1): all of it goes."""
    what = "jpeg/xmp-extended"
    if rest.length < xmp.GUID_BYTES + 8:
        yield from _blank(reader, rest, walk, what)
        return
    yield Finding(rest.start, xmp.GUID_BYTES, f"{what}/guid/derived", xmp.GUID_FILLER)
    body = rest.start + xmp.GUID_BYTES + 8
    if body < rest.end:
        first = reader.read(body - 4, 4) == bytes(4)
        yield from xmp.emptied(body, rest.end - body, what) if first else [Finding(body, rest.end - body, what, SPACE)]


def _gain_map(reader: Reader, rest: Segment, walk: Walk, what: str) -> Iterator[Finding]:
    """Numbers of ISO 21496-1, without which an HDR picture looks wrong."""
    if rest.length > _GAIN_MAP_BYTES:
        yield from _blank(reader, rest, walk, what)


def _kept(_reader: Reader, _rest: Segment, _walk: Walk, _what: str) -> Iterator[Finding]:
    yield from ()


_RULES: Final[tuple[tuple[bytes, int, Rule], ...]] = (
    (b"JFIF\0", 0, _jfif),
    (b"JFXX\0", 0, _jfxx),
    (b"Exif\0\0", 1, _inside(exif.find, "jpeg/exif")),
    (b"Exif\0\xff", 1, _inside(exif.find, "jpeg/exif")),
    (b"http://ns.adobe.com/xap/1.0/\0", 1, _inside(xmp.find, "jpeg/xmp")),
    (EXTENDED_XMP, 1, _extended_xmp),
    (b"FLIR\0", 1, _blank),
    (ICC_IDENTIFIER, 2, _kept),
    (MPF_IDENTIFIER, 2, _inside(mpf.find, "jpeg/mpf")),
    (b"urn:iso:std:iso:ts:21496:-1\0", 2, _gain_map),
    (b"GoPro\0", 6, _blank),
    (b"Photoshop 3.0\0", 13, _inside(irb.find, "jpeg/irb")),
    (b"Adobe", 14, _beyond(_ADOBE_BYTES - 5)),
)
"""Identifier (it stays), number of the application segment, and the rule for what follows the identifier."""
