"""Clusters: blocks of kept tracks stay bit for bit, blocks of all others become Voids. Only headers are read."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from redaction.containers import av1_obus
from redaction.containers import matroska_names as ids
from redaction.containers.isobmff_motion_jpeg import in_pictures
from redaction.containers.isobmff_nals import Coding, in_byte_stream, in_samples
from redaction.containers.matroska_elements import CRC32, VOID, Element, Elements
from redaction.containers.matroska_masters import master, name_of
from redaction.containers.matroska_tracks import Track, track_name
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata.samples import Chunk

_HEAD_BYTES: Final = 8 + 3  # track number, relative time, flags (RFC 9559 section 10.1)
_LACING: Final = 0x06
_DEPTH: Final = 1
_ALPHA: Final = 1  # BlockAddID of transparency in VP8 and VP9


def cluster(elements: Elements, parent: Element, tracks: dict[int, Track]) -> Iterator[Finding]:
    """Findings in one cluster; one of unknown size (live recordings) must have been given its end before."""
    allowed = ids.ALLOWED[ids.CLUSTER]
    for child in elements.inside(parent.body, parent.end):
        elements.count_entries(1)
        if not child.sized:
            raise MalformedMedia("an element of unknown size", child.offset)
        if child.kind == ids.SIMPLE_BLOCK:
            yield from _block(elements, child, child, tracks)
        elif child.kind == ids.BLOCK_GROUP:
            yield from _group(elements, child, tracks)
        elif child.kind in {VOID, CRC32}:
            yield from elements.auxiliary(child, parent.body, parent.end, _DEPTH)
        elif child.length > allowed.get(child.kind, -1):
            yield from elements.void(child, name_of(child))


def end_of_cluster(elements: Elements, parent: Element) -> int:
    """Where a cluster of unknown size ends: at the next element of the segment, or with it."""
    end = parent.body
    for child in elements.inside(parent.body, parent.end, ids.TOP):
        elements.count_entries(1)
        end = child.end
    return end


def frames(elements: Elements, tracks: dict[int, Track]) -> Iterator[Finding]:
    """Findings inside the frames of kept tracks, after all clusters."""
    for track in tracks.values():
        if track.coding is not None:
            found = in_samples(elements, track.coding, track.chunks)
            if track.byte_stream:
                found = _in_byte_streams(elements, track.coding, track)
            yield from (replace(finding, what="matroska/sei") for finding in found)
        elif track.av1:
            yield from av1_obus.in_samples(elements, track.chunks, "matroska/obu")
        elif track.motion_jpeg:
            yield from (replace(finding, what="matroska/jpeg") for finding in in_pictures(elements, track.chunks))


def _in_byte_streams(elements: Elements, how: Coding, track: Track) -> Iterator[Finding]:
    """Frames with start codes (H.264 annex B): what precedes the picture in each is searched."""
    for chunk in track.chunks:
        if not elements.stream(chunk.offset, min(4, chunk.length)).startswith((b"\0\0\1", b"\0\0\0\1")):
            raise MalformedMedia("video without a decoder configuration", chunk.offset)
        yield from in_byte_stream(elements, how, chunk.offset, chunk.length)


def _block(elements: Elements, block: Element, whole: Element, tracks: dict[int, Track]) -> Iterator[Finding]:
    """A block of a withheld track takes `whole` (its group) with it."""
    track, head = _track_of(elements, block, tracks)
    if track is None or not track.kept:
        yield from elements.void(whole, track_name(track))
    elif track.searched:
        if elements.reader.read(block.body + head - 1, 1)[0] & _LACING:
            raise MalformedMedia("video frames in one block", block.offset)
        start = block.body + head
        if start < block.end:
            track.chunks.append(Chunk(start, block.end - start, 1, None))


def _track_of(elements: Elements, block: Element, tracks: dict[int, Track]) -> tuple[Track | None, int]:
    """The track of a block, None when there is none, and the bytes before its frames."""
    head = elements.reader.read(block.body, min(_HEAD_BYTES, block.length))
    width = 9 - head[0].bit_length() if head else 9
    if len(head) < width + 3:
        return None, 0
    number = int.from_bytes(head[:width]) & ((1 << 7 * width) - 1)
    return tracks.get(number), width + 3


def _group(elements: Elements, group: Element, tracks: dict[int, Track]) -> Iterator[Finding]:
    blocks = []
    for child in elements.inside(group.body, group.end):
        elements.count_entries(1)
        if child.kind == ids.BLOCK:
            blocks.append(child)
    if len(blocks) != 1:
        raise MalformedMedia("a group of not one block", group.offset)
    track, _ = _track_of(elements, blocks[0], tracks)
    if track is None or not track.kept:
        yield from elements.void(group, track_name(track))
        return
    yield from _block(elements, blocks[0], group, tracks)

    def special(child: Element, _depth: int) -> Iterator[Finding] | None:
        if child.kind == ids.BLOCK_ADDITIONS and track.alpha and _only_alpha(elements, child):
            return iter(())
        return None

    yield from master(elements, group, _DEPTH + 1, special, many=True)


def _only_alpha(elements: Elements, additions: Element) -> bool:
    """Whether additions are one picture's transparency, which is a picture itself."""
    children = list(elements.inside(additions.body, additions.end))
    if [child.kind for child in children] != [ids.BLOCK_MORE]:
        return False
    inner = {child.kind: child for child in elements.inside(children[0].body, children[0].end)}
    number = inner.pop(ids.BLOCK_ADD_ID, None)
    return set(inner) == {0xA5} and (number is None or elements.number(number) == _ALPHA)
