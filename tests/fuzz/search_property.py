"""What must hold of the search for what is left, whatever the file is."""

from collections.abc import Iterator
from zlib import compress

from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.leftovers import leftovers
from redaction.reader import BytesReader
from tests.fuzz.redaction_property import NotHeld
from tests.redaction.metadata import tiffs

_PLACE = b"+48.858222+002.294511/"


def holds(data: bytes) -> None:
    """It ends, finds a position that was put into the bytes, and names nothing but what it was told."""
    original = BytesReader(_PLACE + data)
    findings = [Finding(0, len(_PLACE), "place"), *([Finding(len(_PLACE), len(data), "x/gps")] if data else [])]
    try:
        plain = leftovers(original, findings, BytesReader(data))
        with_place = leftovers(original, findings, BytesReader(data + _PLACE))
    except MalformedMedia:
        return
    if any(not word.startswith("raw/") and word not in {"place", "x/gps"} for word in (*plain, *with_place)):
        raise NotHeld("a word that nobody gave")
    if not {"place", "raw/iso6709"} <= set(with_place):
        raise NotHeld("a place is not found")


def seeds() -> Iterator[bytes]:
    """Packed and plain positions."""
    exif = tiffs.block("<", [(0x0112, tiffs.SHORT, b"\1\0")], gps=tiffs.position("<"))
    yield from (exif, compress(exif), b"48.8582, 2.2945", b"freeGPS 1234567", b"NDguODU4Miwgb3IgMi4yOTQ1IGlzIHdoZXJl")
