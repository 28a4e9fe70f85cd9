"""Order findings and settle who has a byte that several of them claim."""

from collections.abc import Iterable
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
        ahead = index
        while start < blank.end:
            stop = min(blank.end, fixed[ahead].offset) if ahead < len(fixed) else blank.end
            if start < stop:
                result.append(Finding(start, stop - start, blank.what, blank.filler))
            if ahead >= len(fixed):
                break
            start = max(start, fixed[ahead].end)
            ahead += 1
    return tuple(sorted(result))
