"""Provable redaction: the redacted file has the original's root, and nothing else has it."""

import hashlib
import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import EvidenceError, FillerDiffers, LengthDiffers, SegmentError
from evidence.segments import OpenedSegment, RootBuilder, Withheld, restore, withheld_from_json, withheld_leaf
from tests.evidence.tlog.rfc6962 import leaf, tree_hash
from tests.vectors import generate_segments

VECTORS = sorted(generate_segments.FOLDER.glob("*.json"))


@dataclass
class Case:
    """A file with some ranges withheld."""

    original: bytes
    redacted: bytes
    withheld: list[Withheld]
    opened: list[OpenedSegment]
    block: int

    def root_by_definition(self) -> bytes:
        """docs/formats.md, word for word, from the original and the opened segments."""
        leaves = []
        position = 0
        for segment, each in zip(self.withheld, self.opened, strict=True):
            leaves += self._blocks(position, segment.offset)
            head = b"W" + segment.offset.to_bytes(8, "big") + segment.length.to_bytes(8, "big")
            leaves.append(leaf(head + each.salt + self.original[segment.offset : segment.end]))
            position = segment.end
        leaves += self._blocks(position, len(self.original))
        return tree_hash(leaves)

    def _blocks(self, start: int, end: int) -> list[bytes]:
        stretch = self.original[start:end]
        return [leaf(b"D" + stretch[at : at + self.block]) for at in range(0, len(stretch), self.block)]


def _filler(draw: Callable[[st.SearchStrategy[Any]], Any], length: int) -> tuple[str, bytes]:
    kind = draw(st.sampled_from(["zero", "space", "hex"] if length <= 64 else ["zero", "space"]))
    if kind == "hex":
        data = draw(st.binary(min_size=length, max_size=length))
        return "hex:" + data.hex(), data
    return kind, (b"\x00" if kind == "zero" else b" ") * length


@st.composite
def cases(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Case:
    """Random bytes, disjoint ranges (touching ones too), any filler, small blocks."""
    original = draw(st.binary(max_size=300))
    cuts = sorted(draw(st.sets(st.integers(0, len(original)), max_size=8)))
    redacted = bytearray(original)
    withheld, opened = [], []
    for start, end in itertools.pairwise(cuts):
        if draw(st.booleans()):
            data, salt = original[start:end], draw(st.binary(min_size=32, max_size=32))
            filler, filling = _filler(draw, end - start)
            redacted[start:end] = filling
            withheld.append(Withheld(start, end - start, "test/field", withheld_leaf(start, salt, data), filler))
            opened.append(OpenedSegment(start, salt, data))
    return Case(original, bytes(redacted), withheld, opened, draw(st.integers(1, 80)))


def chunked(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def root_of(chunks: Iterable[bytes], case: Case, length: int | None = None) -> bytes:
    builder = RootBuilder(case.block, case.withheld, length)
    for chunk in chunks:
        builder.update(chunk)
    return builder.finish()


@given(cases(), st.integers(1, 100))
def test_the_redacted_file_has_the_root_of_the_original(case: Case, chunk: int) -> None:
    root = case.root_by_definition()
    assert root_of(chunked(case.redacted, chunk), case) == root
    assert root_of([b"", case.redacted, b""], case, len(case.original)) == root


@given(cases(), st.integers(1, 100))
def test_restoring_gives_the_original_bit_for_bit(case: Case, chunk: int) -> None:
    assert b"".join(restore(chunked(case.redacted, chunk), case.withheld, case.opened)) == case.original
    assert b"".join(restore([b"", case.redacted, b""], case.withheld, case.opened)) == case.original


@given(cases().filter(lambda case: bool(case.redacted)), st.data())
def test_any_changed_bit_of_the_redacted_file_is_seen(case: Case, data: st.DataObject) -> None:
    changed = bytearray(case.redacted)
    offset = data.draw(st.integers(0, len(changed) - 1))
    changed[offset] ^= 1 << data.draw(st.integers(0, 7))
    blanked = any(segment.offset <= offset < segment.end for segment in case.withheld)
    if blanked:
        with pytest.raises(FillerDiffers) as caught:
            root_of(chunked(bytes(changed), data.draw(st.integers(1, 50))), case)
        assert caught.value.offset == offset
        with pytest.raises(FillerDiffers):
            list(restore([bytes(changed)], case.withheld, case.opened))
    else:
        assert root_of([bytes(changed)], case) != case.root_by_definition()


@given(cases().filter(lambda case: bool(case.redacted)), st.data())
def test_a_file_cut_short_or_continued_is_seen(case: Case, data: st.DataObject) -> None:
    root, length = case.root_by_definition(), len(case.original)
    short = case.redacted[: data.draw(st.integers(0, length - 1))]
    for changed in (short, case.redacted + b"\x00"):
        with pytest.raises(LengthDiffers):
            root_of([changed], case, length)
        try:
            assert root_of([changed], case) != root
        except LengthDiffers:
            assert changed is short


@given(cases().filter(lambda case: bool(case.withheld)), st.data())
def test_any_changed_bit_of_an_opened_segment_is_seen(case: Case, data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(case.opened) - 1))
    each = case.opened[which]
    both = bytearray(each.salt + each.data)
    both[data.draw(st.integers(0, len(both) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    opened = [*case.opened]
    opened[which] = OpenedSegment(each.offset, bytes(both[:32]), bytes(both[32:]))
    with pytest.raises(EvidenceError) as caught:
        restore([case.redacted], case.withheld, opened)
    assert caught.value.code == "leaf-differs"


@given(cases().filter(lambda case: bool(case.withheld)), st.data())
def test_any_changed_leaf_changes_the_root(case: Case, data: st.DataObject) -> None:
    root = case.root_by_definition()
    which = data.draw(st.integers(0, len(case.withheld) - 1))
    old = case.withheld[which]
    changed = bytearray(old.leaf)
    changed[data.draw(st.integers(0, 31))] ^= 1
    case.withheld[which] = Withheld(old.offset, old.length, old.what, bytes(changed), old.filler)
    assert root_of([case.redacted], case) != root


def test_the_published_vectors_are_those_the_generator_writes() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in VECTORS} == generate_segments.files()


def _outcome(vector: dict[str, Any]) -> str:
    try:
        withheld = withheld_from_json(vector["withheld"])
        builder = RootBuilder(vector["block"], withheld)
        builder.update(bytes.fromhex(vector["redacted"]))
        if builder.finish().hex() != vector["root"]:
            return "other-root"
        opened = [OpenedSegment.from_json(each) for each in vector["opened"]]
        original = b"".join(restore([bytes.fromhex(vector["redacted"])], withheld, opened))
    except SegmentError as error:
        return error.code
    assert original.hex() == vector["original"]
    return "proved"


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_the_published_vectors_have_their_outcomes(path: Any) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    assert set(vector) == {
        *("format", "comment", "block", "original", "redacted", "withheld", "opened", "root", "outcome"),
    }
    assert vector["format"] == "amparo/segments-vector/1"
    assert _outcome(vector) == vector["outcome"]


def test_a_finished_root_takes_no_more_bytes() -> None:
    builder = RootBuilder(16, [])
    builder.update(b"abc")
    assert builder.position == 3
    builder.finish()
    with pytest.raises(LengthDiffers):
        builder.update(b"d")


def test_a_block_of_no_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="block"):
        RootBuilder(0, [])


def test_a_segment_beyond_the_known_length_is_refused_at_once() -> None:
    with pytest.raises(SegmentError):
        RootBuilder(16, [Withheld(90, 20, "a", bytes(32), "zero")], 100)


def test_a_file_that_ends_inside_a_range_is_not_restored() -> None:
    withheld = [Withheld(1, 2, "a", withheld_leaf(1, bytes(32), b"xy"), "zero")]
    with pytest.raises(LengthDiffers) as caught:
        list(restore([b"a\x00"], withheld, [OpenedSegment(1, bytes(32), b"xy")]))
    assert caught.value.offset == 2


def test_other_views_of_bytes_are_taken() -> None:
    data = bytes(range(200))
    roots = set()
    for view in (data, bytearray(data), memoryview(data), memoryview(data).cast("H")):
        builder = RootBuilder(7, [])
        builder.update(view)
        roots.add(builder.finish())
    assert len(roots) == 1


@pytest.mark.slow
def test_a_long_file_is_hashed_in_little_memory() -> None:
    chunk = bytes(1 << 20)
    withheld = [Withheld(5 << 20, 20 << 20, "mp4/gpmf", bytes(32), "zero")]
    tracemalloc.start()
    try:
        builder = RootBuilder(1 << 20, withheld)
        for _ in range(256):
            builder.update(chunk)
        builder.finish()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 19
    assert builder.position == 256 << 20


def test_withheld_leaf_is_the_one_of_the_formats() -> None:
    salt = bytes(range(32))
    entry = b"\x00W" + (5).to_bytes(8, "big") + (3).to_bytes(8, "big") + salt + b"abc"
    assert withheld_leaf(5, salt, b"abc") == hashlib.sha256(entry).digest()
