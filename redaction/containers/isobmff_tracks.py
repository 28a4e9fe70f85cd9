"""Tracks: what each is, whether it is kept, and where its samples lie."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from redaction.containers.isobmff_boxes import Box, Search, only
from redaction.containers.isobmff_entries import extensions
from redaction.containers.isobmff_nals import Coding, coding
from redaction.containers.isobmff_names import MOTION_JPEG_FORMATS, NAL_FORMATS, TRACKS
from redaction.errors import MalformedMedia
from redaction.metadata.samples import Chunks, Sizes, chunks_of, compact_sizes_of, counted, integers, sizes_of

_PCM = frozenset({b"raw ", b"twos", b"sowt", b"lpcm", b"in24", b"in32", b"fl32", b"fl64", b"ipcm", b"fpcm"})


@dataclass(slots=True, eq=False)
class Track:
    """One track of a movie, or of fragments that have no track in the movie (`box` is None).

    `certain` says that the tables agree and all samples lie in this file; `elastic` that chunks may be longer than
    the tables say, as with QuickTime's compressed sound, where a sample is no unit of storage.
    """

    box: Box | None = None
    number: int = 0
    handler: bytes = b""
    format: str = "unknown"
    motion_jpeg: bool = False
    av1: bool = False
    coding: Coding | None = None
    certain: bool = True
    elastic: bool = False
    chunks: Chunks = field(default_factory=Chunks)

    @property
    def kept(self) -> bool:
        """Video and sound stay; text, time codes, positions and all other timed data go."""
        return self.handler in {b"vide", b"soun"}


def read_track(search: Search, trak: Box) -> Track:
    """Read what matters of a `trak` box; MalformedMedia when it contradicts itself."""
    track = Track(trak)
    boxes = search.children(trak.body, trak.end)[0]
    if (tkhd := only(boxes, b"tkhd")) is not None:
        wide = search.field(tkhd, 0, 1) == b"\1"
        track.number = int.from_bytes(search.field(tkhd, 20 if wide else 12, 4))
    if (mdia := only(boxes, b"mdia")) is None:
        return track
    boxes = search.children(mdia.body, mdia.end)[0]
    if (hdlr := only(boxes, b"hdlr")) is not None:
        track.handler = search.field(hdlr, 8, 4)
    if (minf := only(boxes, b"minf")) is None:
        return track
    boxes = search.children(minf.body, minf.end)[0]
    track.certain = all(_inside(search, dinf) for dinf in boxes if dinf.kind == b"dinf")
    if (stbl := only(boxes, b"stbl")) is not None:
        _read_table(search, track, search.children(stbl.body, stbl.end)[0])
    return track


def _inside(search: Search, dinf: Box) -> bool:
    """Whether all data references say "in this file" (flag 1)."""
    for dref in search.children(dinf.body, dinf.end)[0]:
        if dref.kind == b"dref":
            search.field(dref, 0, 8)
            for entry in search.children(dref.body + 8, dref.end)[0]:
                if not search.field(entry, 3, 1)[0] & 1:
                    return False
    return True


def _read_table(search: Search, track: Track, boxes: list[Box]) -> None:
    stsd, stsc = only(boxes, b"stsd"), only(boxes, b"stsc")
    stsz, stz2, stco, co64 = (only(boxes, kind) for kind in (b"stsz", b"stz2", b"stco", b"co64"))
    if stsd is None or (stsz and stz2) or (stco and co64):
        raise MalformedMedia("a sample table is not understood")
    sizes = Sizes(0, 0, array("I"))
    if stsz is not None:
        sizes = sizes_of(search.payload(stsz))
    elif stz2 is not None:
        sizes = compact_sizes_of(search.payload(stz2))
    _read_entries(search, track, stsd, sizes)
    offsets = array("I")
    if places := stco or co64:
        width = 4 if places is stco else 8
        offsets = integers(counted(search.payload(places), width), width)
    search.count_entries(len(sizes.each) + 4 * len(offsets))
    if stsc is not None:
        track.chunks, agree = chunks_of(sizes, search.payload(stsc), offsets)
    else:
        agree = not sizes.total and not offsets
    # auxiliary information of encryption may lie in the media data, at places that nothing here follows
    track.certain = track.certain and agree and only(boxes, b"saio") is None


def _read_entries(search: Search, track: Track, stsd: Box, sizes: Sizes) -> None:
    search.field(stsd, 0, 8)
    entries = search.children(stsd.body + 8, stsd.end)[0]
    codings = set(_codings(search, entries)) if track.handler == b"vide" else set()
    if len(codings) > 1:
        raise MalformedMedia("a track whose samples are cut in different ways", stsd.offset)
    track.coding = codings.pop() if codings else None
    if entries:
        name = entries[0].kind.decode("latin-1")
        track.format = name if name in TRACKS else "unknown"
    track.motion_jpeg = track.handler == b"vide" and any(entry.kind in MOTION_JPEG_FORMATS for entry in entries)
    track.av1 = track.handler == b"vide" and any(entry.kind == b"av01" for entry in entries)
    if track.av1 and any(entry.kind != b"av01" for entry in entries):
        raise MalformedMedia("a track whose samples are cut in different ways", stsd.offset)
    if track.handler == b"soun" and sizes.constant:
        track.elastic = not all(_is_exact(search, entry, sizes.constant) for entry in entries)


def _codings(search: Search, entries: list[Box]) -> Iterator[Coding]:
    for entry in entries:
        if entry.kind in NAL_FORMATS:
            for box in extensions(search, entry, video=True)[0]:
                if box.kind in {b"avcC", b"hvcC"}:
                    yield coding(search, box)


def _is_exact(search: Search, entry: Box, size: int) -> bool:
    """Whether a sample is really stored in so many bytes (QuickTime File Format, "Sound Sample Descriptions")."""
    head = search.field(entry, 0, min(64, entry.end - entry.body))
    version = int.from_bytes(head[8:10])
    if version == 2:
        return int.from_bytes(head[56:60]) == size
    if entry.kind in _PCM:
        return int.from_bytes(head[16:18]) * int.from_bytes(head[18:20]) == size * 8
    return version == 0 and size > 2
