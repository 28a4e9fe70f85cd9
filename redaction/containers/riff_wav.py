"""WAV: the sound and how it is coded stay, and the date of a broadcast extension; all else becomes filler.

Sources: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft), chapter 3; WAVEFORMATEX and
WAVEFORMATEXTENSIBLE (Microsoft); EBU Tech 3285 (`bext`).
"""

from collections.abc import Iterator
from re import compile as regex
from typing import Final

from redaction.containers import riff_info
from redaction.containers.riff_chunks import Chunk, beyond, chunks, junk, list_type, padding
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_FORMAT_BYTES: Final = 16
_EXTENSION_BYTES: Final = 1024  # longest codec configuration that stays
_DATE_AT: Final = 320  # behind description, originator, and the originator's reference
_DATE: Final = regex(rb"[0-9]{4}[-_:/. ][0-9]{2}[-_:/. ][0-9]{2}[0-9]{2}[-_:/. ][0-9]{2}[-_:/. ][0-9]{2}")
_DATE_BYTES: Final = 18
_TEXTS: Final = frozenset({b"iXML", b"id3 ", b"ID3 ", b"cart", b"axml", b"_PMX"})


def find(reader: Reader, start: int, end: int, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold in the chunks at `[start, end)`; MalformedMedia when there is not one sound."""
    seen: set[bytes] = set()
    for chunk in chunks(reader, start, end, walk):
        if chunk.kind in {b"fmt ", b"data"} and chunk.kind in seen:
            raise MalformedMedia("two sounds in one file", chunk.start)
        if chunk.kind == b"fmt ":
            yield from beyond(chunk, format_bytes(reader, chunk), "wav/slack")
        elif chunk.kind == b"data":
            yield from padding(chunk)
        elif chunk.kind == b"fact" and chunk.kind not in seen:
            yield from beyond(chunk, 4, "wav/slack")
        elif chunk.kind == b"bext":
            yield from _broadcast(reader, chunk)
        elif list_type(reader, chunk) == b"INFO":
            yield from riff_info.find(reader, chunk, walk, "wav/info")
        else:
            yield from junk(chunk, "wav/text" if chunk.kind in _TEXTS else "wav/unknown-chunk")
        seen.add(chunk.kind)
    if not {b"fmt ", b"data"} <= seen:
        raise MalformedMedia("a WAV without a sound", start)


def format_bytes(reader: Reader, chunk: Chunk) -> int:
    """Bytes of a format that mean something: 16, or 18 and as many as it says itself."""
    if chunk.length < _FORMAT_BYTES:
        raise MalformedMedia("not a sound format", chunk.start)
    extension = int.from_bytes(reader.read(chunk.start + _FORMAT_BYTES, 2), "little")
    if chunk.length < _FORMAT_BYTES + 2 or extension > _EXTENSION_BYTES:
        return _FORMAT_BYTES
    return _FORMAT_BYTES + 2 + extension


def _broadcast(reader: Reader, chunk: Chunk) -> Iterator[Finding]:
    date_end = _DATE_AT + _DATE_BYTES
    date = reader.read(chunk.start + _DATE_AT, _DATE_BYTES) if chunk.length >= date_end else b""
    if not _DATE.fullmatch(date):
        yield from junk(chunk, "wav/description")
        return
    yield Finding(chunk.start, _DATE_AT, "wav/description")
    yield from beyond(chunk, date_end, "wav/description")
