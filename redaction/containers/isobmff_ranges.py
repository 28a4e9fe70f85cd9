"""Sets of byte ranges as sorted, disjoint (start, end) pairs."""

from collections.abc import Iterable

Ranges = list[tuple[int, int]]


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The union of any ranges."""
    result: Ranges = []
    start = end = -1
    for low, high in sorted(ranges):
        if low > end:
            if end > start:
                result.append((start, end))
            start, end = low, high
        elif high > end:
            end = high
    if end > start:
        result.append((start, end))
    return result


def without(ranges: Ranges, holes: Ranges) -> Ranges:
    """What of `ranges` no hole covers."""
    result: Ranges = []
    index = 0
    for start, end in ranges:
        low = start
        while index < len(holes) and holes[index][1] <= low:
            index += 1
        ahead = index
        while ahead < len(holes) and holes[ahead][0] < end:
            if holes[ahead][0] > low:
                result.append((low, holes[ahead][0]))
            low = holes[ahead][1]
            ahead += 1
        if low < end:
            result.append((low, end))
    return result


def within(ranges: Ranges, frames: Ranges) -> Ranges:
    """What of `ranges` lies inside `frames`."""
    return without(ranges, without(ranges, frames))
