"""What must hold of planning and blanking, whatever the bytes are."""

from zlib import crc32

from redaction.blanking import BlankedReader, blank
from redaction.containers.png_chunks import SIGNATURE
from redaction.errors import UnsupportedMedia
from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader

READS_PER_BYTE = 64
"""Bytes that planning may read for each byte of the file (and 1 MiB in all cases); it walks, it does not search."""


class NotHeld(AssertionError):
    """A property that an input breaks; the message is a fixed phrase."""


class CountingReader:
    """A reader that refuses senseless ranges, and more reading than the size of the file explains."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = READS_PER_BYTE * len(data) + (1 << 20)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        """See `Reader.read`."""
        if offset < 0 or length < 0:
            raise NotHeld("a negative offset or length was read")
        found = self._data[offset : offset + length]
        self._left -= len(found) + 1
        if self._left < 0:
            raise NotHeld("planning reads too much")
        return found


def holds(data: bytes) -> None:
    """What must hold of these bytes must hold, too, of the same file with right checksums: parsers go deeper there."""
    _holds(data)
    if data.startswith(SIGNATURE) and (repaired := _repaired(data)) != data:
        _holds(repaired)


def _repaired(data: bytes) -> bytes:
    """A PNG with the checksum that each of its chunks should have."""
    fixed, start = bytearray(data), len(SIGNATURE)
    while start + 12 <= len(data):
        end = start + 8 + int.from_bytes(data[start : start + 4])
        if end + 4 > len(data):
            break
        fixed[end : end + 4] = crc32(data[start + 4 : end]).to_bytes(4)
        start = end + 4
    return bytes(fixed)


def _holds(data: bytes) -> None:
    """Planning ends with a plan or UnsupportedMedia; blanking keeps the length and leaves nothing to blank."""
    try:
        planned = plan(CountingReader(data))
    except UnsupportedMedia:
        return
    redacted = b"".join(blank([data], planned.findings))
    if len(redacted) != len(data) or planned.size != len(data):
        raise NotHeld("the length changed")
    if BlankedReader(BytesReader(data), planned.findings).read(0, len(data)) != redacted:
        raise NotHeld("the blanked reader reads something else than what is written")
    if any(before.end > after.offset for before, after in zip(planned.findings, planned.findings[1:], strict=False)):
        raise NotHeld("findings overlap or are out of order")
    if any(finding.end > len(data) for finding in planned.findings):
        raise NotHeld("a finding passes the end")
    again = plan(BytesReader(redacted))
    if again.outcome is Outcome.CLEAN and again.findings:
        raise NotHeld(f"a second plan blanks more: {again.findings[0].what}")
