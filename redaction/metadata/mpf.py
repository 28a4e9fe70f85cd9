"""Multi-Picture Format (CIPA DC-007): an index of further JPEG files behind the first one's end.

The index stays, since lengths do; ids of single images go.
"""

from collections.abc import Iterator
from struct import iter_unpack
from typing import Final

from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata.directories import Directories, Kind, zero_all
from redaction.metadata.exif_tags import binary, numbers
from redaction.metadata.tiff import Block
from redaction.reader import Reader
from redaction.walk import Walk

_ENTRIES: Final = 0xB002
_ENTRY_BYTES: Final = 16
_IMAGES: Final = 64
_HARMLESS: Final = {
    0xB000: binary(4),  # MPFVersion
    0xB001: numbers(1),  # NumberOfImages
    _ENTRIES: binary(_IMAGES * _ENTRY_BYTES),
    0xB004: numbers(1),  # TotalFrames
    0xB101: numbers(1),  # MPIndividualNum
}
_KINDS: Final = {"main": Kind("main", _HARMLESS)}


def find(reader: Reader, walk: Walk, what: str) -> Iterator[Finding]:
    """Everything to withhold in an index that starts at its TIFF header."""
    try:
        findings = Directories(Block(reader), walk, what, _KINDS, {}).findings()
    except MalformedMedia:
        findings = list(zero_all(reader.size, what))
    yield from findings


def images(reader: Reader, walk: Walk) -> list[tuple[int, int]]:
    """(offset, length) of the further images, counted from the index's TIFF header; empty when there is no index."""
    try:
        block = Block(reader)
        entries = block.directory(block.first, walk)
    except MalformedMedia:
        return []
    for entry in entries:
        if entry.tag == _ENTRIES and entry.fits and _HARMLESS[_ENTRIES].permits(entry.field_type, entry.count):
            table = reader.read(entry.start, entry.size // _ENTRY_BYTES * _ENTRY_BYTES)
            return [(offset, size) for _, size, offset, _ in iter_unpack(block.order + "IIII", table) if offset]
    return []
