"""Write the plan's fillers into a file that streams by: same length, every other byte untouched."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from redaction.finding import Finding, filler_bytes
from redaction.reader import Reader


class Blanker:
    """Blanks consecutive chunks of one file from offset `start` on; `findings` are a plan's: ordered and disjoint."""

    def __init__(self, findings: Sequence[Finding], start: int = 0) -> None:
        self._findings = findings
        self._next = 0
        self._position = start

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


class BlankedReader:
    """The redacted file as a reader, without writing it: for second readers and searches."""

    def __init__(self, reader: Reader, findings: Sequence[Finding]) -> None:
        self._reader, self._findings = reader, findings
        self._starts = [finding.offset for finding in findings]

    @property
    def size(self) -> int:
        """Length in bytes, the original's."""
        return self._reader.size

    def read(self, offset: int, length: int) -> bytes:
        """See `Reader.read`."""
        chunk = self._reader.read(offset, length)
        first = max(0, bisect_right(self._starts, offset) - 1)
        return Blanker(self._findings[first:], offset).apply(chunk)
