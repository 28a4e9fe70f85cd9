"""The media type of an MP4, QuickTime or 3GP file: by its major brand, and by whether it has a picture."""

from collections.abc import Iterator
from typing import Final

from redaction.containers.isobmff_boxes import Box, Search, only
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P "})


def media_type(reader: Reader) -> str:
    """The IANA media type; a file that only has sound, like a voice recording, is `audio/…` (RFC 4337, RFC 3839)."""
    head = reader.read(0, 12)
    brand = head[8:12] if head[4:8] in {b"ftyp", b"styp"} else b"qt  "
    if brand in _SOUND_BRANDS:
        return "audio/mp4"
    if brand == b"qt  ":
        return "video/quicktime"
    subtype = "3gpp" if brand[:2] == b"3g" else "mp4"
    try:
        handlers = set(_handlers(Search(reader, Walk(_nothing))))
    except MalformedMedia:
        handlers = set()
    return f"{'audio' if b'soun' in handlers and b'vide' not in handlers else 'video'}/{subtype}"


def _handlers(search: Search) -> Iterator[bytes]:
    """The handler types of all tracks of the movie header."""
    offset = 0
    while offset < search.reader.size:
        box = search.box(offset, search.reader.size)
        if box.kind == b"moov":
            for trak in search.children(box.body, box.end)[0]:
                mdia = _child(search, trak, b"mdia") if trak.kind == b"trak" else None
                hdlr = _child(search, mdia, b"hdlr") if mdia else None
                if hdlr:
                    yield search.field(hdlr, 8, 4)
            return
        offset = box.end


def _child(search: Search, parent: Box, kind: bytes) -> Box | None:
    return only(search.children(parent.body, parent.end)[0], kind)


def _nothing(_reader: Reader, _walk: Walk) -> Iterator[Finding]:
    yield from ()
