"""Exif: a TIFF block whose directories hold place, device, owner and free text beside what a picture needs.

Sources: Exif 2.32/3.0 (CIPA DC-008), TIFF 6.0. Used for JPEG APP1, and for any container that carries a TIFF header.
"""

from collections.abc import Iterator
from struct import pack
from typing import Final

from redaction.errors import MalformedMedia
from redaction.finding import Finding, structure
from redaction.metadata import exif_tags as tags
from redaction.metadata import icc, iptc, xmp
from redaction.metadata.directories import EXIF_KINDS, Directories, zero_all
from redaction.metadata.tiff import SHORT, Block
from redaction.reader import Reader
from redaction.walk import Walk

_NESTED: Final = {tags.XMP: xmp.find, tags.IPTC: iptc.find, tags.ICC: icc.find}


def find(reader: Reader, walk: Walk, what: str) -> Iterator[Finding]:
    """Everything to withhold in a block that starts at its TIFF header.

    A block that cannot be read or contradicts itself is blanked whole; only its Orientation is written again, so that
    the picture is not shown rotated.
    """
    try:
        block = Block(reader)
    except MalformedMedia:
        yield from zero_all(reader.size, f"{what}/unreadable")
        return
    try:
        findings = Directories(block, walk, what, EXIF_KINDS, _NESTED).findings()
    except MalformedMedia:
        findings = list(_orientation_only(block, walk, f"{what}/unreadable"))
    yield from findings


def _orientation_only(block: Block, walk: Walk, what: str) -> Iterator[Finding]:
    yield from zero_all(block.reader.size, what)
    minimal = _minimal(block, walk)
    if minimal and len(minimal) <= block.reader.size:
        yield Finding(0, len(minimal), what, structure(minimal))


def orientation_only(reader: Reader, walk: Walk) -> bytes:
    """A block that holds nothing but this one's Orientation; empty when there is none, or the picture is upright."""
    try:
        return _minimal(Block(reader), walk, least=2)
    except MalformedMedia:
        return b""


def _minimal(block: Block, walk: Walk, least: int = 1) -> bytes:
    orientation = _orientation(block, walk)
    if orientation < least:
        return b""
    head = block.reader.read(0, 4) + pack(block.order + "IH", 8, 1)
    return head + block.pack_entry(tags.ORIENTATION, SHORT, 1, pack(block.order + "HH", orientation, 0)) + bytes(4)


def _orientation(block: Block, walk: Walk) -> int:
    """The first directory's Orientation, 0 when it cannot be read."""
    try:
        entries = block.directory(block.first, walk)
    except MalformedMedia:
        return 0
    for entry in entries:
        if (entry.tag, entry.field_type, entry.count) == (tags.ORIENTATION, SHORT, 1):
            value = block.numbers(entry, walk)[0]
            return value if 1 <= value <= 8 else 0
    return 0
