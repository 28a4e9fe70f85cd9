"""GIF's data sub-blocks (89a, section 15): a length byte and so many bytes, again and again, until a length of zero."""

from collections.abc import Iterator
from typing import Final

from redaction.errors import MalformedMedia
from redaction.finding import SPACE, Finding, structure
from redaction.reader import Reader
from redaction.walk import Walk

_PIECE_BYTES: Final = 64 * 1024
_NODE_BLOCKS: Final = 32  # sub-blocks that count as one node
_SPACE_BLOCK_BYTES: Final = 1 + ord(" ")  # a space as length, and as many spaces as that says


def sub_blocks_end(reader: Reader, start: int, walk: Walk) -> int:
    """The offset just past the terminator of the sub-blocks at `start`; MalformedMedia when the file ends before it."""
    for number, (offset, length) in enumerate(sub_blocks(reader, start), 1):
        start = offset + length
        if not number % _NODE_BLOCKS:
            walk.node(start)
    return start + 1


def sub_blocks(reader: Reader, start: int) -> Iterator[tuple[int, int]]:
    """(offset, length) of the data of each sub-block at `start`, without length bytes and terminator."""
    piece, base, position = b"", start, start
    while True:
        if position >= base + len(piece):
            base, piece = position, reader.read(position, _PIECE_BYTES)
            if not piece:
                raise MalformedMedia("sub-blocks without an end", position)
        length = piece[position - base]
        if not length:
            return
        yield position + 1, length
        position += 1 + length


def spaced(start: int, end: int, what: str) -> Iterator[Finding]:
    """Sub-blocks at `[start, end)`, terminator included, as spaces: the lengths between them tell nothing then either.

    A space is a length, too, of 32; so the first length alone must be made to fit.
    """
    total = end - 1 - start
    if total <= 0:
        return
    yield Finding(start, total, what, SPACE)
    first = total % _SPACE_BLOCK_BYTES
    if first == 1:  # a length of zero would end the blocks
        first += _SPACE_BLOCK_BYTES
    if first:
        yield Finding(start, 1, what, structure(bytes([first - 1])))
