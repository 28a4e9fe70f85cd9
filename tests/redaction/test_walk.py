"""The budget that all levels share, and the way down into embedded media."""

from collections.abc import Iterator

import pytest

from redaction.errors import MalformedMedia, UnsupportedMedia
from redaction.finding import Finding, structure
from redaction.limits import DEPTH, NODES
from redaction.reader import BytesReader, Extents, Reader
from redaction.walk import Walk, mapped


def _one(_reader: Reader, walk: Walk) -> Iterator[Finding]:
    walk.node()
    yield Finding(1, 2, "inner")


def _nested(reader: Reader, walk: Walk) -> Iterator[Finding]:
    yield from walk.embedded(reader, 1, reader.size - 1, "x")


def _unknown(_reader: Reader, _walk: Walk) -> Iterator[Finding]:
    raise UnsupportedMedia


def _broken(_reader: Reader, _walk: Walk) -> Iterator[Finding]:
    yield Finding(0, 1, "early")
    raise MalformedMedia("broken")


def test_findings_of_embedded_media_count_from_the_outer_start() -> None:
    assert list(Walk(_one).embedded(BytesReader(bytes(20)), 5, 10, "outer")) == [Finding(6, 2, "outer/inner")]


@pytest.mark.parametrize("descend", [_unknown, _broken])
def test_embedded_media_that_cannot_be_parsed_is_blanked_whole(descend: object) -> None:
    walk = Walk(descend)  # type: ignore[arg-type]  # one of the two functions above
    assert list(walk.embedded(BytesReader(bytes(20)), 5, 10, "outer")) == [Finding(5, 10, "outer")]


def test_media_nested_too_deep_is_blanked_whole() -> None:
    (finding,) = Walk(_nested).embedded(BytesReader(bytes(50)), 0, 50, "x")
    assert finding == Finding(DEPTH, 50 - DEPTH, "/".join("x" * (DEPTH + 1)))


def test_all_levels_share_one_budget() -> None:
    walk = Walk(_one)
    for _ in range(NODES):
        walk.node()
    assert list(walk.embedded(BytesReader(bytes(20)), 5, 10, "outer")) == [Finding(5, 10, "outer")]
    with pytest.raises(MalformedMedia):
        walk.node()


def test_structure_that_straddles_two_ranges_is_cut_with_them() -> None:
    view = Extents(BytesReader(bytes(40)), [(30, 3), (10, 5)])
    assert list(mapped(view, Finding(1, 4, "s", structure(b"abcd")))) == [
        Finding(31, 2, "s", structure(b"ab")),
        Finding(10, 2, "s", structure(b"cd")),
    ]
