"""EBML (RFC 8794): element headers, and how to blank an element: it becomes a Void of the same length."""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from redaction.containers.isobmff_boxes import Search
from redaction.errors import MalformedMedia
from redaction.finding import ZERO, Finding, structure
from redaction.reader import Reader
from redaction.walk import Walk

VOID: Final = 0xEC
CRC32: Final = 0xBF
CRC32_BYTES: Final = 4
_ID_BYTES: Final = 4  # EBMLMaxIDLength of Matroska and WebM (RFC 9559 section 5.2)
_FREE_ENTRIES: Final = 200_000
_BYTES_PER_ENTRY: Final = 16  # of a file: a block of 20 ms of speech at 6 kbit/s has 22
_HEAD_BYTES: Final = _ID_BYTES + 8


class Element(NamedTuple):
    """An element's ID with its marker bits, its start, the start of its data, and the offset just past it.

    `sized` is False when the size is unknown (RFC 8794 section 6.2); `end` is then the end of what holds it.
    """

    kind: int
    offset: int
    body: int
    end: int
    sized: bool = True

    @property
    def length(self) -> int:
        """Bytes of data."""
        return self.end - self.body


class Checksum(NamedTuple):
    """A CRC-32 element and the data `[start, end)` that it speaks for; `depth` counts the masters around it."""

    element: Element
    start: int
    end: int
    depth: int


class Elements(Search):
    """One search of one file, and the checksums met in it."""

    def __init__(self, reader: Reader, walk: Walk) -> None:
        super().__init__(reader, walk)
        self._entries = min(self._entries, _FREE_ENTRIES + reader.size // _BYTES_PER_ENTRY)
        self.checksums: list[Checksum] = []

    def element(self, offset: int, end: int) -> Element:
        """The element at `offset` of a master that ends at `end`; MalformedMedia when it does not fit into it."""
        head = self.reader.read(offset, min(_HEAD_BYTES, end - offset))
        width = 9 - head[0].bit_length() if head else 9
        if width > _ID_BYTES or len(head) <= width:
            raise MalformedMedia("no EBML element", offset)
        kind = int.from_bytes(head[:width])
        size_width = 9 - head[width].bit_length()
        body = width + size_width
        if size_width > 8 or len(head) < body:
            raise MalformedMedia("no EBML element", offset)
        ones = (1 << 7 * size_width) - 1
        size = int.from_bytes(head[width:body]) & ones
        if size == ones:
            return Element(kind, offset, offset + body, end, sized=False)
        if offset + body + size > end:
            raise MalformedMedia("an element does not fit into what holds it", offset)
        return Element(kind, offset, offset + body, offset + body + size)

    def inside(self, start: int, end: int, stop: Collection[int] = ()) -> Iterator[Element]:
        """The elements of `[start, end)`, up to one whose ID is in `stop`."""
        while start < end:
            child = self.element(start, end)
            if child.kind in stop:
                return
            yield child
            start = child.end

    def data(self, element: Element, longest: int) -> bytes:
        """An element's data; MalformedMedia when there are more than `longest` bytes."""
        if element.length > longest:
            raise MalformedMedia("an element is too long", element.offset)
        return self.reader.read(element.body, element.length)

    def number(self, element: Element) -> int:
        """An unsigned integer (RFC 8794 section 7.2)."""
        return int.from_bytes(self.data(element, 8))

    def void(self, element: Element, what: str) -> Iterator[Finding]:
        """Turn an element into a Void of the same length."""
        yield from self.void_range(element.offset, element.end, what)

    def void_range(self, start: int, end: int, what: str) -> Iterator[Finding]:
        """Put one Void in place of `[start, end)`; a single byte cannot be one and becomes zero."""
        total = end - start
        if total < 2:
            yield from self.blank(start, end, what)
            return
        head = bytes([VOID, 0x80 | (total - 2)]) if total < 9 else bytes([VOID, 1]) + (total - 9).to_bytes(7)
        yield Finding(start, len(head), what, structure(head))
        if total > len(head):
            yield Finding(start + len(head), total - len(head), what, ZERO)

    def auxiliary(self, child: Element, first: int, end: int, depth: int) -> Iterator[Finding]:
        """Findings in a Void or CRC-32 of a master whose data are `[first, end)`."""
        if child.kind == VOID:
            yield from self.blank(child.body, child.end, "matroska/void")
        elif child.offset == first and child.length == CRC32_BYTES:
            self.checksums.append(Checksum(child, child.end, end, depth))
        else:
            yield from self.void(child, "matroska/unknown")
