from hypothesis import given
from hypothesis import strategies as st

from redaction.containers.isobmff_ranges import Ranges, merged, within, without

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)))


def covered(ranges: list[tuple[int, int]]) -> set[int]:
    return {value for start, end in ranges for value in range(start, end)}


def is_tidy(ranges: Ranges) -> bool:
    return all(start < end for start, end in ranges) and ranges == sorted(ranges)


@given(RANGES)
def test_the_union_covers_the_same_and_is_sorted_and_disjoint(ranges: list[tuple[int, int]]) -> None:
    union = merged(ranges)
    assert covered(union) == covered(ranges)
    assert is_tidy(union)
    assert sum(end - start for start, end in union) == len(covered(union))


@given(RANGES, RANGES)
def test_difference_and_intersection_are_those_of_sets(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    ranges, others = merged(first), merged(second)
    assert covered(without(ranges, others)) == covered(ranges) - covered(others)
    assert covered(within(ranges, others)) == covered(ranges) & covered(others)
    assert is_tidy(without(ranges, others))
    assert is_tidy(within(ranges, others))
