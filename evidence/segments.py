"""Provable redaction: a redacted file is the original with only the declared ranges blanked (docs/formats.md).

The original is cut at its withheld segments, each disclosed stretch further at multiples of `block` counted from the
stretch's start. In file order each piece is a leaf entry of an RFC 6962 tree: a disclosed block is `"D" || bytes`, a
withheld segment `"W" || u64be(offset) || u64be(length) || salt(32) || bytes`. The root commits to the original; who has
the redacted file and the withheld leaves can compute it and learns nothing of what was blanked.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from evidence.errors import FillerDiffers, LeafDiffers, LengthDiffers, SegmentError
from evidence.tlog.merkle import LEAF_PREFIX, Frontier
from evidence.withheld import OpenedSegment, Withheld, require_order, withheld_from_json, withheld_leaf

__all__ = [
    "BLOCK_BYTES",
    "OpenedSegment",
    "RootBuilder",
    "Withheld",
    "restore",
    "withheld_from_json",
    "withheld_leaf",
]

BLOCK_BYTES: Final = 1 << 20
"""The block that intake uses: a changed byte is placed within 1 MiB, and 10 GiB are ten thousand leaves."""

_DISCLOSED = LEAF_PREFIX + b"D"
_COMPARED_BYTES = 1 << 16  # how much of a blanked range is compared at once


class RootBuilder:
    """Computes the root from a redacted file that passes by, in any chunks; holds no more than the tree's edge.

    `block` is in bytes. `length` is the file's, where it is known from elsewhere. SegmentError when `withheld` is not
    in order or reaches beyond `length`.
    """

    def __init__(self, block: int, withheld: Sequence[Withheld], length: int | None = None) -> None:
        if block < 1:
            raise ValueError("a block has at least one byte")
        require_order(withheld, length)
        self._block = block
        self._length = length
        self._tree = Frontier()
        self._position = 0
        self._segments = iter(withheld)
        self._next = next(self._segments, None)
        self._leaf = hashlib.sha256(_DISCLOSED)
        self._hashed = 0  # bytes of the disclosed block in `_leaf`

    @property
    def position(self) -> int:
        """How many bytes of the file have passed."""
        return self._position

    def update(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the next bytes of the redacted file; FillerDiffers where a blanked range holds something else.

        LengthDiffers when the file goes on beyond its length.
        """
        rest = memoryview(chunk).cast("B")
        if self._length is not None and self._position + len(rest) > self._length:
            raise LengthDiffers("the file goes on beyond its length", self._length)
        while rest:
            segment = self._next
            if segment is not None and segment.offset <= self._position:
                taken = rest[: segment.end - self._position]
                self._blanked(segment, taken)
            else:
                taken = rest[: self._block - self._hashed]
                if segment is not None:
                    taken = taken[: segment.offset - self._position]
                self._disclosed(taken, segment)
            rest = rest[len(taken) :]

    def finish(self) -> bytes:
        """The root, once the whole file has passed; LengthDiffers when it ended too early."""
        if self._next is not None:
            raise LengthDiffers("the file ends before its last withheld segment does", self._position)
        if self._length is not None and self._position != self._length:
            raise LengthDiffers("the file ends before its length", self._position)
        self._close_block()
        self._length = self._position  # nothing may follow
        return self._tree.root()

    def _disclosed(self, data: memoryview, segment: Withheld | None) -> None:
        self._leaf.update(data)
        self._hashed += len(data)
        self._position += len(data)
        if self._hashed == self._block or (segment is not None and self._position == segment.offset):
            self._close_block()

    def _blanked(self, segment: Withheld, data: memoryview) -> None:
        _require_filler(segment, self._position - segment.offset, data)
        self._position += len(data)
        if self._position == segment.end:
            self._tree.append(segment.leaf)
            self._next = next(self._segments, None)

    def _close_block(self) -> None:
        if self._hashed:
            self._tree.append(self._leaf.digest())
            self._leaf = hashlib.sha256(_DISCLOSED)
            self._hashed = 0


def restore(
    redacted: Iterable[bytes], withheld: Sequence[Withheld], opened: Sequence[OpenedSegment]
) -> Iterator[bytes]:
    """The original, bit for bit, from the redacted file and every withheld segment opened.

    Before the first byte: SegmentError when `withheld` is not in order or a segment is not opened, LeafDiffers when an
    opened one is not what was committed. While reading: FillerDiffers and LengthDiffers as in `RootBuilder`. That the
    disclosed bytes are the committed ones is for `RootBuilder` to say, over the same chunks.
    """
    require_order(withheld)
    if [segment.offset for segment in withheld] != [each.offset for each in opened]:
        raise SegmentError("the opened segments are not those that were withheld")
    for segment, each in zip(withheld, opened, strict=True):
        if len(each.data) != segment.length or each.leaf != segment.leaf:
            raise LeafDiffers("an opened segment is not the one that was committed", segment.offset)
    return _restored(redacted, list(zip(withheld, opened, strict=True)))


def _restored(redacted: Iterable[bytes], pairs: list[tuple[Withheld, OpenedSegment]]) -> Iterator[bytes]:
    position = 0
    waiting = iter(pairs)
    pair = next(waiting, None)
    for chunk in redacted:
        end = position + len(chunk)
        if pair is None or pair[0].offset >= end:
            position = end
            yield chunk
            continue
        original = bytearray(chunk)
        while pair is not None and pair[0].offset < end:
            segment, each = pair
            start, stop = max(position, segment.offset), min(end, segment.end)
            within = slice(start - position, stop - position)
            _require_filler(segment, start - segment.offset, memoryview(chunk)[within])
            original[within] = each.data[start - segment.offset : stop - segment.offset]
            if stop < segment.end:
                break
            pair = next(waiting, None)
        position = end
        yield bytes(original)
    if pair is not None:
        raise LengthDiffers("the file ends before its last withheld segment does", position)


def _require_filler(segment: Withheld, start: int, data: memoryview) -> None:
    """Refuse anything but the declared filler in `data`, which begins `start` bytes into the segment."""
    for at in range(0, len(data), _COMPARED_BYTES):
        found = bytes(data[at : at + _COMPARED_BYTES])
        expected = segment.filler_bytes(start + at, len(found))
        if found != expected:
            differs = next(index for index in range(len(found)) if found[index] != expected[index])
            offset = segment.offset + start + at + differs
            raise FillerDiffers("a blanked range holds something else than its filler", offset)
