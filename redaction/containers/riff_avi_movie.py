"""AVI's movie data (LIST movi): pictures and sound stay, samples of any other stream are zeroed.

Sources: AVI RIFF File Reference (Microsoft), "Stream Data"; OpenDML AVI File Format Extensions 1.02 (Matrox).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from re import compile as regex
from typing import Final

from redaction.containers.isobmff_boxes import Search
from redaction.containers.isobmff_motion_jpeg import in_pictures
from redaction.containers.isobmff_nals import in_byte_stream
from redaction.containers.riff_avi_streams import Stream, index
from redaction.containers.riff_chunks import FORM_BYTES, HEADER_BYTES, Chunk, beyond, chunk_at, junk, list_type
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata.samples import MAX_SAMPLES
from redaction.metadata.samples import Chunk as Samples
from redaction.reader import Reader
from redaction.walk import Walk

_DATA: Final = regex(rb"([0-9]{2})([a-z]{2})")
_INDEX: Final = regex(rb"ix[0-9]{2}")
_SUFFIXES: Final = {b"vids": {b"dc", b"db", b"pc", b"iv"}, b"auds": {b"wb"}}


class Movie:
    """The movie of one file, in any number of lists; `streams` are in the order of their numbers."""

    def __init__(self, reader: Reader, streams: Sequence[Stream], walk: Walk) -> None:
        self._reader = reader
        self._streams = streams
        self._search = Search(reader, walk)
        self._budget = MAX_SAMPLES

    @property
    def kept(self) -> bool:
        """Whether there is a picture or a sound."""
        return any(stream.kept for stream in self._streams)

    def find(self, movi: Chunk) -> Iterator[Finding]:
        """Everything to withhold in one list; chunks may be grouped in lists of type `rec `."""
        position = movi.start + FORM_BYTES - HEADER_BYTES
        while position < movi.end:
            self._budget -= 1
            if self._budget < 0:
                raise MalformedMedia("too many parts", position)
            chunk = chunk_at(self._reader, position, movi.end)
            if list_type(self._reader, chunk) == b"rec ":
                position = chunk.start + FORM_BYTES - HEADER_BYTES  # its chunks follow as if they stood here
                continue
            yield from self._chunk(chunk)
            position = chunk.next

    def _chunk(self, chunk: Chunk) -> Iterator[Finding]:
        data = _DATA.fullmatch(chunk.kind)
        if data:
            yield from self._samples(chunk, int(data[1]), data[2])
        elif _INDEX.fullmatch(chunk.kind):
            yield from index(self._reader, chunk)
        else:
            yield from junk(chunk, "avi/unknown-chunk")

    def _samples(self, chunk: Chunk, number: int, suffix: bytes) -> Iterator[Finding]:
        stream = self._streams[number] if number < len(self._streams) else None
        if stream is None or suffix not in _SUFFIXES.get(stream.kind, ()):
            yield from beyond(chunk, 0, "avi/track")
            return
        if chunk.end < chunk.next and self._reader.read(chunk.end, 1) != b"\0":
            yield Finding(chunk.end, 1, "riff/padding")
        if stream.motion_jpeg:
            samples = Samples(chunk.start, chunk.length, 1, None)
            yield from (replace(found, what="avi/jpeg") for found in in_pictures(self._search, [samples]))
        elif stream.coding is not None and chunk.length:
            found_units = in_byte_stream(self._search, stream.coding, chunk.start, chunk.length)
            yield from (replace(found, what="avi/sei") for found in found_units)
