"""Tracks of Matroska: which are kept, and what their descriptions may hold beside what decoders need."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from re import compile as regex
from typing import Final

from redaction.containers import matroska_names as ids
from redaction.containers.av1_obus import in_configuration
from redaction.containers.isobmff_boxes import Box
from redaction.containers.isobmff_nals import Coding, coding, configuration
from redaction.containers.matroska_elements import Element, Elements
from redaction.containers.matroska_masters import master
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata import flac_blocks, vorbis_comment
from redaction.metadata.samples import Chunks
from redaction.reader import Window

_KEPT: Final = {1: regex(rb"V_[A-Z0-9_/.]{1,30}\0*"), 2: regex(rb"A_[A-Z0-9_/.]{1,30}\0*")}
_NALS: Final = {b"V_MPEG4/ISO/AVC": b"avcC", b"V_MPEGH/ISO/HEVC": b"hvcC"}
_MOTION_JPEG: Final = b"V_MJPEG"
_VORBIS: Final = b"A_VORBIS"
_ONCE: Final = frozenset(
    {ids.TRACK_NUMBER, ids.TRACK_TYPE, ids.CODEC_ID, ids.CODEC_PRIVATE, ids.VIDEO, ids.CONTENT_ENCODINGS}
)
_LANGUAGE: Final = regex(rb"[a-z]{3}\0?")
_AV1: Final = b"V_AV1"
_LONGEST_PRIVATE: Final = {b"A_AAC": 64, b"V_VP8": 64, b"V_VP9": 64}
_OPUS_HEAD_BYTES: Final = 19  # RFC 7845 section 5.1, without the channel mapping table
_LACED: Final = 2  # packets after the first whose length is not written (Vorbis and Theora have three headers)


@dataclass(slots=True, eq=False)
class Track:
    """One track entry; `chunks` are the blocks of a kept track whose frames must be looked into.

    `byte_stream`: browsers record H.264 with start codes and no decoder configuration.
    """

    element: Element
    number: int = 0
    kind: int = 0
    codec: bytes = b""
    kept: bool = False
    alpha: bool = False
    encoded: bool = False
    coding: Coding | None = None
    byte_stream: bool = False
    motion_jpeg: bool = False
    chunks: Chunks = field(default_factory=Chunks)

    @property
    def searched(self) -> bool:
        """Whether frames are looked into."""
        return self.coding is not None or self.motion_jpeg or self.av1

    @property
    def av1(self) -> bool:
        """Whether frames are of AV1."""
        return self.codec == _AV1


def tracks_of(elements: Elements, parent: Element) -> dict[int, Track]:
    """The tracks by number; MalformedMedia when two have the same."""
    tracks: dict[int, Track] = {}
    for child in elements.inside(parent.body, parent.end):
        elements.walk.node(child.offset)
        if child.kind == ids.TRACK_ENTRY:
            track = _track(elements, child)
            if track.number in tracks:
                raise MalformedMedia("two tracks of the same number", child.offset)
            tracks[track.number] = track
    return tracks


def _track(elements: Elements, entry: Element) -> Track:
    track = Track(entry)
    found: dict[int, Element] = {}
    for child in elements.inside(entry.body, entry.end):
        elements.walk.node(child.offset)
        if child.kind in _ONCE and found.setdefault(child.kind, child) is not child:
            raise MalformedMedia("an element that stands once stands twice", child.offset)
    if not {ids.TRACK_NUMBER, ids.TRACK_TYPE, ids.CODEC_ID} <= set(found):
        raise MalformedMedia("a track that does not say what it is", entry.offset)
    track.number = elements.number(found[ids.TRACK_NUMBER])
    track.kind = elements.number(found[ids.TRACK_TYPE])
    name = elements.reader.read(found[ids.CODEC_ID].body, min(64, found[ids.CODEC_ID].length))
    track.codec = name.rstrip(b"\0")
    track.kept = track.kind in _KEPT and _KEPT[track.kind].fullmatch(name) is not None
    track.encoded = ids.CONTENT_ENCODINGS in found
    track.motion_jpeg = track.codec == _MOTION_JPEG
    if ids.VIDEO in found:
        track.alpha = any(
            child.kind == ids.ALPHA_MODE and elements.number(child)
            for child in elements.inside(found[ids.VIDEO].body, found[ids.VIDEO].end)
        )
    if track.codec in _NALS:
        private = found.get(ids.CODEC_PRIVATE)
        if private is None:
            track.coding, track.byte_stream = Coding(0, _NALS[track.codec] == b"hvcC"), True
        else:
            track.coding = coding(elements, _configuration(track, private))
    if track.kept and track.searched and track.encoded:
        raise MalformedMedia("a compressed track", entry.offset)
    return track


def track_entries(elements: Elements, parent: Element, tracks: dict[int, Track]) -> Iterator[Finding]:
    """Findings in the description of all tracks: kept ones are searched, the others become a Void."""
    numbered = {track.element.offset: track for track in tracks.values()}

    def entry(child: Element, depth: int) -> Iterator[Finding] | None:
        track = numbered.get(child.offset)
        if track is None:
            return None
        if not track.kept:
            return elements.void(child, track_name(track))
        return master(elements, child, depth, lambda inner, _depth: _special(elements, track, inner))

    yield from master(elements, parent, 1, entry)


def track_name(track: Track | None) -> str:
    """What a withheld track is called."""
    return f"matroska/track/{ids.TRACK_TYPES.get(track.kind if track else 0, 'unknown')}"


def _special(elements: Elements, track: Track, child: Element) -> Iterator[Finding] | None:
    if child.kind == ids.LANGUAGE and not _LANGUAGE.fullmatch(elements.reader.read(child.body, min(child.length, 8))):
        return elements.void(child, "matroska/language")
    if child.kind == ids.CODEC_PRIVATE:
        return _codec_private(elements, track, child)
    return None


def _configuration(track: Track, private: Element) -> Box:
    return Box(_NALS[track.codec], private.body, 0, private.end)


def _codec_private(elements: Elements, track: Track, private: Element) -> Iterator[Finding]:
    start, end = private.body, private.end
    if track.coding is not None:
        found = configuration(elements, _configuration(track, private))
        yield from (replace(finding, what="matroska/sei") for finding in found)
    elif track.codec in {_VORBIS, b"V_THEORA"}:
        low, high = _second_packet(elements, private)
        view = Window(elements.reader, low, high - low)
        found = vorbis_comment.find(view, elements.walk, "matroska/codec/comments", 7, framing=track.codec == _VORBIS)
        yield from (finding.shifted(low) for finding in found)
    elif track.codec == b"A_FLAC":
        view = Window(elements.reader, start, end - start)
        found = flac_blocks.find(view, elements.walk, "matroska/codec")
        yield from (finding.shifted(start) for finding in found)
    elif track.codec == b"A_OPUS":
        head = elements.reader.read(start, min(_OPUS_HEAD_BYTES, end - start))
        mapped = 2 + head[9] if len(head) == _OPUS_HEAD_BYTES and head[18] else 0
        yield from elements.blank(start + _OPUS_HEAD_BYTES + mapped, end, "matroska/codec/slack")
    elif track.av1:
        yield from in_configuration(elements, Box(b"av1C", start, 0, end), "matroska/obu")
    elif track.codec in _LONGEST_PRIVATE:
        yield from elements.blank(start + _LONGEST_PRIVATE[track.codec], end, "matroska/codec/slack")


def _second_packet(elements: Elements, private: Element) -> tuple[int, int]:
    """The comment header among Vorbis or Theora headers, which are laced like in Ogg (RFC 9559 section 10.3.1)."""
    data = elements.reader.read(private.body, min(private.length, 1 << 16))
    lengths: list[int] = []
    position = 1
    while data[:1] == bytes([_LACED]) and len(lengths) < _LACED:
        length = 0
        while position < len(data) and data[position] == 255:
            length, position = length + 255, position + 1
        if position >= len(data):
            break
        lengths.append(length + data[position])
        position += 1
    if len(lengths) < _LACED or position + sum(lengths) > private.length:
        raise MalformedMedia("codec headers that are not laced", private.offset)
    low = private.body + position + lengths[0]
    return low, low + lengths[1]
