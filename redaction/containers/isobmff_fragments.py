"""Movie fragments (ISO/IEC 14496-12 section 8.8): where `moof` boxes say that samples lie."""

from array import array
from collections.abc import Iterator

from redaction.containers.isobmff_boxes import Box, Search, only
from redaction.containers.isobmff_structure import structure_of
from redaction.containers.isobmff_tracks import Track
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata.samples import MAX_SAMPLES, Chunk, integers

Tracks = dict[int, Track]


def default_sizes(search: Search, moov: Box) -> dict[int, int]:
    """By track number, the size in bytes of samples that a fragment does not size (`trex`)."""
    defaults: dict[int, int] = {}
    for mvex in search.children(moov.body, moov.end)[0]:
        if mvex.kind == b"mvex":
            for trex in search.children(mvex.body, mvex.end)[0]:
                if trex.kind == b"trex":
                    body = search.payload(trex)
                    defaults[int.from_bytes(body[4:8])] = int.from_bytes(body[16:20])
    return defaults


def fragment(search: Search, moof: Box, tracks: Tracks, defaults: dict[int, int]) -> Iterator[Finding]:
    """Findings in a `moof` box; adds its samples to `tracks`, where an unknown track becomes one that is not kept."""
    withheld: set[Box] = set()
    end = moof.offset  # where the data of the track fragment before ended
    for traf in search.children(moof.body, moof.end)[0]:
        if traf.kind == b"traf":
            track, end = _track_fragment(search, moof, traf, end, tracks, defaults)
            if not track.kept:
                withheld.add(traf)
                yield from search.free(traf, f"mp4/track/{track.format}")
    yield from structure_of(search, moof, skip=withheld)


def _track_fragment(
    search: Search, moof: Box, traf: Box, end: int, tracks: Tracks, defaults: dict[int, int]
) -> tuple[Track, int]:
    boxes = search.children(traf.body, traf.end)[0]
    tfhd = only(boxes, b"tfhd")
    if tfhd is None:
        raise MalformedMedia("a track fragment without a header", traf.offset)
    body = search.payload(tfhd)
    flags, number = int.from_bytes(body[1:4]), int.from_bytes(body[4:8])
    fields = _fields(body, 8, flags, ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4)))
    track = tracks.setdefault(number, Track(number=number))
    size = fields.get(0x10, defaults.get(number, 0))
    base = fields.get(0x1, moof.offset if flags & 0x20000 else end)
    track.certain = track.certain and only(boxes, b"saio") is None
    position = base
    for trun in boxes:
        if trun.kind == b"trun":
            chunk = _run(search.payload(trun), base, position, size)
            search.count_entries(4 + (0 if chunk.sizes is None else chunk.total))
            position = chunk.offset + chunk.length
            track.chunks.append(chunk)
    return track, position


def _run(body: bytes, base: int, position: int, size: int) -> Chunk:
    """One `trun` box as a chunk."""
    flags, count = int.from_bytes(body[1:4]), int.from_bytes(body[4:8])
    start = 8 + sum(4 for flag in (0x1, 0x4) if flags & flag)
    widths = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    if count > MAX_SAMPLES or len(body) < start + 4 * count * len(widths):
        raise MalformedMedia("a table ends early or is too long")
    if flags & 0x1:
        position = base + int.from_bytes(body[8:12], signed=True)
    if position < 0:
        raise MalformedMedia("a length or offset points outside the file")
    if flags & 0x200:
        entries = integers(body[start : start + 4 * count * len(widths)], 4)
        sizes: array[int] = entries[widths.index(0x200) :: len(widths)]
        return Chunk(position, sum(sizes), count, sizes)
    return Chunk(position, count * size, count, None)


def _fields(body: bytes, position: int, flags: int, widths: tuple[tuple[int, int], ...]) -> dict[int, int]:
    """The optional fields whose flags are set, in order."""
    fields: dict[int, int] = {}
    for flag, width in widths:
        if flags & flag:
            if position + width > len(body):
                raise MalformedMedia("a table ends early or is too long")
            fields[flag] = int.from_bytes(body[position : position + width])
            position += width
    return fields
