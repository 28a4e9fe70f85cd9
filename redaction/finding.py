"""What the parsers report: a byte range that carries location or identity, and what shall stand there instead."""

from dataclasses import dataclass
from enum import StrEnum

from redaction.limits import HEX_FILLER_BYTES

ZERO = "zero"
SPACE = "space"


class Outcome(StrEnum):
    """What may be said of a file after its findings are blanked."""

    CLEAN = "clean"
    """Parsed to its end; nothing that identifies place or person is left that this version or a second reader finds."""
    UNSTRIPPED = "unstripped"
    """Not parsed to its end, or a second reader still finds something: sealed whole, never released by default."""


def structure(filler: bytes) -> str:
    """The `hex:` filler that writes exactly these bytes (a `free` box's type, an emptied IFD's head)."""
    if not 0 < len(filler) <= HEX_FILLER_BYTES:
        raise ValueError("a structure filler has 1 to 64 bytes")
    return "hex:" + filler.hex()


def filler_bytes(filler: str, length: int) -> bytes:
    """The bytes that `filler` puts into a range of `length` bytes; ValueError when they do not fit."""
    if filler == ZERO:
        return bytes(length)
    if filler == SPACE:
        return b" " * length
    kind, _, digits = filler.partition(":")
    data = bytes.fromhex(digits)
    if kind != "hex" or len(data) != length or not 0 < length <= HEX_FILLER_BYTES:
        raise ValueError("not a filler for this length")
    return data


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A range to withhold.

    `offset` and `length` are bytes of the reader that was searched; `what` names the field as a path of container,
    place and field (`jpeg/exif/gps`, `mp4/udta/©xyz`), never its value; `filler` is `zero`, `space` or `hex:…`.
    """

    offset: int
    length: int
    what: str
    filler: str = ZERO

    def __post_init__(self) -> None:
        if self.offset < 0 or self.length <= 0:
            raise ValueError("a finding covers at least one byte")
        if self.filler not in {ZERO, SPACE}:
            filler_bytes(self.filler, self.length)

    @property
    def end(self) -> int:
        """The offset just past the range."""
        return self.offset + self.length

    def part(self, start: int, end: int) -> "Finding":
        """The part of the finding in `[start, end)`, which lies inside; a structure filler is cut with it."""
        filler = self.filler
        if filler.startswith("hex:"):
            filler = "hex:" + filler[4 + 2 * (start - self.offset) : 4 + 2 * (end - self.offset)]
        return Finding(start, end - start, self.what, filler)

    def shifted(self, by: int) -> "Finding":
        """The same finding seen from a reader in which this one starts at `by`."""
        return Finding(self.offset + by, self.length, self.what, self.filler)
