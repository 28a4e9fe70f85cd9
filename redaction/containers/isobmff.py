"""ISO base media and QuickTime files: MP4, MOV, 3GP, M4V."""

from collections.abc import Iterator
from typing import Final

from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_STILL_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1", b"avif", b"avis", b"avci", b"jpeg", b"miaf", b"crx "})
_QUICKTIME_STARTS: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    kind = head[4:8]
    if kind in {b"ftyp", b"styp"}:
        return len(head) >= 12 and head[8:12] not in _STILL_BRANDS
    return kind in _QUICKTIME_STARTS


def media_type(reader: Reader) -> str:
    """The IANA media type by major brand; files without brands are QuickTime."""
    head = reader.read(0, 12)
    if head[4:8] not in {b"ftyp", b"styp"} or head[8:12] == b"qt  ":
        return "video/quicktime"
    return "video/3gpp" if head[8:11] in {b"3gp", b"3gr", b"3gs", b"3ge", b"3gg"} else "video/mp4"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold."""
    walk.node(0)
    yield from ()
    raise MalformedMedia("not parsed yet", reader.size)
