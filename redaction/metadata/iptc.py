"""IPTC-IIM 4.2: datasets `1C record dataset length value`. Texts become spaces; the structure stays."""

from collections.abc import Iterator
from re import compile as regex
from typing import Final

from redaction.finding import SPACE, ZERO, Finding
from redaction.reader import Reader
from redaction.walk import Walk

_MARKER: Final = 0x1C
_HEADER_BYTES: Final = 5
_LONGEST: Final = 0x7FFF  # a longer value is an extended dataset, IIM 1.5.3(d); none of those is known to be harmless

_HARMLESS: Final = {
    (1, 0): regex(rb"[\s\S]{2}"),  # record version
    (1, 90): regex(rb"\x1b%G|\x1b\(B|\x1b\.A"),  # coded character set
    (2, 0): regex(rb"[\s\S]{2}"),  # record version
    (2, 55): regex(rb"[0-9]{8}"),  # date created; the time (2:60) tells the zone
}


def find(reader: Reader, walk: Walk, what: str) -> Iterator[Finding]:
    """The values of all datasets but the harmless ones; what is no dataset is blanked whole."""
    position = 0
    while position < reader.size:
        walk.node(position)
        head = reader.read(position, _HEADER_BYTES)
        length = int.from_bytes(head[3:5], "big")
        value = position + _HEADER_BYTES
        if len(head) < _HEADER_BYTES or head[0] != _MARKER or length > _LONGEST or value + length > reader.size:
            yield Finding(position, reader.size - position, f"{what}/unreadable", ZERO)
            return
        harmless = _HARMLESS.get((head[1], head[2]))
        if length and not (harmless and harmless.fullmatch(reader.read(value, length))):
            yield Finding(value, length, what, SPACE)
        position = value + length
