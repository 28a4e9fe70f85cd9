"""Order findings and settle who has a byte that several of them claim."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.limits import FINDINGS


def disjoint(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings and cut what overlaps.

    Structure (`hex:`) stands where a blank range covers it, because it keeps the file readable; otherwise the first
    range keeps the shared bytes. Two structures over the same bytes that differ are a contradiction: MalformedMedia.
    """
    structures: set[Finding] = set()
    blanks: list[Finding] = []
    for count, finding in enumerate(findings):
        if count >= FINDINGS:
            raise MalformedMedia("too many findings")
        if finding.filler.startswith("hex:"):
            structures.add(finding)
        else:
            blanks.append(finding)
    fixed = sorted(structures)
    for before, after in pairwise(fixed):
        if after.offset < before.end:
            raise MalformedMedia("two structures overlap", after.offset)
    result = list(fixed)
    position = index = 0  # `position`: first byte that no blank range has taken yet
    for blank in sorted(blanks, key=lambda finding: (finding.offset, -finding.length)):
        start = max(blank.offset, position)
        position = max(position, blank.end)
        while index < len(fixed) and fixed[index].end <= start:
            index += 1
        result += (blank.part(low, high) for low, high in _outside(start, blank.end, fixed, index))
    return tuple(sorted(result))


def overlaid(first: Sequence[Finding], then: Sequence[Finding]) -> tuple[Finding, ...]:
    """One blanking that does what `first` and then `then` do; both are ordered and disjoint, as is the result."""
    result = list(then)
    index = 0
    for finding in first:
        while index < len(then) and then[index].end <= finding.offset:
            index += 1
        result += (finding.part(low, high) for low, high in _outside(finding.offset, finding.end, then, index))
    return tuple(sorted(result))


def _outside(start: int, end: int, holes: Sequence[Finding], index: int) -> Iterator[tuple[int, int]]:
    """The parts of `[start, end)` that no hole covers; `holes[index]` is the first that ends behind `start`."""
    while start < end:
        stop = min(end, holes[index].offset) if index < len(holes) else end
        if start < stop:
            yield start, stop
        if index >= len(holes):
            return
        start = max(start, holes[index].end)
        index += 1
