"""Pictures of H.264 and H.265 as items: every NAL unit is accounted for, and only known kinds of units stay.

Stricter than in videos, because an item is one picture: unit lengths have to add up, or the file is held back.
Source: ISO/IEC 14496-15, ITU-T H.264 table 7-1, H.265 table 7-1.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers.heif_names import named
from redaction.containers.isobmff_boxes import Box, Search
from redaction.containers.isobmff_nals import Coding, coding, configuration, in_samples
from redaction.errors import MalformedMedia
from redaction.finding import SPACE, Finding
from redaction.metadata.samples import Chunk
from redaction.reader import exactly

_HEVC_KNOWN: Final = frozenset({*range(10), *range(16, 22), *range(32, 38), 39, 40})
_AVC_KNOWN: Final = frozenset({*range(1, 12), 13, 14, 15, 19, 20})
_AVC_HIGH_BYTES: Final = 4  # chroma format and bit depths after the parameter sets of the High profiles


def in_item(search: Search, how: Coding, offset: int, length: int) -> Iterator[Finding]:
    """Findings in a picture of `length` bytes at `offset`."""
    position, end = offset, offset + length
    while end - position > how.length_size:
        search.count_entries(1)
        head = exactly(search.reader, position, how.length_size + 1)
        start, size = position + how.length_size, int.from_bytes(head[: how.length_size])
        position = start + size
        if position > end:
            raise MalformedMedia("a picture is not understood", start)
        if size > how.header and not _known(how, head[-1]):
            yield from search.blank(start + how.header, position, "heif/nal", SPACE)
    yield from search.blank(position, end, "heif/slack")
    yield from named(in_samples(search, how, [Chunk(offset, length, 1, None)]))


def _known(how: Coding, first: int) -> bool:
    """Whether a unit that begins with this byte is picture, parameters or SEI; SEI is looked into elsewhere."""
    return (first >> 1) & 63 in _HEVC_KNOWN if how.hevc else first & 31 in _AVC_KNOWN


def configuration_of(search: Search, box: Box) -> Iterator[Finding]:
    """Findings in `hvcC` or `avcC`: SEI, units of unknown kinds, and what follows the parameter sets."""
    yield from named(configuration(search, box))
    how, data = coding(search, box), search.payload(box)
    end = 0
    for start, end in _hevc_units(data) if how.hevc else _avc_units(data):
        if end - start > how.header and not _known(how, data[start]):
            yield from search.blank(box.body + start + how.header, box.body + end, "heif/nal", SPACE)
    if not how.hevc:
        end = min(end + _AVC_HIGH_BYTES, len(data))
    yield from search.blank(box.body + end, box.end, "heif/slack")


def _hevc_units(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each unit; last, an empty one where they end."""
    position = 23
    for _ in range(data[22] if len(data) > 22 else 0):
        count = int.from_bytes(data[position + 1 : position + 3])
        position += 3
        for _ in range(count):
            end = position + 2 + int.from_bytes(data[position : position + 2])
            yield position + 2, end
            position = end
    yield position, position


def _avc_units(data: bytes) -> Iterator[tuple[int, int]]:
    position = 5
    for mask in (31, 255):
        count = data[position] & mask if position < len(data) else 0
        position += 1
        for _ in range(count):
            end = position + 2 + int.from_bytes(data[position : position + 2])
            yield position + 2, end
            position = end
    yield position, position
