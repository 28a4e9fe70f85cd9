"""Item locations (`iloc`, ISO/IEC 14496-12 section 8.11.3): which bytes of the file are which item's."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from redaction.containers.isobmff_boxes import Box, Search
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Extents, Reader

EXTENTS: Final = 1024
"""Most pieces that one item may lie in."""

_DEPTH: Final = 8  # items whose data is that of other items
_FILE, _IDAT, _ITEM = 0, 1, 2

Pieces = tuple[tuple[int, int], ...]
"""Offset and length in bytes of the file, in the order in which they make up an item."""


class Location(NamedTuple):
    """An entry as it stands: construction method, data reference, and (reference, offset, length) of each extent."""

    number: int
    method: int
    source: int
    extents: tuple[tuple[int, int, int], ...]


class _Fields:
    """Numbers of a table, one after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def next(self, width: int) -> int:
        """The next number of `width` bytes; 0 when it has none."""
        value = self._data[self.position : self.position + width]
        if len(value) < width:
            raise MalformedMedia("a table ends early or is too long")
        self.position += width
        return int.from_bytes(value)


def read_locations(search: Search, iloc: Box) -> tuple[list[Location], Iterator[Finding]]:
    """All entries, and a finding for what follows them. MalformedMedia for an item that stands twice."""
    fields = _Fields(search.payload(iloc))
    version = fields.next(4) >> 24
    sizes = fields.next(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    index = index if version else 0
    if version > 2 or not {offset, length, base, index} <= {0, 4, 8}:
        raise MalformedMedia("locations of items are not understood", iloc.offset)
    number = 4 if version == 2 else 2
    locations: dict[int, Location] = {}
    for _ in range(fields.next(number)):
        search.walk.node(iloc.offset)
        item, method = fields.next(number), fields.next(2) & 15 if version else _FILE
        source, start = fields.next(2), fields.next(base)
        count = fields.next(2)
        if item in locations or count > EXTENTS:
            raise MalformedMedia("an item stands twice or in too many pieces", iloc.offset)
        extents = []
        for _ in range(count):
            search.walk.node(iloc.offset)
            extents.append((fields.next(index), start + fields.next(offset), fields.next(length)))
        locations[item] = Location(item, method, source, tuple(extents))
    rest = search.blank(iloc.body + fields.position, iloc.end, "heif/slack")
    return list(locations.values()), rest


class Places:
    """Turns entries into ranges of the file. `idat` is the offset and length of the item data box, if there is one."""

    def __init__(
        self, reader: Reader, locations: list[Location], idat: tuple[int, int] | None, sources: dict[int, list[int]]
    ) -> None:
        self._reader = reader
        self._locations = {location.number: location for location in locations}
        self._idat = idat
        self._sources = sources
        self._known: dict[int, Pieces] = {}

    def of(self, number: int, depth: int = 0) -> Pieces:
        """The ranges of an item; none when it has no data. MalformedMedia when they are outside or lead in circles."""
        location = self._locations.get(number)
        if location is None:
            return ()
        if number not in self._known:
            if depth > _DEPTH:
                raise MalformedMedia("items are made of items too deeply")
            pieces: list[tuple[int, int]] = []
            for extent in location.extents:
                pieces += self._extent(location, *extent, depth)
                if len(pieces) > EXTENTS:
                    raise MalformedMedia("an item stands twice or in too many pieces")
            self._known[number] = _joined(pieces)
        return self._known[number]

    def _extent(self, location: Location, index: int, offset: int, length: int, depth: int) -> Pieces:
        if location.method == _ITEM:
            sources = self._sources.get(location.number, [])
            place = max(index, 1) - 1
            if place >= len(sources):
                raise MalformedMedia("an item is made of one that is not there")
            whole: Pieces = self.of(sources[place], depth + 1)
        elif location.method == _FILE:
            whole = ((0, self._reader.size),)
        elif location.method == _IDAT and self._idat is not None:
            whole = (self._idat,)
        else:
            raise MalformedMedia("an item is at a place that is not understood")
        view = Extents(self._reader, whole)
        length = length or view.size - offset  # no length: all that there is
        if length < 0 or offset + length > view.size:
            raise MalformedMedia("a length or offset points outside the file")
        return tuple(view.to_parent(offset, length))


def _joined(pieces: list[tuple[int, int]]) -> Pieces:
    result: list[tuple[int, int]] = []
    for offset, length in pieces:
        if result and sum(result[-1]) == offset:
            result[-1] = (result[-1][0], result[-1][1] + length)
        elif length:
            result.append((offset, length))
    return tuple(result)
