"""Boxes of ISO/IEC 14496-12 (section 4.2) and QuickTime atoms: strict headers, and the two ways to blank one.

A box becomes `free` by overwriting its four type bytes and zeroing its payload: readers skip it, every offset stays.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from redaction.errors import MalformedMedia
from redaction.finding import ZERO, Finding, structure
from redaction.limits import METADATA_BYTES
from redaction.reader import Reader, exactly
from redaction.walk import Walk

FREE: Final = structure(b"free")
_PROBE_BYTES: Final = 256 * 1024  # least allowance for looking whether a range is blank already
_PROBE_SHARE: Final = 256  # beyond it, one byte in so many of the file
_PROBE_STEP: Final = 4096
_ENTRIES: Final = 1 << 23  # samples and four times chunks of all tracks: half an hour at 240 frames per second, twice
_STREAM_BYTES: Final = 128 * 1024 * 1024  # SEI and other headers of samples that are looked into


class Box(NamedTuple):
    """A box's type, its start, the length of its header, and the offset just past it; all in bytes of the reader."""

    kind: bytes
    offset: int
    header: int
    end: int

    @property
    def body(self) -> int:
        """Where the payload starts."""
        return self.offset + self.header


class Search:
    """One search of one file: the reader, the shared budget of nodes, and an allowance for sparing useless findings."""

    def __init__(self, reader: Reader, walk: Walk) -> None:
        self.reader = reader
        self.walk = walk
        self._children: dict[tuple[int, int], tuple[list[Box], int]] = {}
        self._entries, self._stream = _ENTRIES, _STREAM_BYTES
        self._probe = max(_PROBE_BYTES, reader.size // _PROBE_SHARE)

    def box(self, offset: int, end: int) -> Box:
        """The box at `offset` of a container that ends at `end`; MalformedMedia when it does not fit into it.

        Size 0 (to the end of the file) is for the caller to allow: it gives a box that ends at `end`.
        """
        self.walk.node(offset)
        head = exactly(self.reader, offset, min(16, end - offset))
        size, header = int.from_bytes(head[:4]), 8
        if size == 1:
            size, header = int.from_bytes(head[8:16]), 16
        elif size == 0:
            size = end - offset
        if len(head) < header or size < header or offset + size > end:
            raise MalformedMedia("a box does not fit into what holds it", offset)
        return Box(head[4:8], offset, header, offset + size)

    def children(self, start: int, end: int) -> tuple[list[Box], int]:
        """The boxes of `[start, end)` and the offset from which on there is none (QuickTime ends lists with zeros)."""
        place = (start, end)
        if place not in self._children:
            self._children[place] = self._read_children(start, end)
        return self._children[place]

    def _read_children(self, start: int, end: int) -> tuple[list[Box], int]:
        boxes: list[Box] = []
        while end - start >= 8:
            head = self.reader.read(start, 8)
            if head[:4] == bytes(4):
                if head[4:] != bytes(4):
                    raise MalformedMedia("a box without a size inside another", start)
                break
            boxes.append(self.box(start, end))
            start = boxes[-1].end
        return boxes, start

    def payload(self, box: Box, skip: int = 0) -> bytes:
        """A box's payload after `skip` bytes, capped by `limits.METADATA_BYTES`; MalformedMedia beyond."""
        length = box.end - box.body - skip
        if not 0 <= length <= METADATA_BYTES:
            raise MalformedMedia("a box is too short or too long", box.offset)
        return exactly(self.reader, box.body + skip, length)

    def field(self, box: Box, at: int, length: int) -> bytes:
        """Bytes of a box's payload; MalformedMedia when the box ends before: the next one does not speak for it."""
        if box.body + at + length > box.end:
            raise MalformedMedia("a box is too short or too long", box.offset)
        return exactly(self.reader, box.body + at, length)

    def count_entries(self, number: int) -> None:
        """Count table entries that will be held in memory; MalformedMedia when there are too many."""
        self._entries -= number
        if self._entries < 0:
            raise MalformedMedia("too many samples")

    def stream(self, offset: int, length: int) -> bytes:
        """Bytes of a sample; MalformedMedia when more are asked for than a file can need (samples may overlap)."""
        self._stream -= length
        if self._stream < 0:
            raise MalformedMedia("too many parts", offset)
        return exactly(self.reader, offset, length)

    def free(self, box: Box, what: str) -> Iterator[Finding]:
        """Turn a box into an empty `free` box of the same size."""
        yield Finding(box.offset + 4, 4, what, FREE)
        yield from self.blank(box.body, box.end, what)

    def blank(self, start: int, end: int, what: str, filler: str = ZERO) -> Iterator[Finding]:
        """Blank `[start, end)` unless it is seen to hold the filler already: padding is no reason for a finding."""
        if start < end and not self._is_blank(start, end, 0 if filler == ZERO else 0x20):
            yield Finding(start, end - start, what, filler)

    def _is_blank(self, start: int, end: int, value: int) -> bool:
        """Whether only `value` stands there; False without looking further when looking would cost too much."""
        step = _PROBE_STEP
        while start < end:
            count = min(step, end - start)
            if count > self._probe:
                return False
            self._probe -= count
            data = self.reader.read(start, count)
            if data.count(value) != len(data):
                return False
            start, step = start + count, 64 * 1024
        return True


def only(boxes: list[Box], kind: bytes) -> Box | None:
    """The one box of that type or None; MalformedMedia when there are several: readers differ in which they take."""
    found = [box for box in boxes if box.kind == kind]
    if len(found) > 1:
        raise MalformedMedia("a box that stands once stands twice", found[1].offset)
    return found[0] if found else None
