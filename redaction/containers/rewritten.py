"""The file as it will be after redaction, for checksums that have to follow what was blanked."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from redaction.blanking import Blanker
from redaction.disjoint import disjoint
from redaction.finding import Finding
from redaction.reader import Reader

_CHUNK_BYTES: Final = 1 << 20


class Rewritten:
    """What stands in `reader` once `findings` (in any order, overlapping as `disjoint` allows) are applied."""

    def __init__(self, reader: Reader, findings: Iterable[Finding]) -> None:
        self._reader = reader
        self._findings = disjoint(findings)
        self._starts = [finding.offset for finding in self._findings]
        self._ends = [finding.end for finding in self._findings]

    def touched(self, start: int, end: int) -> bool:
        """Whether a finding has a byte in `[start, end)`."""
        return bisect_right(self._ends, start) < bisect_left(self._starts, end)

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes of `[start, end)` in pieces."""
        for offset in range(start, end, _CHUNK_BYTES):
            chunk = self._reader.read(offset, min(_CHUNK_BYTES, end - offset))
            first, last = bisect_right(self._ends, offset), bisect_left(self._starts, offset + len(chunk))
            yield Blanker(self._findings[first:last], offset).apply(chunk)
