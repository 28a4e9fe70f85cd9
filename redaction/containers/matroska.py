"""Matroska and WebM (RFC 9559 over EBML, RFC 8794): tags, attachments, names and ids go, picture and sound stay.

Everything is found by structure and kept by allow-list (`matroska_names`); an element that goes becomes a Void of the
same length, so that every offset stays. Of clusters only headers are read.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers import matroska_names as ids
from redaction.containers.matroska_checksums import follow
from redaction.containers.matroska_clusters import cluster, end_of_cluster, frames
from redaction.containers.matroska_cues import cues
from redaction.containers.matroska_elements import CRC32, VOID, Element, Elements
from redaction.containers.matroska_masters import master, name_of
from redaction.containers.matroska_tracks import Track, track_entries, tracks_of
from redaction.errors import MalformedMedia, UnsupportedMedia
from redaction.finding import Finding, structure
from redaction.limits import FINDINGS
from redaction.reader import Reader
from redaction.walk import Walk

_EBML_ID: Final = ids.EBML.to_bytes(4)
_DOC_TYPES: Final = frozenset({b"matroska", b"webm"})
_IMAGES: Final = frozenset({b"image/jpeg", b"image/png", b"image/webp", b"image/heic", b"image/avif", b"image/gif"})
_TAG_NAME_BYTES: Final = 64
_UID_BYTES: Final = 8


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return head.startswith(_EBML_ID)


def media_type(reader: Reader) -> str:
    """The IANA media type, by document type and, in WebM, by whether there is a video track."""

    def nothing(_reader: Reader, _walk: Walk) -> Iterator[Finding]:
        raise UnsupportedMedia

    elements = Elements(reader, Walk(nothing))
    try:
        header = elements.element(0, reader.size)
        if _doc_type(elements, header) != b"webm":
            return "video/x-matroska"
        segment = elements.element(header.end, reader.size)
        for child in elements.inside(segment.body, segment.end, {ids.CLUSTER}):
            elements.walk.node(child.offset)
            if child.kind == ids.TRACKS:
                kinds = {track.kind for track in tracks_of(elements, child).values()}
                return "audio/webm" if kinds == {2} else "video/webm"
    except MalformedMedia:
        pass
    return "video/webm"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold, as offsets of `reader`; MalformedMedia when the file cannot be parsed to its end."""
    elements = Elements(reader, walk)
    findings: list[Finding] = []
    for finding in _documents(elements):
        findings.append(finding)
        if len(findings) > FINDINGS:
            raise MalformedMedia("too many findings")
    yield from findings
    yield from follow(elements, findings)


def _documents(elements: Elements) -> Iterator[Finding]:
    position, end = 0, elements.reader.size
    seen = False
    while position < end:
        elements.walk.node(position)
        try:
            element = elements.element(position, end)
        except MalformedMedia:
            if not seen:
                raise
            break
        if element.kind == ids.EBML and element.sized:
            if _doc_type(elements, element) not in _DOC_TYPES:
                raise MalformedMedia("neither Matroska nor WebM", element.offset)
            yield from master(elements, element, 0)
        elif element.kind == ids.SEGMENT:
            seen = True
            yield from _segment(elements, element)
        elif element.kind == VOID:
            yield from elements.blank(element.body, element.end, "matroska/void")
        else:
            break
        position = element.end
    if not seen:
        raise MalformedMedia("no segment")
    if position < end:
        yield from elements.void_range(position, end, "matroska/trailer")


def _doc_type(elements: Elements, header: Element) -> bytes:
    """The document type; MalformedMedia when IDs may be longer than any of Matroska."""
    found = b""
    for child in elements.inside(header.body, header.end):
        elements.walk.node(child.offset)
        if child.kind == ids.DOC_TYPE:
            found = elements.data(child, 16).rstrip(b"\0")
        elif child.kind == ids.MAX_ID_LENGTH and elements.number(child) != 4:
            raise MalformedMedia("element IDs of unusual length", child.offset)
    return found


def _segment(elements: Elements, segment: Element) -> Iterator[Finding]:
    tracks: dict[int, Track] | None = None
    deferred: list[Element] = []
    clusters = False
    position = segment.body
    while position < segment.end:
        child = elements.element(position, segment.end)
        if not child.sized:
            if child.kind != ids.CLUSTER:
                raise MalformedMedia("an element of unknown size", child.offset)
            child = child._replace(end=end_of_cluster(elements, child))
        position = child.end
        if child.kind == ids.CLUSTER:
            if tracks is None:
                raise MalformedMedia("a cluster before the tracks", child.offset)
            elements.count_entries(1)
            clusters = True
            yield from cluster(elements, child, tracks)
            continue
        elements.walk.node(child.offset)
        if child.kind == ids.TRACKS:
            if tracks is not None:
                raise MalformedMedia("an element that stands once stands twice", child.offset)
            tracks = tracks_of(elements, child)
            yield from track_entries(elements, child, tracks)
        elif child.kind == ids.CUES:
            deferred.append(child)
        else:
            yield from _top(elements, segment, child)
    tracks = tracks or {}
    if clusters and not any(track.kept for track in tracks.values()):
        raise MalformedMedia("media data without video or sound")
    for element in deferred:
        yield from cues(elements, element, tracks)
    yield from frames(elements, tracks)


def _top(elements: Elements, segment: Element, child: Element) -> Iterator[Finding]:
    if child.kind in {ids.SEEK_HEAD, ids.INFO, ids.TAGS, ids.ATTACHMENTS, ids.CHAPTERS}:
        yield from master(elements, child, 1, lambda inner, _depth: _special(elements, inner))
    elif child.kind in {VOID, CRC32} and segment.sized:
        yield from elements.auxiliary(child, segment.body, segment.end, 0)
    elif child.kind == VOID:
        yield from elements.blank(child.body, child.end, "matroska/void")
    else:
        yield from elements.void(child, "matroska/unknown")


def _special(elements: Elements, child: Element) -> Iterator[Finding] | None:
    if child.kind == ids.TAG:  # whole: what it says of a withheld track would point nowhere
        return elements.void(child, f"matroska/tags/{_tag_name(elements, child)}")
    if child.kind == ids.FILE_DATA:
        return elements.walk.embedded(elements.reader, child.body, child.length, "matroska/attachment")
    if child.kind == ids.FILE_UID and 0 < child.length <= _UID_BYTES:  # some writers take it from a hash of the file
        return iter([Finding(child.body, child.length, name_of(child), structure((1).to_bytes(child.length)))])
    if child.kind == ids.FILE_MEDIA_TYPE and elements.reader.read(child.body, min(child.length, 32)) not in _IMAGES:
        return elements.blank(child.body, child.end, name_of(child))
    return None


def _tag_name(elements: Elements, tag: Element) -> str:
    """A fixed word for what a tag tells, a place before all else; never what the file says."""
    words: set[str] = set()
    try:
        for simple in elements.inside(tag.body, tag.end):
            elements.walk.node(simple.offset)
            if simple.kind == ids.SIMPLE_TAG:
                words.add(_simple_tag_name(elements, simple))
    except MalformedMedia:
        return "tag"
    return "location" if "location" in words else min(words, default="tag")


def _simple_tag_name(elements: Elements, simple: Element) -> str:
    for child in elements.inside(simple.body, simple.end):
        elements.walk.node(child.offset)
        if child.kind == ids.TAG_NAME and child.length <= _TAG_NAME_BYTES:
            name = elements.data(child, _TAG_NAME_BYTES).decode("latin-1").upper()
            return ids.TAG_NAMES.get(name, "tag")
    return "tag"
