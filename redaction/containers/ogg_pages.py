"""Ogg pages (RFC 3533 section 6): headers only, each following the other without a gap."""

from collections.abc import Iterator
from typing import Final, NamedTuple
from zlib import crc32

from redaction.errors import MalformedMedia
from redaction.reader import Reader, exactly

CONTINUED: Final = 1
FIRST: Final = 2
_HEADER_BYTES: Final = 27
_CHECKSUM_AT: Final = 22
_PAGES: Final = 1 << 22
_LACED: Final = 255
_MIRRORED: Final = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_ONES: Final = 0xFFFFFFFF


class Page(NamedTuple):
    """A page's place, its flags, its stream, and its lacing values; `body` is where its packets start."""

    offset: int
    flags: int
    serial: int
    lacing: bytes

    @property
    def body(self) -> int:
        """The offset of the first packet's bytes."""
        return self.offset + _HEADER_BYTES + len(self.lacing)

    @property
    def end(self) -> int:
        """The offset just past the page."""
        return self.body + sum(self.lacing)

    @property
    def checksum_at(self) -> int:
        """The offset of the four bytes of the checksum."""
        return self.offset + _CHECKSUM_AT

    def packets(self) -> Iterator[tuple[int, bool]]:
        """Bytes of each packet in this page, and whether the packet ends here."""
        length = 0
        for value in self.lacing:
            length += value
            if value < _LACED:
                yield length, True
                length = 0
        if self.lacing and self.lacing[-1] == _LACED:
            yield length, False


def pages(reader: Reader) -> Iterator[Page]:
    """All pages from the start; what follows the last one is no page.

    MalformedMedia when a page passes the end, or follows bytes that are none.
    """
    offset = 0
    for _ in range(_PAGES):
        head = reader.read(offset, _HEADER_BYTES)
        if head[:5] != b"OggS\0" or len(head) < _HEADER_BYTES:
            if head[:4] == b"OggS"[: len(head)] and head:
                raise MalformedMedia("a page ends early or is of an unknown version", offset)
            _refuse_later_pages(reader, offset)
            return
        lacing = exactly(reader, offset + _HEADER_BYTES, head[26])
        page = Page(offset, head[5], int.from_bytes(head[14:18], "little"), lacing)
        if page.end > reader.size:
            raise MalformedMedia("a page ends early or is of an unknown version", offset)
        yield page
        offset = page.end
    raise MalformedMedia("too many parts", offset)


def _refuse_later_pages(reader: Reader, offset: int) -> None:
    """Bytes that are no page may end a file; between pages they would take the sound behind them with them."""
    rest = b""
    while offset < reader.size:
        rest += reader.read(offset, 1 << 20)
        if b"OggS" in rest:
            raise MalformedMedia("bytes between pages", offset)
        offset, rest = offset + (1 << 20), rest[-3:]


def checksum(page: bytes) -> bytes:
    """The checksum of a page: CRC-32 with polynomial 0x04C11DB7, most significant bit first, from 0, without inversion.

    `zlib.crc32` is the same with bits mirrored and inverted; the checksum field counts as zeros.
    """
    blank = page[:_CHECKSUM_AT] + bytes(4) + page[_CHECKSUM_AT + 4 :]
    value = crc32(blank.translate(_MIRRORED), _ONES) ^ _ONES
    return bytes(_MIRRORED[byte] for byte in value.to_bytes(4))
