"""TIFF 6.0 structure: the header, directories (IFDs) of 12-byte entries, and where their values lie.

Offsets count from the TIFF header, at the start of the reader. Classic TIFF only (magic 42); BigTIFF and the raw
formats with a magic of their own are no TIFF here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct, iter_unpack, unpack
from typing import Final

from redaction.errors import MalformedMedia
from redaction.reader import Reader, exactly
from redaction.walk import Walk

HEADER_BYTES: Final = 8
ENTRY_BYTES: Final = 12

BYTE: Final = 1
ASCII: Final = 2
SHORT: Final = 3
LONG: Final = 4
UNDEFINED: Final = 7
IFD: Final = 13
UTF8: Final = 129  # Exif 3.0, 4.6.2

WIDTHS: Final = {
    BYTE: 1,
    ASCII: 1,
    SHORT: 2,
    LONG: 4,
    5: 8,
    6: 1,
    UNDEFINED: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    IFD: 4,
}
WIDTHS[UTF8] = 1
"""Bytes of one value by field type: TIFF 6.0 section 2, TIFF supplement 1 (IFD), Exif 3.0 (UTF-8)."""

_UNSIGNED: Final = {SHORT: "H", LONG: "I", IFD: "I"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One directory entry: its place `at`, its field, and where its value of `size` bytes lies in the block.

    `field_type` may be unknown (then `size` is -1), and the value may pass the end of the block (then `fits` is False).
    """

    at: int
    tag: int
    field_type: int
    count: int
    size: int
    start: int
    fits: bool

    @property
    def inline(self) -> bool:
        """Whether the value is in the entry itself."""
        return self.size <= 4  # a longer one may be said to lie here, but over its own offset

    @property
    def end(self) -> int:
        """The offset just past the value."""
        return self.start + self.size


class Block:
    """A TIFF block; MalformedMedia when it does not start with a classic TIFF header."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        head = exactly(reader, 0, HEADER_BYTES)
        if head[:4] not in {b"II*\0", b"MM\0*"}:
            raise MalformedMedia("no TIFF header", 0)
        self.order: str = "<" if head[:1] == b"I" else ">"
        self.first: int = unpack(self.order + "I", head[4:])[0]
        self._entry = Struct(self.order + "HHI4s")

    def directory(self, offset: int, walk: Walk) -> list[Entry]:
        """The entries of the directory at `offset`; MalformedMedia when it is empty or does not fit in the block."""
        if offset < HEADER_BYTES:
            raise MalformedMedia("a directory on the TIFF header", offset)
        count: int = unpack(self.order + "H", exactly(self.reader, offset, 2))[0]
        if not count:
            raise MalformedMedia("a directory without entries", offset)
        data = exactly(self.reader, offset + 2, count * ENTRY_BYTES)
        return [self._parse(offset + 2 + place, data, place, walk) for place in range(0, len(data), ENTRY_BYTES)]

    def _parse(self, at: int, data: bytes, place: int, walk: Walk) -> Entry:
        walk.node(at)
        tag, field_type, count, value = self._entry.unpack_from(data, place)
        width = WIDTHS.get(field_type)
        if width is None:
            return Entry(at, tag, field_type, count, -1, at + 8, fits=False)
        size = width * count
        start: int = at + 8 if size <= 4 else unpack(self.order + "I", value)[0]
        return Entry(at, tag, field_type, count, size, start, fits=start + size <= self.reader.size)

    def pack_entry(self, tag: int, field_type: int, count: int, value: bytes) -> bytes:
        """The 12 bytes of an entry whose value is inline."""
        return self._entry.pack(tag, field_type, count, value)

    def next_directory(self, offset: int, count: int) -> int:
        """The offset of the directory that follows the one at `offset` with `count` entries; 0 when there is none."""
        place = offset + 2 + ENTRY_BYTES * count
        if place + 4 > self.reader.size:
            return 0
        following: int = unpack(self.order + "I", self.reader.read(place, 4))[0]
        return following

    def numbers(self, entry: Entry, walk: Walk) -> list[int]:
        """The values of an entry of SHORT, LONG or IFD type; empty when it is of another type or does not fit."""
        letter = _UNSIGNED.get(entry.field_type)
        if letter is None or not entry.fits:
            return []
        values: list[int] = []
        for (value,) in iter_unpack(self.order + letter, exactly(self.reader, entry.start, entry.size)):
            walk.node(entry.at)
            values.append(value)
        return values


def ranges(offsets: list[int], lengths: list[int], size: int) -> Iterator[tuple[int, int]]:
    """Pairs (offset, length) of parallel lists that lie within `size` bytes."""
    for offset, length in zip(offsets, lengths, strict=False):
        if length and offset >= HEADER_BYTES and offset + length <= size:
            yield offset, length
