"""Write the plan's fillers into a file that streams by: same length, every other byte untouched."""

from collections.abc import Iterable, Iterator, Sequence

from redaction.finding import Finding, filler_bytes


class Blanker:
    """Blanks consecutive chunks of one file; `findings` are ordered and disjoint, as a plan has them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = findings
        self._next = 0
        self._position = 0

    def apply(self, chunk: bytes) -> bytes:
        """The next chunk of the file, blanked where the plan says so."""
        start, end = self._position, self._position + len(chunk)
        self._position = end
        blanked: bytearray | None = None
        while self._next < len(self._findings):
            finding = self._findings[self._next]
            if finding.offset >= end:
                break
            low, high = max(finding.offset, start), min(finding.end, end)
            if low < high:
                blanked = bytearray(chunk) if blanked is None else blanked
                blanked[low - start : high - start] = _filler_slice(finding, low, high)
            if finding.end > end:
                break
            self._next += 1
        return chunk if blanked is None else bytes(blanked)


def blank(chunks: Iterable[bytes], findings: Sequence[Finding]) -> Iterator[bytes]:
    """A file's chunks with the findings' ranges blanked; lengths are kept."""
    blanker = Blanker(findings)
    for chunk in chunks:
        yield blanker.apply(chunk)


def _filler_slice(finding: Finding, low: int, high: int) -> bytes:
    if finding.filler.startswith("hex:"):
        return filler_bytes(finding.filler, finding.length)[low - finding.offset : high - finding.offset]
    return filler_bytes(finding.filler, high - low)
