"""Pictures of H.264 and H.265 as items: every NAL unit is accounted for, and only known kinds of units stay.

Stricter than in videos, because an item is one picture: unit lengths have to add up, or the file is held back.
Source: ISO/IEC 14496-15, ITU-T H.264 table 7-1, H.265 table 7-1.
"""

from collections.abc import Iterator

from redaction.containers.heif_names import named
from redaction.containers.isobmff_boxes import Search
from redaction.containers.isobmff_nals import Coding, in_samples
from redaction.errors import MalformedMedia
from redaction.finding import SPACE, Finding
from redaction.metadata.samples import Chunk
from redaction.reader import exactly


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
        if size > how.header and not how.is_known(head[-1]):
            yield from search.blank(start + how.header, position, "heif/nal", SPACE)
    yield from search.blank(position, end, "heif/slack")
    yield from named(in_samples(search, how, [Chunk(offset, length, 1, None)]))
