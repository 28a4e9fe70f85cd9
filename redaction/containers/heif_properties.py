"""Properties of items (`iprp`, ISO/IEC 23008-12 section 6.5): what decoding and showing need stays, the rest goes.

A withheld property becomes `free`, so that the numbers of the others stay. A property that is not understood but
marked essential means that the picture cannot be shown without it: such a file is held back.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers.av1_obus import in_configuration
from redaction.containers.heif_names import AUXILIARY, CONFIGURED, PROPERTIES, PROPERTY_NAMES, named
from redaction.containers.isobmff_boxes import Box, Search, only
from redaction.containers.isobmff_nals import configuration
from redaction.containers.isobmff_names import BLANKED
from redaction.errors import MalformedMedia
from redaction.finding import ZERO, Finding
from redaction.metadata import icc
from redaction.reader import Window

Associations = dict[int, list[Box]]
"""By item: its properties."""

_COLOUR_BYTES: Final = {b"nclx": 11, b"nclc": 10}


def read_properties(search: Search, iprp: Box) -> tuple[Associations, list[Finding]]:
    """The properties of each item, and findings in all of them."""
    findings: list[Finding] = []
    boxes, end = search.children(iprp.body, iprp.end)
    ipco = only(boxes, b"ipco")
    properties: list[Box] = []
    if ipco is not None:
        properties, stop = search.children(ipco.body, ipco.end)
        for box in properties:
            findings += _property(search, box)
        findings += search.blank(stop, ipco.end, "heif/slack")
    associations: Associations = {}
    for box in boxes:
        if box.kind == b"ipma":
            findings += _associate(search, box, properties, associations)
        elif box.kind in BLANKED:
            findings += search.blank(box.body, box.end, "heif/free")
        elif box is not ipco:
            findings += search.free(box, "heif/unknown")
    findings += search.blank(end, iprp.end, "heif/slack")
    return associations, findings


def _associate(search: Search, ipma: Box, properties: list[Box], result: Associations) -> Iterator[Finding]:
    data = search.payload(ipma)
    number, wide = 4 if data[:1] > b"\0" else 2, bool(data[3:4] > b"\0" and data[3] & 1)
    position = 8
    for _ in range(int.from_bytes(data[4:8])):
        search.walk.node(ipma.offset)
        count = data[position + number] if position + number < len(data) else 0
        start, width = position + number + 1, 2 if wide else 1
        stop = start + count * width
        if stop > len(data):
            raise MalformedMedia("a table ends early or is too long", ipma.offset)
        search.count_entries(count)
        item = result.setdefault(int.from_bytes(data[position : position + number]), [])
        for place in range(start, stop, width):
            value = int.from_bytes(data[place : place + width])
            essential, index = divmod(value, 1 << (8 * width - 1))
            if index > len(properties):
                raise MalformedMedia("a property that is not there", ipma.offset)
            if index:
                item.append(properties[index - 1])
                if essential and not _known(properties[index - 1]):
                    raise MalformedMedia("an essential property that is not understood", ipma.offset)
        position = stop
    yield from search.blank(ipma.body + position, ipma.end, "heif/slack")


def _known(box: Box) -> bool:
    return box.kind in PROPERTIES or box.kind in CONFIGURED or box.kind in BLANKED


def _property(search: Search, box: Box) -> Iterator[Finding]:
    if box.kind in BLANKED:
        yield from search.blank(box.body, box.end, "heif/free")
    elif box.kind in PROPERTIES:
        yield from search.blank(min(box.body + PROPERTIES[box.kind], box.end), box.end, "heif/slack")
    elif box.kind in {b"hvcC", b"avcC"}:
        yield from named(configuration(search, box))
    elif box.kind == b"av1C":
        yield from in_configuration(search, box)
    elif box.kind == b"colr":
        yield from _colour(search, box)
    elif box.kind == b"auxC":
        yield from auxiliary(search, box)
    else:
        yield from search.free(box, f"heif/property/{PROPERTY_NAMES.get(box.kind, 'unknown')}")


def _colour(search: Search, box: Box) -> Iterator[Finding]:
    kind = search.reader.read(box.body, 4)
    if kind in _COLOUR_BYTES:
        yield from search.blank(min(box.body + _COLOUR_BYTES[kind], box.end), box.end, "heif/slack")
    elif kind in {b"prof", b"rICC"} and box.end - box.body >= 4:
        view = Window(search.reader, box.body + 4, box.end - box.body - 4)
        yield from (found.shifted(box.body + 4) for found in icc.find(view, search.walk, "heif/icc"))
    else:
        yield from search.free(box, "heif/property/unknown")


def auxiliary(search: Search, box: Box) -> Iterator[Finding]:
    """Keep what kind of auxiliary picture it is (`auxC`, `auxi`); numbers that may follow are not understood."""
    data = search.payload(box, 4)
    length = data.find(b"\0")
    known = AUXILIARY.fullmatch(data[: length if length >= 0 else len(data)]) is not None
    start = length + 1 if known and length >= 0 else 0
    if not known or length >= 0:
        yield from search.blank(box.body + 4 + start, box.end, "heif/property/auxiliary", ZERO)


def configuration_box(properties: list[Box], kinds: frozenset[bytes]) -> Box:
    """The decoder configuration of a picture; MalformedMedia when there is none or there are several."""
    found = [box for box in dict.fromkeys(properties) if box.kind in kinds]
    if len(found) != 1:
        raise MalformedMedia("a picture without its decoder's configuration")
    return found[0]
