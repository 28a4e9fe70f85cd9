"""WebP: pictures, colour and transparency stay; Exif and XMP lose what tells; any other chunk becomes filler.

Source: RFC 9649 section 2.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers.riff_chunks import Chunk, beyond, chunks, junk, padding, shifted
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata import exif, icc, xmp
from redaction.reader import Reader, Window
from redaction.walk import Walk

_EXIF_PREFIX: Final = b"Exif\0\0"
_STILLS: Final = frozenset({b"VP8 ", b"VP8L"})
_FRAME: Final = b"ANMF"
_FRAME_HEADER_BYTES: Final = 16
_FIXED: Final = {b"VP8X": 10, b"ANIM": 6}
_RESERVED_FLAGS: Final = 0xC1  # of VP8X's first byte


def find(reader: Reader, start: int, end: int, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold in the chunks at `[start, end)`; MalformedMedia when there is no picture."""
    pictures: set[bytes] = set()
    seen: set[bytes] = set()
    for chunk in chunks(reader, start, end, walk):
        first = chunk.kind not in seen
        seen.add(chunk.kind)
        if chunk.kind == _FRAME:
            pictures.add(_FRAME)
            yield from _frame(reader, chunk, walk)
        elif chunk.kind in _STILLS and not pictures:
            pictures.add(chunk.kind)
            yield from padding(chunk)
        elif chunk.kind == b"ALPH" and first and not pictures:
            yield from padding(chunk)
        else:
            yield from _beside(reader, chunk, walk, first=first and not pictures)
    if not pictures:
        raise MalformedMedia("a WebP without a picture", start)


def _frame(reader: Reader, chunk: Chunk, walk: Walk) -> Iterator[Finding]:
    """ANMF: place and duration, transparency, a picture, and whatever else a writer put there (2.7.1.1)."""
    if chunk.length < _FRAME_HEADER_BYTES:
        raise MalformedMedia("a frame without its header", chunk.start)
    kept: set[bytes] = set()
    for inner in chunks(reader, chunk.start + _FRAME_HEADER_BYTES, chunk.end, walk):
        is_picture = inner.kind in _STILLS or inner.kind == b"ALPH"
        if is_picture and inner.kind not in kept and not kept & _STILLS:
            kept.add(inner.kind)
            yield from padding(inner)
        else:
            yield from junk(inner, "webp/unknown-chunk")
    if not kept & _STILLS:
        raise MalformedMedia("a frame without a picture", chunk.start)
    yield from padding(chunk)


def _beside(reader: Reader, chunk: Chunk, walk: Walk, *, first: bool) -> Iterator[Finding]:
    """A chunk beside the pictures. `first`: before them, and no chunk of this kind came before."""
    if chunk.kind == b"EXIF":
        skipped = len(_EXIF_PREFIX) if reader.read(chunk.start, 6) == _EXIF_PREFIX and chunk.length >= 6 else 0
        view = Window(reader, chunk.start + skipped, chunk.length - skipped)
        yield from shifted(exif.find(view, walk, "webp/exif"), chunk, skipped)
    elif chunk.kind in {b"XMP ", b"XMP\0"}:
        view = Window(reader, chunk.start, chunk.length)
        yield from shifted(xmp.find(view, walk, "webp/xmp"), chunk)
    elif chunk.kind == b"ICCP" and first:
        view = Window(reader, chunk.start, chunk.length)
        yield from shifted(icc.find(view, walk, "webp/icc"), chunk)
    elif first and chunk.length >= _FIXED.get(chunk.kind, chunk.length + 1):
        if chunk.kind == b"VP8X":
            yield from _reserved(reader, chunk)
        yield from beyond(chunk, _FIXED[chunk.kind], "webp/slack")
    else:
        yield from junk(chunk, "webp/unknown-chunk")


def _reserved(reader: Reader, chunk: Chunk) -> Iterator[Finding]:
    if reader.read(chunk.start, 1)[0] & _RESERVED_FLAGS:
        raise MalformedMedia("a WebP of a later kind", chunk.start)
    yield Finding(chunk.start + 1, 3, "webp/slack")
