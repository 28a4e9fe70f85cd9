"""The data of items: pictures stay bit for bit but for what identifies in their streams; Exif and XMP have their rules.

Every other item is blanked whole.
"""

from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from typing import Final

from redaction.containers.av1_obus import in_units
from redaction.containers.heif_catalogue import Catalogue, Item
from redaction.containers.heif_nals import in_item
from redaction.containers.heif_names import AV1_ITEM, DERIVED_ITEMS, NAL_ITEMS, UNSEARCHED_ITEMS, XMP_TYPE
from redaction.containers.heif_properties import configuration_box
from redaction.containers.isobmff_boxes import Box, Search
from redaction.containers.isobmff_nals import coding
from redaction.containers.isobmff_ranges import Ranges
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.limits import METADATA_BYTES
from redaction.metadata import exif, xmp
from redaction.reader import BytesReader, Extents, Reader, Window
from redaction.walk import Walk, mapped

_EXIF_IDENTIFIER: Final = b"Exif\0\0"
_IDENTIFIED: Final = 10  # bytes before the block when an identifier follows the offset
_TIFF_HEADS: Final = (b"II*\0", b"MM\0*")
_PICTURES: Final = NAL_ITEMS | DERIVED_ITEMS | UNSEARCHED_ITEMS | {AV1_ITEM, b"jpeg"}
_CONFIGURATIONS: Final = {b"avc1": frozenset({b"avcC"})}
_HEVC: Final = frozenset({b"hvcC"})
_GAIN_MAP_BYTES: Final = {0: 62, 1: 142}  # by whether the three channels differ (ISO 21496-1)
_SHARE_BYTES: Final = 16  # of a picture in pieces count as one entry of a table

FindInside = Callable[[Search, int, int], Iterator[Finding]]


def contents(search: Search, catalogue: Catalogue) -> tuple[Ranges, Ranges, list[Finding]]:
    """The pieces of pictures, those of all other items, and the findings in both.

    Pieces are disjoint and in order. MalformedMedia when two that are not the same share a byte.
    """
    reading = _Contents(search, catalogue)
    findings = reading.read()
    pictures = sorted(set(reading.kept))
    pieces = sorted([*pictures, *reading.withheld])
    if any(later[0] < earlier[1] for earlier, later in pairwise(pieces)):
        raise MalformedMedia("items that share their data")
    return pictures, sorted(reading.withheld), findings


class _Contents:
    def __init__(self, search: Search, catalogue: Catalogue) -> None:
        self._search = search
        self._catalogue = catalogue
        self.kept: list[tuple[int, int]] = []
        self.withheld: list[tuple[int, int]] = []
        self._sources = set(chain.from_iterable(catalogue.references.get(b"iloc", {}).values()))

    def read(self) -> list[Finding]:
        findings: list[Finding] = []
        seen: set[object] = set()
        total = 0
        for item in self._catalogue.items:
            if not item.pieces or self._only_source(item):
                continue
            key = self._alike(item)
            if key in seen:
                continue
            seen.add(key)
            total += item.size
            if total > 2 * self._search.reader.size:
                raise MalformedMedia("items that share their data")
            findings += self._item(item)
        return findings

    def _only_source(self, item: Item) -> bool:
        """Whether an item is nothing but what others are made of: theirs is the rule for what they take from it."""
        has_rule = item.entry.kind == b"Exif" or item.entry.kind in _PICTURES or _is_xmp(item)
        return item.entry.number in self._sources and not has_rule

    def _alike(self, item: Item) -> object:
        """What items have in common that may be looked into once for all."""
        number = item.entry.number
        alone = number == self._catalogue.primary or item.entry.kind in DERIVED_ITEMS
        return item.pieces, item.entry[1:], tuple(self._properties(item)), number if alone else None

    def _item(self, item: Item) -> Iterator[Finding]:
        kind = item.entry.kind
        if kind in UNSEARCHED_ITEMS:
            raise MalformedMedia("a picture in a coding that is not understood")
        if kind in NAL_ITEMS:
            kinds = _CONFIGURATIONS.get(kind, _HEVC)
            how = coding(self._search, configuration_box(self._properties(item), kinds))
            yield from self._picture(item, lambda search, offset, length: in_item(search, how, offset, length))
        elif kind == AV1_ITEM:
            yield from self._picture(item, in_units)
        elif kind == b"jpeg":
            yield from self._jpeg(item)
        elif kind in DERIVED_ITEMS:
            yield from self._derived(item)
        else:
            self._claim(self.withheld, item)
            yield from self._metadata(item)

    def _properties(self, item: Item) -> list[Box]:
        return self._catalogue.properties.get(item.entry.number, [])

    def _claim(self, ranges: list[tuple[int, int]], item: Item) -> None:
        ranges += [(offset, offset + length) for offset, length in item.pieces]

    def _picture(self, item: Item, find: FindInside) -> Iterator[Finding]:
        self._claim(self.kept, item)
        if len(item.pieces) == 1:
            yield from find(self._search, *item.pieces[0])
            return
        if item.size > METADATA_BYTES:
            raise MalformedMedia("a picture in pieces is too long")
        self._search.count_entries(item.size // _SHARE_BYTES)
        view = Extents(self._search.reader, item.pieces)
        inside = Search(BytesReader(view.read(0, view.size)), self._search.walk)
        for finding in find(inside, 0, view.size):
            yield from mapped(view, finding)

    def _jpeg(self, item: Item) -> Iterator[Finding]:
        """A thumbnail, or in rare files the picture itself, which is then not blanked though it be unreadable."""
        self._claim(self.kept, item)
        what = "heif/thumbnail"
        view = Extents(self._search.reader, item.pieces)
        for finding in self._search.walk.embedded_extents(view, list(item.pieces), what):
            if finding.what == what and item.entry.number == self._catalogue.primary:
                raise MalformedMedia("a picture is not understood")
            yield finding

    def _derived(self, item: Item) -> Iterator[Finding]:
        """What follows the fields of an image derivation (ISO/IEC 23008-12 section 6.6.2)."""
        view = Extents(self._search.reader, item.pieces)
        head = view.read(0, 6)
        length = min(self._derived_bytes(item, head), view.size)
        if length < view.size:
            self.withheld += [(start, start + count) for start, count in view.to_parent(length, view.size - length)]
            yield from mapped(view, Finding(length, view.size - length, "heif/slack"))
        self.kept += [(start, start + count) for start, count in view.to_parent(0, length)]

    def _derived_bytes(self, item: Item, head: bytes) -> int:
        wide = 4 if head[1:2] and head[1] & 1 else 2
        if item.entry.kind == b"grid":
            return 4 + 2 * wide
        if item.entry.kind == b"iovl":
            inputs = self._catalogue.references.get(b"dimg", {}).get(item.entry.number, [])
            return 10 + 2 * wide + 2 * wide * len(inputs)
        if item.entry.kind == b"tmap" and len(head) == 6:
            return _GAIN_MAP_BYTES[head[5] >> 7]
        return 0

    def _metadata(self, item: Item) -> Iterator[Finding]:
        view = Extents(self._search.reader, item.pieces)
        kind = item.entry.kind
        if (kind == b"Exif" or _is_xmp(item)) and view.size <= METADATA_BYTES:
            inside = BytesReader(view.read(0, view.size))
            walk = self._search.walk
            found = _exif(inside, walk, "heif/exif") if kind == b"Exif" else xmp.find(inside, walk, "heif/xmp")
            for finding in found:
                yield from mapped(view, finding)
            return
        if item.entry.number == self._catalogue.primary and kind not in {b"Exif", b"mime", b"uri "}:
            raise MalformedMedia("a picture in a coding that is not understood")
        name = {b"Exif": "exif", b"mime": "mime", b"uri ": "uri"}.get(kind, "item")
        yield from (Finding(offset, length, f"heif/{name}") for offset, length in item.pieces)


def _is_xmp(item: Item) -> bool:
    return item.entry.kind == b"mime" and item.entry.content_type == XMP_TYPE and not item.entry.encoded


def _exif(reader: Reader, walk: Walk, what: str) -> Iterator[Finding]:
    """A 32-bit offset, usually an identifier, and a TIFF block (ISO/IEC 23008-12 annex A.2.1).

    Where the offset is wrong, the block is looked for at the places where writers put it; else all is blanked.
    """
    declared = 4 + int.from_bytes(reader.read(0, 4))
    starts = (start for start in (declared, 10, 4, 0, 6) if reader.read(start, 4) in _TIFF_HEADS)
    start = next(starts, reader.size)
    low = min(4, start)
    if reader.read(4, 6) == _EXIF_IDENTIFIER and start >= _IDENTIFIED:
        low = _IDENTIFIED
    if low < start:
        yield Finding(low, start - low, f"{what}/unreferenced")
    view = Window(reader, start, reader.size - start)
    if view.size:
        yield from (found.shifted(start) for found in exif.find(view, walk, what))
