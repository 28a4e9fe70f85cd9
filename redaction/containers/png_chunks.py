"""PNG's chunk structure: length, type, data, CRC-32 over type and data; and the two ways to change a chunk.

Source: PNG specification, third edition (W3C), sections 5.3 and 5.4.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from zlib import crc32

from redaction.blanking import BlankedReader
from redaction.disjoint import disjoint
from redaction.errors import MalformedMedia
from redaction.finding import Finding, structure
from redaction.reader import Reader, exactly
from redaction.walk import Walk

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
FILLER: Final = b"fiLl"
"""Ancillary, private, safe to copy (5.4): every reader skips it."""

_OVERHEAD: Final = 12  # length, type, CRC
_LONGEST: Final = (1 << 31) - 1
_CRC_CHUNK_BYTES: Final = 1 << 20


class Chunk(NamedTuple):
    """A chunk: its type, and its data at `[start, end)` in bytes of the reader; the CRC follows."""

    kind: bytes
    start: int
    end: int

    @property
    def length(self) -> int:
        """Bytes of the data."""
        return self.end - self.start

    @property
    def ancillary(self) -> bool:
        """Whether a reader may skip it (bit 5 of the first letter)."""
        return bool(self.kind[0] & 0x20)


def chunks(reader: Reader, walk: Walk) -> Iterator[Chunk]:
    """All chunks to IEND; MalformedMedia when the file ends before it, or a type is not made of letters."""
    if reader.read(0, len(SIGNATURE)) != SIGNATURE:
        raise MalformedMedia("no PNG signature", 0)
    position = len(SIGNATURE)
    while True:
        walk.node(position)
        head = exactly(reader, position, 8)
        chunk = Chunk(head[4:], position + 8, position + 8 + int.from_bytes(head[:4], "big"))
        if not (chunk.kind.isalpha() and chunk.kind.isascii()) or chunk.length > _LONGEST:
            raise MalformedMedia("not a chunk", position)
        position += _OVERHEAD + chunk.length
        if position > reader.size:
            raise MalformedMedia("a chunk passes the end of the file", chunk.start)
        yield chunk
        if chunk.kind == b"IEND":
            return


def is_intact(reader: Reader, chunk: Chunk) -> bool:
    """Whether the chunk's CRC is right."""
    return reader.read(chunk.end, 4) == _crc(reader, chunk)


def filled(chunk: Chunk, what: str) -> Iterator[Finding]:
    """The chunk as filler: another type, and zeros for data."""
    yield Finding(chunk.start - 4, 4, what, structure(FILLER))
    if chunk.length:
        yield Finding(chunk.start, chunk.length, what)


def sealed(reader: Reader, chunk: Chunk, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings in one chunk, and the CRC that follows from them; a wrong one is never kept, as it may say anything."""
    settled = disjoint(findings)
    yield from settled
    crc = _crc(BlankedReader(reader, settled), chunk)
    if settled or crc != reader.read(chunk.end, 4):
        yield Finding(chunk.end, 4, "png/crc/derived", structure(crc))


def _crc(reader: Reader, chunk: Chunk) -> bytes:
    value = 0
    for offset in range(chunk.start - 4, chunk.end, _CRC_CHUNK_BYTES):
        value = crc32(reader.read(offset, min(_CRC_CHUNK_BYTES, chunk.end - offset)), value)
    return value.to_bytes(4, "big")
