import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.errors import MalformedMedia
from redaction.metadata.samples import Chunk, Chunks, Sizes, chunks_of, compact_sizes_of, integers, samples, sizes_of


def table(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def stsz(sizes: list[int]) -> bytes:
    return table(0, 0, len(sizes), *sizes)


def stsc(runs: list[tuple[int, int]]) -> bytes:
    return table(0, len(runs), *[value for first, count in runs for value in (first, count, 1)])


@st.composite
def tracks(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """Chunk offsets, and the sample sizes of each chunk."""
    chunks = draw(st.lists(st.lists(st.integers(0, 2000), min_size=1, max_size=5), max_size=12))
    return draw(st.lists(st.integers(0, 1 << 40), min_size=len(chunks), max_size=len(chunks))), chunks


@given(tracks())
def test_samples_lie_one_after_another_in_their_chunks(track: tuple[list[int], list[list[int]]]) -> None:
    offsets, chunks = track
    runs = [(number, len(chunk)) for number, chunk in enumerate(chunks, 1)]
    merged = [run for index, run in enumerate(runs) if index == 0 or runs[index - 1][1] != run[1]]
    sizes = sizes_of(stsz([size for chunk in chunks for size in chunk]))
    found, agree = chunks_of(sizes, stsc(merged), array("Q", offsets))
    expected = []
    for offset, chunk in zip(offsets, chunks, strict=True):
        place = offset
        for size in chunk:
            expected.append((place, size))
            place += size
    assert agree
    assert [sample for chunk in found for sample in samples(chunk)] == expected
    totals = [(offset, offset + sum(chunk)) for offset, chunk in zip(offsets, chunks, strict=True)]
    assert list(found.ranges()) == totals


def test_equal_sizes_need_no_table() -> None:
    found, agree = chunks_of(sizes_of(table(0, 7, 5)), stsc([(1, 3), (2, 2)]), array("I", [100, 500]))
    assert agree
    assert list(found) == [Chunk(100, 21, 3, None), Chunk(500, 14, 2, None)]
    assert list(samples(Chunk(500, 14, 2, None))) == [(500, 7), (507, 7)]


@pytest.mark.parametrize("counts", [[(1, 1)], [(1, 9)]])
def test_tables_that_disagree_are_told(counts: list[tuple[int, int]]) -> None:
    _, agree = chunks_of(sizes_of(stsz([5, 5])), stsc(counts), array("I", [0]))
    assert agree is (counts[0][1] == 9)  # more than there are: readers stop at the last sample


@pytest.mark.parametrize("runs", [[(2, 1)], [(1, 1), (1, 2)], [(1, 1), (3, 1), (2, 1)]])
def test_runs_out_of_order_are_refused(runs: list[tuple[int, int]]) -> None:
    with pytest.raises(MalformedMedia):
        chunks_of(Sizes(1, 5, array("I")), stsc(runs), array("I", [1, 2, 3]))


@pytest.mark.parametrize(
    ("bits", "packed", "sizes"),
    [(4, b"\x12\x30", [1, 2, 3]), (8, b"\x01\x02\x03", [1, 2, 3]), (16, b"\0\1\0\2\1\0", [1, 2, 256])],
)
def test_compact_sizes_are_read(bits: int, packed: bytes, sizes: list[int]) -> None:
    assert list(compact_sizes_of(table(0, bits, 3) + packed).each) == sizes


@pytest.mark.parametrize("bits", [0, 1, 7, 32])
def test_other_widths_of_compact_sizes_are_refused(bits: int) -> None:
    with pytest.raises(MalformedMedia):
        compact_sizes_of(table(0, bits, 1) + bytes(8))


@pytest.mark.parametrize("body", [b"", bytes(8), table(0, 0, 2, 1), table(0, 0, 0xFFFFFFFF)])
def test_short_or_huge_tables_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedMedia):
        sizes_of(body)


def test_chunks_beyond_any_file_are_refused() -> None:
    with pytest.raises(MalformedMedia):
        Chunks().append(Chunk((1 << 64) - 1, 10, 1, None))


@given(st.lists(st.integers(0, 0xFFFFFFFF)))
def test_integers_are_big_endian(values: list[int]) -> None:
    assert list(integers(table(*values), 4)) == values


def test_chunks_without_samples_make_the_tables_disagree() -> None:
    _, agree = chunks_of(sizes_of(stsz([])), stsc([(1, 1)]), array("I", [100]))
    assert not agree
