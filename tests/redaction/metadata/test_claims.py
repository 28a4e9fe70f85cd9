"""Claims on bytes, against sets of offsets."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.errors import MalformedMedia
from redaction.metadata.claims import Claims, Interval, merged, overlap, reserve, without

_SIZE = 60
_INTERVALS = st.lists(st.tuples(st.integers(0, _SIZE), st.integers(0, _SIZE)).map(lambda pair: (min(pair), max(pair))))


def _bytes(intervals: list[Interval]) -> set[int]:
    return {at for start, end in intervals for at in range(start, end)}


@given(_INTERVALS, _INTERVALS)
def test_intervals_are_sets_of_bytes(left: list[Interval], right: list[Interval]) -> None:
    one, other = merged(left), merged(right)
    assert _bytes(one) == _bytes(left)
    assert all(before[1] < after[0] for before, after in pairwise(one))
    assert _bytes(without(one, other)) == _bytes(left) - _bytes(right)
    assert overlap(one, other) == bool(_bytes(left) & _bytes(right))


@given(_INTERVALS)
def test_an_extent_is_reserved_unless_it_shares_a_byte(extents: list[Interval]) -> None:
    taken: list[Interval] = []
    for extent in extents:
        if extent[0] < extent[1]:
            free = not _bytes(taken) & _bytes([extent])
            assert reserve(taken, extent) == free
    assert taken == sorted(taken)


@given(_INTERVALS, _INTERVALS, _INTERVALS)
def test_only_structure_and_harmless_values_stay(
    structure: list[Interval], kept: list[Interval], withheld: list[Interval]
) -> None:
    claims = Claims(_SIZE)
    for start, end in structure:
        claims.structure(start, end)
    for start, end in kept:
        claims.keep(start, end)
    for start, end in withheld:
        claims.withhold(start, end, "secret")
    if _bytes(structure) & _bytes(withheld):
        with pytest.raises(MalformedMedia):
            list(claims.findings("nobody's"))
        return
    findings = list(claims.findings("nobody's"))
    blanked = [at for finding in findings for at in range(finding.offset, finding.end)]
    assert len(blanked) == len(set(blanked))
    assert set(blanked) == set(range(_SIZE)) - (_bytes(structure) | (_bytes(kept) - _bytes(withheld)))
    named = {at for f in findings if f.what == "secret" for at in range(f.offset, f.end)}
    assert named == _bytes(withheld)
