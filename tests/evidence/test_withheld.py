"""Withheld segments: what the record may say of them, and what no message ever says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import decode, encode
from evidence.errors import SegmentError
from evidence.withheld import MAX_SEGMENTS, OpenedSegment, Withheld, require_order, withheld_from_json, withheld_leaf

TRUE: dict[str, Any] = {"offset": 10, "length": 3, "what": "mp4/udta/©xyz", "leaf": "ab" * 32, "filler": "hex:00ff20"}
OPENED: dict[str, Any] = {"offset": 10, "salt": "cd" * 32, "data": "AAAA"}


@given(
    st.integers(0, 2**52),
    st.integers(1, 2**52 - 1),
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40),
    st.binary(min_size=32, max_size=32),
    st.sampled_from(["zero", "space"]),
)
def test_a_segment_survives_canonical_json(offset: int, length: int, what: str, leaf: bytes, filler: str) -> None:
    segment = Withheld(offset, length, what, leaf, filler)
    assert Withheld.from_json(decode(encode(segment.to_json()))) == segment


@given(st.binary(min_size=1, max_size=64))
def test_a_structure_filler_is_as_long_as_its_range(data: bytes) -> None:
    segment = Withheld(0, len(data), "a", bytes(32), "hex:" + data.hex())
    assert segment.filler_bytes(0, len(data)) == data
    for length in (len(data) - 1, len(data) + 1):
        with pytest.raises(SegmentError):
            Withheld(0, length, "a", bytes(32), "hex:" + data.hex())


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=80))
def test_an_opened_segment_survives_canonical_json(offset: int, salt: bytes, data: bytes) -> None:
    opened = OpenedSegment(offset, salt, data)
    assert OpenedSegment.from_json(decode(encode(opened.to_json()))) == opened
    assert opened.leaf == withheld_leaf(offset, salt, data)


def test_the_record_is_read() -> None:
    segment = Withheld.from_json(TRUE)
    assert segment == Withheld(10, 3, "mp4/udta/©xyz", b"\xab" * 32, "hex:00ff20")
    assert segment.to_json() == TRUE
    assert segment.end == 13


@pytest.mark.parametrize(
    "changed",
    [
        {"offset": -1},
        {"offset": True},
        {"offset": "10"},
        {"offset": 2**53},
        {"offset": None},
        {"length": 0},
        {"length": -3},
        {"length": True},
        {"length": 2**53},
        {"length": 4},
        {"what": ""},
        {"what": "a" * 201},
        {"what": "a\nb"},
        {"what": "\u202egps"},
        {"what": "\ud800"},
        {"what": 5},
        {"leaf": "AB" * 32},
        {"leaf": "ab" * 31},
        {"leaf": "ab" * 32 + "\n"},
        {"leaf": " " + "ab" * 31 + "a"},
        {"leaf": b"ab"},
        {"filler": ""},
        {"filler": "zeros"},
        {"filler": "hex:"},
        {"filler": "hex:00FF20"},
        {"filler": "hex:00ff2"},
        {"filler": "hex:00 ff20"},
        {"filler": "hex:00ff20\n"},
        {"filler": "HEX:00ff20"},
        {"filler": "00ff20"},
        {"filler": "hex:00ff20", "length": 2},
        {"filler": "hex:" + "00" * 65, "length": 65},
        {"filler": 0},
        {"more": 1},
    ],
)
def test_misspelt_segments_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(SegmentError):
        Withheld.from_json(TRUE | changed)


@pytest.mark.parametrize("leaf", [b"", bytes(31), bytes(33)])
def test_a_leaf_of_another_length_is_refused(leaf: bytes) -> None:
    with pytest.raises(SegmentError):
        Withheld(0, 1, "a", leaf, "zero")


@pytest.mark.parametrize("name", sorted(TRUE))
def test_a_segment_without_one_of_its_members_is_refused(name: str) -> None:
    with pytest.raises(SegmentError):
        Withheld.from_json({key: value for key, value in TRUE.items() if key != name})


@pytest.mark.parametrize(
    "changed",
    [
        {"offset": -1},
        {"offset": True},
        {"salt": "cd" * 31},
        {"salt": "CD" * 32},
        {"data": ""},
        {"data": "AAA"},
        {"data": "AAB="},
        {"data": "AAA-"},
        {"data": 1},
        {"length": 3},
    ],
)
def test_misspelt_opened_segments_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(SegmentError):
        OpenedSegment.from_json(OPENED | changed)


@pytest.mark.parametrize("value", [None, [], "", 5, [OPENED]])
def test_what_is_no_object_is_refused(value: Any) -> None:
    for kind in (Withheld, OpenedSegment):
        with pytest.raises(SegmentError):
            kind.from_json(value)


def _at(offset: int, length: int) -> Withheld:
    return Withheld(offset, length, "a", bytes(32), "zero")


def test_segments_stand_in_order_and_apart() -> None:
    require_order([])
    require_order([_at(0, 5), _at(5, 5), _at(20, 1)], 21)
    for wrong in ([_at(5, 1), _at(0, 5)], [_at(0, 6), _at(5, 5)], [_at(0, 5), _at(0, 5)]):
        with pytest.raises(SegmentError):
            require_order(wrong)
        with pytest.raises(SegmentError):
            withheld_from_json([each.to_json() for each in wrong])
    with pytest.raises(SegmentError):
        require_order([_at(0, 5), _at(20, 1)], 20)


def test_too_many_segments_are_refused() -> None:
    many = [_at(0, 1)] * (MAX_SEGMENTS + 1)
    with pytest.raises(SegmentError, match="too many"):
        require_order(many)
    with pytest.raises(SegmentError, match="too many"):
        withheld_from_json([None] * (MAX_SEGMENTS + 1))


@pytest.mark.parametrize("value", [None, {}, "[]", (1,)])
def test_what_is_no_list_is_refused(value: Any) -> None:
    with pytest.raises(SegmentError):
        withheld_from_json(value)


def test_what_was_withheld_is_in_no_message() -> None:
    opened = OpenedSegment(3, b"s" * 32, b"canary-7f")
    assert repr(opened) == str(opened) == "OpenedSegment(offset=3, length=9)"


@pytest.mark.parametrize(("offset", "salt", "data"), [(0, bytes(31), b"a"), (0, bytes(32), b""), (-1, bytes(32), b"a")])
def test_leaves_of_no_segment_are_not_made(offset: int, salt: bytes, data: bytes) -> None:
    with pytest.raises(ValueError, match="byte"):
        withheld_leaf(offset, salt, data)
    with pytest.raises(SegmentError):
        OpenedSegment(offset, salt, data)
