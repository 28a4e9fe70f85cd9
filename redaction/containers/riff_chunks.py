"""RIFF's chunk structure: a four-character id, a little-endian length, data, a pad byte after an odd length.

Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft), chapter 2.
A chunk that must go becomes JUNK, the specification's own filler, of the same length.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from redaction.errors import MalformedMedia
from redaction.finding import Finding, structure
from redaction.reader import Reader, exactly
from redaction.walk import Walk

JUNK: Final = b"JUNK"
LIST: Final = b"LIST"
HEADER_BYTES: Final = 8
FORM_BYTES: Final = 12  # id, length, and the form or list type


class Chunk(NamedTuple):
    """A chunk: its id, and its data at `[start, end)` in bytes of the reader; `next` is where the next one starts."""

    kind: bytes
    start: int
    end: int
    next: int

    @property
    def length(self) -> int:
        """Bytes of the data."""
        return self.end - self.start


def chunk_at(reader: Reader, position: int, end: int) -> Chunk:
    """The chunk at `position` of what ends at `end`; MalformedMedia when it does not fit."""
    head = exactly(reader, position, min(HEADER_BYTES, end - position))
    start = position + HEADER_BYTES
    stop = start + int.from_bytes(head[4:], "little")
    if len(head) < HEADER_BYTES or stop > end:
        raise MalformedMedia("a chunk does not fit into what holds it", position)
    return Chunk(head[:4], start, stop, min(stop + (stop - start) % 2, end))


def chunks(reader: Reader, start: int, end: int, walk: Walk) -> Iterator[Chunk]:
    """The chunks that fill `[start, end)`."""
    while start < end:
        walk.node(start)
        chunk = chunk_at(reader, start, end)
        yield chunk
        start = chunk.next


def list_type(reader: Reader, chunk: Chunk) -> bytes:
    """The type of a LIST; empty for any other chunk."""
    return reader.read(chunk.start, min(4, chunk.length)) if chunk.kind == LIST else b""


def junk(chunk: Chunk, what: str) -> Iterator[Finding]:
    """The chunk as filler: another id, and zeros for data."""
    yield Finding(chunk.start - HEADER_BYTES, 4, what, structure(JUNK))
    yield from beyond(chunk, 0, what)


def beyond(chunk: Chunk, kept: int, what: str) -> Iterator[Finding]:
    """What follows the first `kept` bytes of a chunk, and its pad byte."""
    if chunk.start + kept < chunk.end:
        yield Finding(chunk.start + kept, chunk.end - chunk.start - kept, what)
    yield from padding(chunk)


def padding(chunk: Chunk) -> Iterator[Finding]:
    """The pad byte of a chunk: zero says nothing."""
    if chunk.end < chunk.next:
        yield Finding(chunk.end, 1, "riff/padding")


def shifted(findings: Iterable[Finding], chunk: Chunk, skipped: int = 0) -> Iterator[Finding]:
    """Findings in a chunk's data without its first `skipped` bytes, as offsets of the reader; and the pad byte."""
    yield from (finding.shifted(chunk.start + skipped) for finding in findings)
    yield from padding(chunk)
