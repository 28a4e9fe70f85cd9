"""HEIF and AVIF: still pictures, what belongs to them, motion photos, and image sequences (HEIC, HEIF, AVIF).

Like video (`isobmff`), everything is found by structure and kept by allow-list. Items tell what lies where in the media
data; bytes that neither an item nor a sample claims are blanked. Source: ISO/IEC 23008-12, 14496-12.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from typing import Final

from redaction.containers import jpeg_tail
from redaction.containers.heif_catalogue import Catalogue, read_catalogue
from redaction.containers.heif_contents import contents
from redaction.containers.heif_names import AVIF_BRANDS, BRANDS, HEVC_BRANDS, named
from redaction.containers.heif_sequences import agree, movie
from redaction.containers.isobmff_boxes import Box, Search, only
from redaction.containers.isobmff_media import media_data
from redaction.containers.isobmff_meta import user_data, uuid
from redaction.containers.isobmff_names import BLANKED
from redaction.containers.isobmff_ranges import Ranges, merged, within
from redaction.containers.isobmff_top import top_level
from redaction.containers.isobmff_tracks import Track
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata.samples import Chunk
from redaction.reader import Reader, Window
from redaction.walk import Walk

_BRAND_BYTES: Final = 4096
_FRAGMENTS: Final = frozenset({b"moof", b"mfra"})


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind: by its major brand."""
    return head[4:8] == b"ftyp" and head[8:12] in BRANDS


def media_type(reader: Reader) -> str:
    """The IANA media type: by the major brand, or by the compatible ones when that only says "pictures"."""
    head = reader.read(0, 16)
    listed = reader.read(16, min(max(int.from_bytes(head[:4]) - 16, 0), _BRAND_BYTES))
    brands = [head[8:12], *(listed[place : place + 4] for place in range(0, len(listed), 4))]
    for brand in brands:
        if brand in AVIF_BRANDS:
            return "image/avif"
        if brand in HEVC_BRANDS:
            return "image/heic"
    return "image/heif"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold, as offsets of `reader`; MalformedMedia when the file cannot be parsed to its end."""
    search = Search(reader, walk)
    boxes, end = top_level(search)
    if any(box.kind in _FRAGMENTS for box in boxes):
        raise MalformedMedia("a compressed or fragmented sequence")
    meta, moov = only(boxes, b"meta"), only(boxes, b"moov")
    if meta is None and moov is None:
        raise MalformedMedia("no pictures")
    catalogue = Catalogue() if meta is None else read_catalogue(search, meta)
    areas = [(box.body, box.end) for box in boxes if box.kind == b"mdat" and box.body < box.end]
    if catalogue.idat is not None and catalogue.idat[1]:
        areas = sorted([*areas, (catalogue.idat[0], sum(catalogue.idat))])
    _all_inside(areas, catalogue)
    yield from catalogue.findings
    pictures, others, findings = contents(search, catalogue)
    yield from findings
    tracks: list[Track] = []
    if moov is not None:
        tracks, findings = movie(search, moov)
        yield from findings
    yield from _media(search, areas, pictures, others, tracks)
    for box in boxes:
        yield from _other(search, box)
    if end < reader.size:
        yield from named(jpeg_tail.find(reader, end, [], walk))


def _all_inside(areas: Ranges, catalogue: Catalogue) -> None:
    """Items lie in media data, never on the structure of the file or in other files inside it."""
    starts = [start for start, _ in areas]
    for offset, length in chain.from_iterable(item.pieces for item in catalogue.items):
        at = bisect_right(starts, offset) - 1
        if at < 0 or offset + length > areas[at][1]:
            raise MalformedMedia("an item outside the media data", offset)


def _media(search: Search, areas: Ranges, pictures: Ranges, others: Ranges, tracks: list[Track]) -> Iterator[Finding]:
    """Findings in samples, and all media data that nothing claims. `pictures` and `others` are the data of items."""
    for track in tracks:
        if track.kept:
            ranges = merged(track.chunks.ranges())
            if not track.certain or within(ranges, areas) != ranges:
                raise MalformedMedia("a sequence does not say surely where its pictures are")
            if within(ranges, merged([*pictures, *others])):
                agree(search, track, pictures, others)
    items = Track(handler=b"vide")
    for start, end in merged([*pictures, *others]):
        items.chunks.append(Chunk(start, end - start, 1, None))
    yield from named(media_data(search, areas, [*tracks, items]))


def _other(search: Search, box: Box) -> Iterator[Finding]:
    if box.kind in BLANKED:
        yield from search.blank(box.body, box.end, "heif/free")
    elif box.kind == b"mpvd":  # a motion photo's video, whose offsets count from the payload's start
        if box.body < box.end:
            yield from search.walk.embedded(search.reader, box.body, box.end - box.body, "heif/video")
    elif box.kind == b"sefd":
        view = Window(search.reader, box.body, box.end - box.body)
        yield from (found.shifted(box.body) for found in named(jpeg_tail.find(view, 0, [], search.walk)))
    elif box.kind == b"uuid":
        yield from named(uuid(search, box))
    elif box.kind == b"udta":
        yield from named(user_data(search, box))
    elif box.kind not in {b"ftyp", b"meta", b"moov", b"mdat"}:
        yield from search.free(box, "heif/unknown")
