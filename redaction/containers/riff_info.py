"""LIST INFO, and dates of recording: what AVI and WAV have in common.

Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft), chapter 2, "INFO List Chunk".
"""

from collections.abc import Iterator
from re import compile as regex
from typing import Final

from redaction.containers.riff_chunks import FORM_BYTES, HEADER_BYTES, Chunk, beyond, chunks, junk, padding
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_KNOWN: Final = frozenset(
    {
        *(b"IARL", b"IART", b"ICMS", b"ICMT", b"ICOP", b"ICRD", b"ICRP", b"IDIM", b"IDPI", b"IENG", b"IGNR", b"IKEY"),
        *(b"ILGT", b"ILNG", b"ILOC", b"IMED", b"INAM", b"IPLT", b"IPRD", b"IPRT", b"ISBJ", b"ISFT", b"ISHP", b"ISRC"),
        *(b"ISRF", b"ITCH", b"ITRK"),
    }
)
_NAMES: Final = {
    b"IARL": "location",
    b"ILOC": "location",
    b"IART": "artist",
    b"ICMS": "person",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"IENG": "person",
    b"INAM": "title",
    b"ISFT": "software",
    b"ITCH": "person",
}
"""What a value is called in the record; any other is a `text`."""
_DATE_BYTES: Final = 40
_DATE: Final = regex(
    rb"(?:[0-9]{4}[:/-][0-9]{2}[:/-][0-9]{2}(?:[ T]?[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?"
    rb"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]?[0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}\n?)\x00*"
)


def find(reader: Reader, chunk: Chunk, walk: Walk, what: str) -> Iterator[Finding]:
    """Everything to withhold in a LIST of type INFO: all values but a date of creation without a zone."""
    try:
        inside = list(chunks(reader, chunk.start + FORM_BYTES - HEADER_BYTES, chunk.end, walk))
    except MalformedMedia:
        yield from junk(chunk, f"{what}/unreadable")
        return
    for item in inside:
        if item.kind not in _KNOWN:
            yield from junk(item, f"{what}/unknown-chunk")
        elif item.kind == b"ICRD" and is_date(reader, item):
            yield from padding(item)
        else:
            yield from beyond(item, 0, f"{what}/{_NAMES.get(item.kind, 'text')}")
    yield from padding(chunk)


def is_date(reader: Reader, chunk: Chunk) -> bool:
    """Whether a chunk holds a date, with or without a time, in one of the forms that cameras write; no zone."""
    return chunk.length <= _DATE_BYTES and _DATE.fullmatch(reader.read(chunk.start, chunk.length)) is not None
