"""The `meta` box of still pictures: a catalogue of items, where their data lie, and what relates them.

Source: ISO/IEC 14496-12 section 8.11, ISO/IEC 23008-12 section 6.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from redaction.containers.heif_entries import Entry, read_entries
from redaction.containers.heif_locations import Location, Pieces, Places, read_locations
from redaction.containers.heif_names import named
from redaction.containers.heif_properties import Associations, read_properties
from redaction.containers.heif_relations import References, groups, read_references
from redaction.containers.isobmff_boxes import Box, Search, only
from redaction.containers.isobmff_meta import user_data
from redaction.containers.isobmff_names import BLANKED
from redaction.containers.isobmff_structure import structure_of
from redaction.errors import MalformedMedia
from redaction.finding import Finding

_HANDLER_NAME = 24  # bytes of a handler box's payload before its name
_FULL_BYTES = 4


class Item(NamedTuple):
    """An item: what it is, and where in the file its data lie."""

    entry: Entry
    pieces: Pieces

    @property
    def size(self) -> int:
        """Length in bytes of all pieces together."""
        return sum(length for _, length in self.pieces)


@dataclass(slots=True)
class Catalogue:
    """What a `meta` box says, and findings in the box itself. `idat` is the payload of the item data box."""

    items: list[Item] = field(default_factory=list)
    primary: int | None = None
    properties: Associations = field(default_factory=dict)
    references: References = field(default_factory=dict)
    idat: tuple[int, int] | None = None
    findings: list[Finding] = field(default_factory=list)


class _Reading:
    def __init__(self, search: Search, meta: Box) -> None:
        self._search = search
        self._meta = meta
        self.catalogue = Catalogue()
        self._entries: list[Entry] = []
        self._locations: list[Location] = []
        self._own_sources = {0}

    def read(self) -> Catalogue:
        search, meta, catalogue = self._search, self._meta, self.catalogue
        boxes, end = search.children(meta.body + _FULL_BYTES, meta.end)
        for kind in (b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat", b"dinf", b"grpl"):
            box = only(boxes, kind)
            if box is not None:
                catalogue.findings += self._known(box)
        catalogue.findings += self._others(boxes)
        catalogue.findings += search.blank(end, meta.end, "heif/slack")
        if any(location.source not in self._own_sources for location in self._locations):
            raise MalformedMedia("an item in another file", meta.offset)
        places = Places(search.reader, self._locations, catalogue.idat, catalogue.references.get(b"iloc", {}))
        listed = {entry.number for entry in self._entries}
        unlisted = [Entry(place.number, b"") for place in self._locations if place.number not in listed]
        catalogue.items = [Item(entry, places.of(entry.number)) for entry in (*self._entries, *unlisted)]
        return catalogue

    def _known(self, box: Box) -> list[Finding]:
        search, catalogue = self._search, self.catalogue
        findings: list[Finding] = []
        if box.kind == b"hdlr":
            if box.end - box.body < _HANDLER_NAME or search.reader.read(box.body + 8, 4) != b"pict":
                raise MalformedMedia("a catalogue of something else than pictures", box.offset)
            findings += search.blank(box.body + _HANDLER_NAME, box.end, "heif/hdlr")
        elif box.kind == b"pitm":
            data = search.payload(box)
            stop = 6 if data[:1] == b"\0" else 8
            if len(data) < stop:
                raise MalformedMedia("a table ends early or is too long", box.offset)
            catalogue.primary = int.from_bytes(data[4:stop])
            findings += search.blank(box.body + stop, box.end, "heif/slack")
        elif box.kind == b"iinf":
            self._entries, findings = read_entries(search, box)
        elif box.kind == b"iloc":
            self._locations, rest = read_locations(search, box)
            findings += rest
        elif box.kind == b"iprp":
            catalogue.properties, findings = read_properties(search, box)
        elif box.kind == b"iref":
            catalogue.references, findings = read_references(search, box)
        elif box.kind == b"idat":
            catalogue.idat = (box.body, box.end - box.body)
        elif box.kind == b"dinf":
            self._own_sources |= set(self._data_references(box))
            findings += named(structure_of(search, box))
        else:
            findings += groups(search, box)
        return findings

    def _data_references(self, dinf: Box) -> Iterator[int]:
        """Numbers of the data references that mean this file (flag 1)."""
        dref = only(self._search.children(dinf.body, dinf.end)[0], b"dref")
        if dref is not None:
            for number, entry in enumerate(self._search.children(dref.body + 8, dref.end)[0], 1):
                if entry.kind in {b"url ", b"urn "} and self._search.field(entry, 3, 1) == b"\1":
                    yield number

    def _others(self, boxes: list[Box]) -> Iterator[Finding]:
        search = self._search
        known = {b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat", b"dinf", b"grpl"}
        for box in boxes:
            if box.kind in BLANKED:
                yield from search.blank(box.body, box.end, "heif/free")
            elif box.kind == b"udta":
                yield from named(user_data(search, box))
            elif box.kind not in known:
                yield from search.free(box, "heif/unknown")


def read_catalogue(search: Search, meta: Box) -> Catalogue:
    """Read a `meta` box of pictures; MalformedMedia when it contradicts itself or is of something else."""
    return _Reading(search, meta).read()
