"""ISO base media and QuickTime files: MP4, M4V, M4A, MOV, 3GP.

Everything is found by structure and kept by allow-list: video and sound stay bit for bit (but for SEI that identifies),
the camera's make and model and the recording times stay, all other metadata is blanked in place. What is not searched
is listed in `isobmff_nals`.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers.isobmff_boxes import Box, Search, only
from redaction.containers.isobmff_fragments import default_sizes, fragment
from redaction.containers.isobmff_kind import media_type
from redaction.containers.isobmff_media import media_data
from redaction.containers.isobmff_meta import metadata, uuid
from redaction.containers.isobmff_names import BLANKED, TOP
from redaction.containers.isobmff_structure import index_slack, structure_of
from redaction.containers.isobmff_top import top_level
from redaction.containers.isobmff_tracks import Track, read_track
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

__all__ = ["find", "matches", "media_type"]

_STILL_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1", b"miaf"}
    | {b"avif", b"avis", b"avio", b"avci", b"avcs", b"jpeg", b"jpgs", b"j2ki", b"j2is", b"crx ", b"jp2 ", b"jpx "}
)
"""HEIF, AVIF, JPEG 2000 and Canon raw files: the same boxes, but other rules."""

_STARTS: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})
_TOP_NAMES: Final = {b"emsg": "emsg", b"udta": "udta", b"sefd": "trailer", b"mpvd": "video", b"meco": "meta"}


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind; old QuickTime files begin without brands."""
    kind = head[4:8]
    if kind in {b"ftyp", b"styp"}:
        return len(head) >= 12 and head[8:12] not in _STILL_BRANDS
    return kind in _STARTS


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold, as offsets of `reader`; MalformedMedia when the file cannot be parsed to its end."""
    search = Search(reader, walk)
    boxes, end = top_level(search)
    yield from search.blank(end, reader.size, "mp4/trailer")
    moov = only(boxes, b"moov")
    mdats = [(box.body, box.end) for box in boxes if box.kind == b"mdat" and box.body < box.end]
    if moov is None:
        raise MalformedMedia("no movie header")
    tracks = list(_tracks(search, moov))
    numbered = {track.number: track for track in tracks}
    if len(numbered) != len(tracks):
        raise MalformedMedia("two tracks of the same number", moov.offset)
    if mdats and not any(track.kept for track in tracks):
        raise MalformedMedia("media data without video or sound")
    yield from _movie(search, moov, tracks)
    defaults = default_sizes(search, moov)
    for box in boxes:
        if box.kind == b"moof":
            yield from fragment(search, box, numbered, defaults)
        elif box is not moov:
            yield from _other(search, box)
    yield from media_data(search, mdats, list(numbered.values()))


def _tracks(search: Search, moov: Box) -> Iterator[Track]:
    for box in search.children(moov.body, moov.end)[0]:
        if box.kind == b"cmov":
            raise MalformedMedia("a compressed movie header", box.offset)
        if box.kind == b"trak":
            yield read_track(search, box)


def _movie(search: Search, moov: Box, tracks: list[Track]) -> Iterator[Finding]:
    boxes = [track.box for track in tracks if track.box is not None]
    yield from structure_of(search, moov, skip=set(boxes))
    for track, box in zip(tracks, boxes, strict=True):
        if track.kept:
            yield from structure_of(search, box, video=track.handler == b"vide")
        else:
            yield from search.free(box, f"mp4/track/{track.format}")


def _other(search: Search, box: Box) -> Iterator[Finding]:
    if box.kind in BLANKED:
        yield from search.blank(box.body, box.end, "mp4/free")
    elif box.kind == b"uuid":
        yield from uuid(search, box)
    elif box.kind == b"meta":
        yield from metadata(search, box)
    elif box.kind == b"mfra":
        yield from structure_of(search, box)
    elif box.kind == b"sidx":
        yield from index_slack(search, box)
    elif box.kind not in TOP:
        yield from search.free(box, f"mp4/{_TOP_NAMES.get(box.kind, 'unknown')}")
