"""Readers: bounded reads, and views over several ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.errors import MalformedMedia
from redaction.reader import BytesReader, Extents, Window, exactly

_DATA = bytes(range(100))
_EXTENTS = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 20)), max_size=6)


@given(_EXTENTS, st.integers(0, 130), st.integers(0, 130))
def test_extents_read_their_ranges_end_to_end(extents: list[tuple[int, int]], offset: int, length: int) -> None:
    view = Extents(BytesReader(_DATA), extents)
    whole = b"".join(_DATA[start : start + count] for start, count in extents)
    assert view.size == len(whole)
    assert view.read(offset, length) == whole[offset : offset + length]


@given(_EXTENTS, st.integers(0, 130), st.integers(0, 130))
def test_a_range_maps_back_to_where_its_bytes_lie(extents: list[tuple[int, int]], offset: int, length: int) -> None:
    view = Extents(BytesReader(_DATA), extents)
    ranges = view.to_parent(offset, length)
    assert b"".join(_DATA[start : start + count] for start, count in ranges) == view.read(offset, length)


@pytest.mark.parametrize(("offset", "length"), [(-1, 2), (0, -1), (90, 11), (101, 0), (2**64, 1)])
def test_ranges_outside_are_refused(offset: int, length: int) -> None:
    with pytest.raises(MalformedMedia):
        exactly(BytesReader(_DATA), offset, length)
    with pytest.raises(MalformedMedia):
        Window(BytesReader(_DATA), offset, length)


def test_a_window_of_a_window_counts_from_its_own_start() -> None:
    inner = Window(Window(BytesReader(_DATA), 10, 50), 5, 20)
    assert inner.read(0, 100) == _DATA[15:35]
    assert exactly(inner, 19, 1) == _DATA[34:35]
