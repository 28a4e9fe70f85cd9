"""Photoshop image resource blocks (`8BIM`), as JPEG APP13 carries them: type, number, name, length, data.

Source: Adobe Photoshop File Formats Specification, "Image Resources Section".
"""

from collections.abc import Iterator
from typing import Final

from redaction.finding import SPACE, Finding
from redaction.metadata import exif, icc, iptc, xmp
from redaction.reader import Reader, Window
from redaction.walk import Walk

_SIGNATURES: Final = frozenset({b"8BIM", b"PHUT", b"DCSR", b"AgHg", b"MeSa"})
_THUMBNAILS: Final = frozenset({0x0409, 0x040C})
_THUMBNAIL_HEADER_BYTES: Final = 28
_DIGEST: Final = 0x0425  # MD5 of the IPTC block: an unsalted hash of what was removed
_HARMLESS: Final = {
    0x03ED: 16,  # resolution
    0x03F3: 9,  # print flags
    0x0406: 7,  # JPEG quality
    0x040D: 4,  # global angle
    0x0419: 4,  # global altitude
    0x0426: 14,  # print scale
    0x2710: 10,  # print flags information
}
"""Resource numbers that hold plain settings, with their length in bytes."""
_NESTED: Final = {
    0x0404: (iptc.find, "iptc"),
    0x040F: (icc.find, "icc"),
    0x0422: (exif.find, "exif"),
    0x0424: (xmp.find, "xmp"),
}


def find(reader: Reader, walk: Walk, what: str) -> Iterator[Finding]:
    """Everything to withhold in a run of resources; what is no resource is blanked to the end."""
    position = 0
    while position < reader.size:
        walk.node(position)
        head = reader.read(position, 7)
        name = head[6] if len(head) == 7 else 0
        lengths_at = position + 6 + (1 + name + 1) // 2 * 2
        data = lengths_at + 4
        length = int.from_bytes(reader.read(lengths_at, 4), "big")
        if len(head) < 7 or head[:4] not in _SIGNATURES or data + length > reader.size or data > reader.size:
            yield Finding(position, reader.size - position, f"{what}/unreadable")
            return
        if name:
            yield Finding(position + 7, name, f"{what}/resource-name", SPACE)
        number = int.from_bytes(head[4:6], "big") if head[:4] == b"8BIM" else -1
        yield from (found.shifted(data) for found in _resource(Window(reader, data, length), number, walk, what))
        if length % 2 and data + length < reader.size:
            yield Finding(data + length, 1, f"{what}/padding")
        position = data + length + length % 2


def _resource(reader: Reader, number: int, walk: Walk, what: str) -> Iterator[Finding]:
    if not reader.size or _HARMLESS.get(number) == reader.size:
        return
    if number in _NESTED:
        find_inside, name = _NESTED[number]
        yield from find_inside(reader, walk, f"{what}/{name}")
    elif number in _THUMBNAILS and reader.size > _THUMBNAIL_HEADER_BYTES:
        rest = reader.size - _THUMBNAIL_HEADER_BYTES
        yield from walk.embedded(reader, _THUMBNAIL_HEADER_BYTES, rest, f"{what}/thumbnail")
    elif number == _DIGEST:
        yield Finding(0, reader.size, f"{what}/iptc-digest/derived")
    else:
        yield Finding(0, reader.size, f"{what}/unknown-resource")
