"""The only way that parsers touch input: bounded reads at offsets.

A reader has a `size` in bytes and `read(offset, length)`, which returns exactly `length` bytes or, when the range
passes the end, what there is of it (possibly nothing). Nothing here opens anything: readers wrap what the caller holds.
"""

from collections.abc import Sequence
from typing import Protocol

from redaction.errors import MalformedMedia


class Reader(Protocol):
    """Random access to bytes that somebody else holds."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """The bytes of `[offset, offset + length)`, cut at the end; both arguments are >= 0."""
        ...


def exactly(reader: Reader, offset: int, length: int) -> bytes:
    """Read `length` bytes at `offset`; MalformedMedia when the reader ends before that."""
    if offset < 0 or length < 0 or offset + length > reader.size:
        raise MalformedMedia("a length or offset points outside the file", max(offset, 0))
    return reader.read(offset, length)


class BytesReader:
    """A reader over bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        """See `Reader.read`."""
        return self._data[offset : offset + length]


class Extents:
    """A reader over several ranges of another one, laid end to end (an HEIF item, an extended XMP packet).

    `extents` are (offset, length) in `parent`. `to_parent` maps a range back to the parent's ranges.
    """

    def __init__(self, parent: Reader, extents: Sequence[tuple[int, int]]) -> None:
        for offset, length in extents:
            if offset < 0 or length < 0 or offset + length > parent.size:
                raise MalformedMedia("a length or offset points outside the file", max(offset, 0))
        self._parent = parent
        self._extents = tuple((offset, length) for offset, length in extents if length)
        self._size = sum(length for _, length in self._extents)

    @property
    def size(self) -> int:
        """Length in bytes of all extents together."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """See `Reader.read`."""
        length = max(0, min(length, self._size - offset))
        return b"".join(self._parent.read(start, count) for start, count in self.to_parent(offset, length))

    def to_parent(self, offset: int, length: int) -> list[tuple[int, int]]:
        """The parent's ranges that hold `[offset, offset + length)` of this reader, in order."""
        ranges: list[tuple[int, int]] = []
        position = 0
        for start, count in self._extents:
            low, high = max(offset, position), min(offset + length, position + count)
            if low < high:
                ranges.append((start + low - position, high - low))
            position += count
        return ranges


class Window(Extents):
    """A reader over one range of another one (embedded media, one box's payload)."""

    def __init__(self, parent: Reader, offset: int, length: int) -> None:
        super().__init__(parent, [(offset, length)])
