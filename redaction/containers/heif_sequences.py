"""Image sequences in HEIF and AVIF: a movie whose tracks of pictures are searched and kept like video.

Source: ISO/IEC 23008-12 section 7. What differs from a film are the handlers `pict` and `auxv` and a few boxes.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from redaction.containers.av1_obus import in_units
from redaction.containers.heif_names import named
from redaction.containers.heif_properties import auxiliary
from redaction.containers.isobmff_boxes import Box, Search, only
from redaction.containers.isobmff_entries import extensions
from redaction.containers.isobmff_nals import coding
from redaction.containers.isobmff_names import NAL_FORMATS
from redaction.containers.isobmff_ranges import Ranges
from redaction.containers.isobmff_structure import structure_of
from redaction.containers.isobmff_tracks import Track, read_track
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata.samples import samples

_PICTURES: Final = frozenset({b"pict", b"auxv"})


def movie(search: Search, moov: Box) -> tuple[list[Track], list[Finding]]:
    """The tracks of a sequence, and the findings in its `moov` box and in AV1 samples."""
    boxes = search.children(moov.body, moov.end)[0]
    if any(box.kind in {b"cmov", b"mvex"} for box in boxes):
        raise MalformedMedia("a compressed or fragmented sequence", moov.offset)
    tracks: list[Track] = []
    entries: dict[Box, list[Box]] = {}
    for box in boxes:
        if box.kind == b"trak":
            tracks.append(read_track(search, box))
            entries[box] = _sample_entries(search, box)
            _as_video(search, tracks[-1], entries[box])
    findings = list(named(structure_of(search, moov, skip=set(entries))))
    for track, (box, kinds) in zip(tracks, entries.items(), strict=True):
        if track.kept:
            findings += _kept(search, box, kinds, video=track.handler == b"vide")
            findings += _av1(search, track, kinds)
        else:
            findings += search.free(box, f"heif/track/{track.format}")
    return tracks, findings


def _as_video(search: Search, track: Track, entries: list[Box]) -> None:
    if track.handler not in _PICTURES:
        return
    track.handler = b"vide"
    codings = set()
    for entry in entries:
        if entry.kind in NAL_FORMATS:
            boxes = extensions(search, entry, video=True)[0]
            codings |= {coding(search, box) for box in boxes if box.kind in {b"avcC", b"hvcC"}}
    if len(codings) > 1:
        raise MalformedMedia("a track whose samples are cut in different ways")
    track.coding = codings.pop() if codings else None


def _sample_entries(search: Search, trak: Box) -> list[Box]:
    box: Box | None = trak
    for kind in (b"mdia", b"minf", b"stbl", b"stsd"):
        if box is not None:
            box = only(search.children(box.body, box.end)[0], kind)
    return [] if box is None else search.children(box.body + 8, box.end)[0]


def _kept(search: Search, trak: Box, entries: list[Box], *, video: bool) -> Iterator[Finding]:
    """As in a film; but what kind of auxiliary pictures a track has, and whether it is a thumbnail, stays."""
    spared = [box for tref in _children(search, trak, b"tref") for box in _children(search, tref, b"thmb")]
    for entry in entries if video else ():
        kinds = [box for box in extensions(search, entry, video=True)[0] if box.kind == b"auxi"]
        spared += kinds
        for box in kinds:
            yield from auxiliary(search, box)
    ranges = {(box.offset, box.end) for box in spared}
    for finding in named(structure_of(search, trak, video=video)):
        if not any(start <= finding.offset and finding.end <= end for start, end in ranges):
            yield finding


def _children(search: Search, parent: Box, kind: bytes) -> list[Box]:
    return [box for box in search.children(parent.body, parent.end)[0] if box.kind == kind]


def _av1(search: Search, track: Track, entries: list[Box]) -> Iterator[Finding]:
    if any(entry.kind == b"av01" for entry in entries):
        for chunk in track.chunks:
            for offset, size in samples(chunk):
                yield from in_units(search, offset, size)


def agree(search: Search, track: Track, pictures: Ranges, others: Ranges) -> None:
    """MalformedMedia when a sample shares bytes with an item, unless both are the same picture."""
    pieces = sorted([*pictures, *others])
    ends = [end for _, end in pieces]
    same = set(pictures)
    for chunk in track.chunks:
        first = bisect_right(ends, chunk.offset)
        if first == len(pieces) or pieces[first][0] >= chunk.offset + chunk.length:
            continue
        search.count_entries(chunk.total)
        for offset, size in samples(chunk):
            at = bisect_right(ends, offset)
            apart = at == len(pieces) or pieces[at][0] >= offset + size
            if size and not apart and (offset, offset + size) not in same:
                raise MalformedMedia("a picture shares its data with something else")
