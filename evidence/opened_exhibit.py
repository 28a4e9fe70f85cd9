"""An opened exhibit against its record, in one pass over its bytes: length, hash, redaction, and the original.

Where the source kept the place, the withheld ranges are put back while the bytes pass, and the result must have the
hash that was written down when the original arrived.
"""

import hashlib
from collections.abc import Iterable, Iterator

from evidence.errors import EvidenceError, SegmentError
from evidence.exhibit import BLOCK, ExhibitRecord, parse_withheld
from evidence.segments import RootBuilder, restore


class OpenedExhibit:
    """Give the bytes to `read`, then look at `matches`, `redaction_faults` and `opened` (how many ranges were)."""

    def __init__(self, record: ExhibitRecord) -> None:
        self.size = 0
        self.opened = 0
        self.redaction_faults: list[str] = []
        self._record = record
        self._digest = hashlib.sha256()
        self._root: RootBuilder | None = None
        try:
            self._root = RootBuilder(BLOCK, record.withheld, record.media_bytes)
        except SegmentError as error:
            self.redaction_faults.append(error.reason)

    @property
    def matches(self) -> bool:
        """Whether what was read has the length and hash that the record gives."""
        return (self.size, self._digest.digest()) == (self._record.media_bytes, self._record.media_sha256)

    def read(self, chunks: Iterable[bytes], withheld: bytes | None) -> None:
        """Take the whole exhibit, and `withheld.json` if it was released; what `chunks` raises is passed on."""
        passing = self._passing(chunks)
        if withheld is not None:
            self._restore(passing, withheld)
        for _ in passing:  # what nothing was restored from, or what is left behind a fault
            pass
        self._finish()

    def _passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._digest.update(chunk)
            self.size += len(chunk)
            if self._root is not None:
                try:
                    self._root.update(chunk)
                except SegmentError as error:
                    self._root = None
                    self.redaction_faults.append(error.reason)
            yield chunk

    def _restore(self, passing: Iterator[bytes], withheld: bytes) -> None:
        try:
            expected, segments = parse_withheld(withheld)
        except EvidenceError as error:
            self.redaction_faults.append(error.reason)
            return
        original = hashlib.sha256()
        try:
            for chunk in restore(passing, self._record.withheld, segments):
                original.update(chunk)
        except SegmentError as error:
            self.redaction_faults.append(error.reason)
            return
        self.opened = len(segments)
        if original.digest() != expected:
            self.redaction_faults.append("with the opened ranges it is not the original whose hash was kept")

    def _finish(self) -> None:
        if self._root is None:
            return
        try:
            if self._root.finish() != self._record.root:
                self.redaction_faults.append("the tree over its bytes has another root")
        except SegmentError as error:
            self.redaction_faults.append(error.reason)
