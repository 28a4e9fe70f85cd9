"""XMP packets: RDF/XML in which any value may tell place, person or tool. Values that are not known go; names stay.

Source: XMP part 1 (ISO 16684-1) section 7, part 3 section 1.1.3 (extended XMP).
"""

from collections.abc import Iterator
from re import compile as regex
from typing import Final

from redaction.errors import MalformedMedia
from redaction.finding import SPACE, Finding, structure
from redaction.limits import METADATA_BYTES
from redaction.metadata.xml import XMLNS, Part, Span, spans
from redaction.metadata.xmp_properties import EXTENDED_GUID, HARMLESS, NAMESPACES, RDF
from redaction.reader import Reader
from redaction.walk import Walk

GUID_BYTES: Final = 32
GUID_FILLER: Final = structure(b"0" * GUID_BYTES)
"""Instead of an extended packet's GUID, which is an MD5 of what was removed."""

_EMPTY: Final = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
_BOM: Final = b"\xef\xbb\xbf"
_GUID: Final = regex(rb"[0-9A-Fa-f]{32}")
_BLANK: Final = regex(rb"[ \t\r\n]*")
_XPACKET: Final = regex(
    rb"[ \t]+(?:begin=(['\"])(?:\xef\xbb\xbf)?\1[ \t]+id=(['\"])W5M0MpCehiHzreSzNTczkc9d\2|end=(['\"])[rw]\3)[ \t]*"
)
_DECLARATION: Final = regex(rb" version=(['\"])1\.0\1(?: encoding=(['\"])(?:UTF|utf)-8\2)?[ ]*")
_INSTRUCTIONS: Final = {"xpacket": _XPACKET, "xml": _DECLARATION}


def find(reader: Reader, walk: Walk, what: str) -> Iterator[Finding]:
    """Values to blank in a packet. One that is not plain UTF-8 XML (UTF-16, a document type, …) is emptied whole."""
    if reader.size > METADATA_BYTES:
        yield from emptied(0, reader.size, what)
        return
    packet = reader.read(0, reader.size)
    try:
        findings = list(_values(packet, walk, what))
    except (MalformedMedia, UnicodeDecodeError):
        findings = list(emptied(0, reader.size, what))
    yield from findings


def emptied(offset: int, size: int, what: str) -> Iterator[Finding]:
    """A packet without properties, where there is room for one, and spaces."""
    if size:
        yield Finding(offset, size, what, SPACE)
    if size >= len(_EMPTY):
        yield Finding(offset, len(_EMPTY), what, structure(_EMPTY))


def _values(packet: bytes, walk: Walk, what: str) -> Iterator[Finding]:
    packet.decode("utf-8")
    text = packet.rstrip(b"\0")  # some writers end the packet like a string
    start = len(_BOM) if text.startswith(_BOM) else 0
    for span in spans(text[start:], walk):
        value = text[start + span.start : start + span.end]
        low, high = start + span.start, start + span.end
        if b"\0" in value:
            raise MalformedMedia("a NUL in XML", low)
        if _BLANK.fullmatch(value) or _harmless(span, value):
            continue
        if EXTENDED_GUID in {span.name, *span.path} and _GUID.fullmatch(value):
            yield Finding(low, high - low, f"{what}/extended-guid/derived", GUID_FILLER)
        else:
            yield Finding(low, high - low, what, SPACE)


def _harmless(span: Span, value: bytes) -> bool:
    if span.part is Part.COMMENT:
        return False
    if span.part is Part.INSTRUCTION:
        form = _INSTRUCTIONS.get(span.name[1])
        return form is not None and form.fullmatch(value) is not None
    if span.name[0] == XMLNS:
        return value.decode("utf-8") in NAMESPACES
    name = span.name
    if span.part is Part.TEXT:
        name = next((outer for outer in reversed(span.path) if outer[0] != RDF), ("", ""))
    form = HARMLESS.get(name)
    return form is not None and form.fullmatch(value) is not None
