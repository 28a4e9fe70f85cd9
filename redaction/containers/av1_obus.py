"""AV1 pictures: open bitstream units (AV1 specification section 5.3); metadata that may identify becomes padding.

A padding unit is one byte 0x80 after any others (section 5.14), which every decoder skips.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from redaction.containers.isobmff_boxes import Box, Search
from redaction.errors import MalformedMedia
from redaction.finding import Finding, structure
from redaction.metadata.samples import Chunk, samples
from redaction.reader import exactly

_HEADER_BYTES: Final = 16  # a header, its extension, and a length of at most 8 bytes
_CONFIGURATION_BYTES: Final = 4  # of `av1C` before its units
_PICTURE: Final = frozenset({1, 3, 4, 6, 7})  # sequence header, frame headers, tiles
_DELIMITER, _METADATA, _PADDING = 2, 5, 15
_METADATA_BYTES: Final = {1: 6, 2: 26, 3: 64}  # light levels, mastering display, scalability: with type and end bit
_T35: Final = 4
_PICTURE_PROVIDERS: Final = frozenset({b"\xb5\x00\x3b", b"\xb5\x00\x3c"})  # Dolby Vision, HDR10+


def in_samples(search: Search, chunks: Iterable[Chunk], what: str) -> Iterator[Finding]:
    """Findings, named `what`, in all samples of a film."""
    for chunk in chunks:
        for offset, size in samples(chunk):
            yield from in_units(search, offset, size, what)


def in_configuration(search: Search, box: Box, what: str = "heif/obu") -> Iterator[Finding]:
    """Findings in `av1C`."""
    start = min(box.body + _CONFIGURATION_BYTES, box.end)
    yield from in_units(search, start, box.end - start, what)


def in_units(search: Search, offset: int, length: int, what: str = "heif/obu") -> Iterator[Finding]:
    """Findings, named `what`, in the units of `length` bytes at `offset`; MalformedMedia when they do not add up."""
    position, end = offset, offset + length
    while position < end:
        search.count_entries(1)
        head = exactly(search.reader, position, min(_HEADER_BYTES, end - position))
        start = position + (2 if head[0] & 4 else 1)
        size = end - start
        if head[0] & 2:
            size, used = _leb128(head[start - position :], start)
            start += used
        if head[0] & 0x80 or start + size > end or size < 0:
            raise MalformedMedia("a picture is not understood", position)
        kind = head[0] >> 3 & 15
        if size and not _is_picture(search, kind, start, size):
            yield from _padding(search, position, head[0], (start, start + size), what)
        position = start + size


def _is_picture(search: Search, kind: int, start: int, size: int) -> bool:
    """Whether a unit is needed to decode or to show the picture."""
    if kind != _METADATA:
        return kind in _PICTURE
    head = exactly(search.reader, start, min(4, size))
    if head[0] == _T35:
        return head[1:] in _PICTURE_PROVIDERS
    return size <= _METADATA_BYTES.get(head[0], 0)


def _padding(search: Search, position: int, header: int, payload: tuple[int, int], what: str) -> Iterator[Finding]:
    start, end = payload
    if header >> 3 & 15 != _DELIMITER:
        if header >> 3 & 15 != _PADDING:
            yield Finding(position, 1, what, structure(bytes([header & 0x87 | _PADDING << 3])))
        if search.reader.read(end - 1, 1) != b"\x80":
            yield Finding(end - 1, 1, what, structure(b"\x80"))
        end -= 1
    yield from search.blank(start, end, what)


def _leb128(data: bytes, offset: int) -> tuple[int, int]:
    """A number of at most 8 bytes of 7 bits (section 4.10.5), and how many bytes it takes."""
    value = 0
    for place, byte in enumerate(data[:8]):
        value |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return value, place + 1
    raise MalformedMedia("a picture is not understood", offset)
