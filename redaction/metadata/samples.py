"""Sample tables of ISO/IEC 14496-12 section 8.7: which bytes of the file belong to which samples of a track.

Works on chunks, because most files have far fewer of them than samples.
"""

import sys
from array import array
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from redaction.errors import MalformedMedia

MAX_SAMPLES: Final = 1 << 22
"""Most entries of one table: 19 hours of video at 60 frames per second. Samples of equal size need no entries."""


class Chunk(NamedTuple):
    """Consecutive samples: where they start, bytes and samples in all; `sizes` are bytes each, None when equal."""

    offset: int
    length: int
    total: int
    sizes: "array[int] | None"


class Chunks:
    """The chunks of a track, at some 30 bytes each."""

    def __init__(self) -> None:
        self._offsets, self._lengths = array("Q"), array("Q")
        self._firsts, self._totals = array("q"), array("Q")  # first place in `_sizes`, or -1 when sizes are equal
        self._sizes = array("I")

    def append(self, chunk: Chunk) -> None:
        """Add the next chunk; MalformedMedia when it lies where no file reaches."""
        if chunk.offset + chunk.length >= 1 << 63 or chunk.total >= 1 << 63:
            raise MalformedMedia("a length or offset points outside the file")
        self._offsets.append(chunk.offset)
        self._lengths.append(chunk.length)
        self._firsts.append(-1 if chunk.sizes is None else len(self._sizes))
        self._totals.append(chunk.total)
        if chunk.sizes is not None:
            self._sizes.extend(chunk.sizes)

    def __iter__(self) -> Iterator[Chunk]:
        for offset, length, first, total in zip(self._offsets, self._lengths, self._firsts, self._totals, strict=True):
            yield Chunk(offset, length, total, None if first < 0 else self._sizes[first : first + total])

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Start and end in bytes of each chunk."""
        for offset, length in zip(self._offsets, self._lengths, strict=True):
            yield offset, offset + length


class Sizes(NamedTuple):
    """Sample sizes in bytes: `constant` for all, or one each in `each`."""

    constant: int
    total: int
    each: "array[int]"


def samples(chunk: Chunk) -> Iterator[tuple[int, int]]:
    """Offset and length in bytes of each sample of a chunk."""
    offset = chunk.offset
    if chunk.sizes is None:
        size = chunk.length // chunk.total if chunk.total else 0
        for _ in range(chunk.total if size else 0):
            yield offset, size
            offset += size
        return
    for size in chunk.sizes:
        yield offset, size
        offset += size


def integers(data: bytes, width: int) -> "array[int]":
    """Big-endian unsigned integers of 1, 2, 4 or 8 bytes; what is left over at the end is ignored."""
    values = array({1: "B", 2: "H", 4: "I", 8: "Q"}[width])
    values.frombytes(data[: len(data) // width * width])
    if sys.byteorder == "little":
        values.byteswap()
    return values


def counted(body: bytes, width: int, head: int = 8) -> bytes:
    """The entries of a table: `head` bytes that end with a 32-bit count, then that many entries of `width` bytes."""
    count = int.from_bytes(body[head - 4 : head])
    if len(body) < head or count > MAX_SAMPLES or len(body) < head + count * width:
        raise MalformedMedia("a table ends early or is too long")
    return body[head : head + count * width]


def sizes_of(stsz: bytes) -> Sizes:
    """Parse the payload of `stsz`."""
    constant, count = int.from_bytes(stsz[4:8]), int.from_bytes(stsz[8:12])
    if len(stsz) < 12:
        raise MalformedMedia("a table ends early or is too long")
    if constant:
        return Sizes(constant, count, array("I"))
    return Sizes(0, count, integers(counted(stsz, 4, 12), 4))


def compact_sizes_of(stz2: bytes) -> Sizes:
    """Parse the payload of `stz2`: sizes of 4, 8 or 16 bits."""
    bits, count = int.from_bytes(stz2[7:8]), int.from_bytes(stz2[8:12])
    if bits not in {4, 8, 16} or count > MAX_SAMPLES or len(stz2) < 12 + (count * bits + 7) // 8:
        raise MalformedMedia("a table ends early or is too long")
    if bits != 4:
        return Sizes(0, count, integers(stz2[12 : 12 + count * bits // 8], bits // 8))
    halves = array("I", (half for byte in stz2[12:] for half in (byte >> 4, byte & 15)))
    return Sizes(0, count, halves[:count])


def chunks_of(sizes: Sizes, stsc: bytes, offsets: "array[int]") -> tuple[Chunks, bool]:
    """The chunks of a track, and whether the tables agree about the number of samples.

    `stsc` is the payload of the sample-to-chunk box; `offsets` are the chunks' places in the file.
    """
    if len(offsets) > MAX_SAMPLES:
        raise MalformedMedia("a table ends early or is too long")
    entries = integers(counted(stsc, 12), 4)
    starts, counts = entries[0::3], entries[1::3]
    if any(later <= earlier for earlier, later in pairwise(starts)) or (starts and starts[0] != 1):
        raise MalformedMedia("a sample table contradicts itself")
    chunks = Chunks()
    first, entry, whole = 0, -1, True
    for number, offset in enumerate(offsets, 1):
        if entry + 1 < len(starts) and starts[entry + 1] == number:
            entry += 1
        count = min(counts[entry] if entry >= 0 else 0, sizes.total - first)
        if count <= 0:  # a chunk without samples: picture or sound may lie there all the same
            whole = False
            continue
        if sizes.constant:
            chunks.append(Chunk(offset, count * sizes.constant, count, None))
        else:
            each = sizes.each[first : first + count]
            chunks.append(Chunk(offset, sum(each), count, each))
        first += count
    return chunks, whole and first == sizes.total
