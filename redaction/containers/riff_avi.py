"""AVI: headers, the movie's chunks, the indexes, and what cameras put between them.

Sources: AVI RIFF File Reference (Microsoft); OpenDML AVI File Format Extensions 1.02 (Matrox).
"""

from collections.abc import Iterator, Sequence
from re import compile as regex
from typing import Final

from redaction.containers import riff_avi_streams, riff_info
from redaction.containers.riff_avi_movie import Movie
from redaction.containers.riff_avi_streams import Stream
from redaction.containers.riff_chunks import (
    FORM_BYTES,
    HEADER_BYTES,
    Chunk,
    beyond,
    chunks,
    junk,
    list_type,
    padding,
    shifted,
)
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata import xmp
from redaction.reader import Reader, Window
from redaction.walk import Walk

_AVIH_BYTES: Final = 40  # then four reserved fields
_DMLH_BYTES: Final = 4
_MAKERNOTES: Final = frozenset({b"hydt", b"ncdt", b"pntx"})  # lists of Hewlett-Packard or Pentax, Nikon, Pentax
_INDEX_ENTRY_BYTES: Final = 16
_INDEX_PIECE_BYTES: Final = 1 << 20
_INDEXED: Final = regex(rb"[0-9]{2}[a-z]{2}|ix[0-9]{2}|rec ")


def find(reader: Reader, forms: Sequence[tuple[int, int]], walk: Walk) -> Iterator[Finding]:
    """Everything to withhold in the forms at `[start, end)`; MalformedMedia when there is no picture or sound."""
    movie: Movie | None = None
    found_movie = False
    for start, end in forms:
        for chunk in chunks(reader, start, end, walk):
            kind = list_type(reader, chunk)
            if kind == b"hdrl" and movie is None:
                streams: list[Stream] = []
                yield from _header(reader, chunk, streams, walk)
                movie = Movie(reader, streams, walk)
            elif kind == b"movi" and movie is not None:
                found_movie = True
                yield from movie.find(chunk)
            elif chunk.kind == b"idx1":
                yield from _old_index(reader, chunk)
            else:
                yield from _beside(reader, chunk, walk)
    if movie is None or not movie.kept or not found_movie:
        raise MalformedMedia("an AVI without a picture or sound", 0)


def _header(reader: Reader, header: Chunk, streams: list[Stream], walk: Walk) -> Iterator[Finding]:
    """LIST hdrl; adds its streams to `streams`."""
    for chunk in chunks(reader, header.start + FORM_BYTES - HEADER_BYTES, header.end, walk):
        kind = list_type(reader, chunk)
        if kind == b"strl":
            yield from riff_avi_streams.find(reader, chunk, streams, walk)
        elif kind == b"odml":
            for inner in chunks(reader, chunk.start + FORM_BYTES - HEADER_BYTES, chunk.end, walk):
                if inner.kind == b"dmlh":
                    yield from beyond(inner, _DMLH_BYTES, "avi/slack")
                else:
                    yield from junk(inner, "avi/unknown-chunk")
        elif chunk.kind == b"avih":
            yield from beyond(chunk, _AVIH_BYTES, "avi/slack")
        else:
            yield from _beside(reader, chunk, walk)
    yield from padding(header)


def _beside(reader: Reader, chunk: Chunk, walk: Walk) -> Iterator[Finding]:
    """A chunk that is neither stream nor movie nor index."""
    kind = list_type(reader, chunk)
    if kind == b"INFO":
        yield from riff_info.find(reader, chunk, walk, "avi/info")
    elif chunk.kind == b"_PMX":
        view = Window(reader, chunk.start, chunk.length)
        yield from shifted(xmp.find(view, walk, "avi/xmp"), chunk)
    elif chunk.kind == b"IDIT" and riff_info.is_date(reader, chunk):
        yield from padding(chunk)
    else:
        yield from junk(chunk, "avi/makernote" if kind in _MAKERNOTES else "avi/unknown-chunk")


def _old_index(reader: Reader, chunk: Chunk) -> Iterator[Finding]:
    """idx1: entries of 16 bytes that begin with the id of a chunk in the movie; any other entry goes."""
    end = chunk.start + chunk.length // _INDEX_ENTRY_BYTES * _INDEX_ENTRY_BYTES
    for offset in range(chunk.start, end, _INDEX_PIECE_BYTES):
        piece = reader.read(offset, min(_INDEX_PIECE_BYTES, end - offset))
        for at in range(0, len(piece), _INDEX_ENTRY_BYTES):
            if not _INDEXED.fullmatch(piece, at, at + 4) and any(piece[at : at + _INDEX_ENTRY_BYTES]):
                yield Finding(offset + at, _INDEX_ENTRY_BYTES, "avi/index")
    yield from beyond(chunk, end - chunk.start, "avi/index")
