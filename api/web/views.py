"""What a page is given, and what it gives back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

RECEIPT_DIGITS: Final = 16
CLEAN: Final = "clean"
"""The one outcome that means the file was read to its end. Pages take every other word as `unstripped`."""

_RECEIPT: Final = re.compile(r"[0-9]{16}")


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page: the document, and every header it must be served with."""

    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ExhibitView:
    """One file as its source may see it.

    `size_bytes` and `sha256` (64 hex digits) are of the redacted file; `removed` are technical paths such as
    `jpeg/exif/gps`; `outcome` is `clean` or `unstripped`.
    """

    number: int
    media_type: str
    size_bytes: int
    sha256: str
    removed: tuple[str, ...]
    outcome: str

    @property
    def unstripped(self) -> bool:
        """Whether the file could not be read to its end, and may still hold the place."""
        return self.outcome != CLEAN


@dataclass(frozen=True, slots=True)
class ReportView:
    """A case as its source may see it. `statement` says only that there is one: its words are never shown again.

    `keep_place` is None where it is not known any more. `refused` are the places (from 1), in the order in which they
    were sent, of files that were not kept because they are of no accepted kind. `confirmed` is False when everything is
    sealed, but the public log does not show it yet. `scope` is whom the source lets have the case; `code` is for the
    one lawyer of `my-lawyer`, and empty else.

    Raises:
        ValueError: the receipt is not 16 digits; to show a wrong one would lose the case for its source.

    """

    case: str
    receipt: str
    exhibits: tuple[ExhibitView, ...]
    keep_place: bool | None
    statement: bool
    refused: tuple[int, ...] = ()
    scope: str = "partner-lawyers"
    code: str = ""
    confirmed: bool = True

    def __post_init__(self) -> None:
        if _RECEIPT.fullmatch(self.receipt) is None:
            raise ValueError("a receipt is 16 digits")

    @property
    def receipt_groups(self) -> tuple[str, ...]:
        """The receipt as people copy it: four groups of four digits."""
        return tuple(self.receipt[start : start + 4] for start in range(0, RECEIPT_DIGITS, 4))
