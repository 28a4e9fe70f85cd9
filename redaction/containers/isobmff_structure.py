"""The structural boxes of a movie or fragment: kept by allow-list, names, paths and slack in them blanked."""

from collections.abc import Collection, Iterator

from redaction.containers.isobmff_boxes import Box, Search
from redaction.containers.isobmff_entries import sample_entries
from redaction.containers.isobmff_meta import metadata, user_data, uuid
from redaction.containers.isobmff_names import BLANKED, CONTAINERS, FIXED, GROUPINGS, TABLES
from redaction.errors import MalformedMedia
from redaction.finding import Finding

_GROUP_BYTES = 20  # longest description of a sample group in GROUPINGS
_HANDLER_NAME = 24  # bytes of a handler box before its name


def structure_of(search: Search, parent: Box, *, skip: Collection[Box] = (), video: bool = False) -> Iterator[Finding]:
    """Findings in a structural box and all below it, except in the boxes of `skip`.

    `video` says whether sample entries below are of video, otherwise they are of sound.
    """
    allowed = CONTAINERS[parent.kind]
    boxes, end = search.children(parent.body, parent.end)
    for box in boxes:
        if box in skip:
            continue
        if box.kind in BLANKED:
            yield from search.blank(box.body, box.end, "mp4/free")
        elif box.kind == b"udta":
            yield from user_data(search, box)
        elif box.kind == b"meta":
            yield from metadata(search, box)
        elif box.kind == b"uuid":
            yield from uuid(search, box)
        elif box.kind not in allowed:
            yield from search.free(box, "mp4/unknown")
        elif box.kind in CONTAINERS:
            yield from structure_of(search, box, skip=skip, video=video)
        else:
            yield from _leaf(search, box, video=video)
    yield from search.blank(end, parent.end, "mp4/slack")


def _leaf(search: Search, box: Box, *, video: bool) -> Iterator[Finding]:
    if box.kind == b"hdlr":
        yield from search.blank(box.body + _HANDLER_NAME, box.end, "mp4/hdlr")
    elif box.kind == b"dref":
        yield from _data_references(search, box)
    elif box.kind == b"stsd":
        yield from sample_entries(search, box, video=video)
    elif box.kind in TABLES or box.kind == b"stsz":
        yield from _slack(search, box, TABLES.get(box.kind, (12, 4)))
    elif box.kind in {b"sgpd", b"sbgp"}:
        yield from _groups(search, box)
    elif box.kind == b"elst":
        yield from _slack(search, box, (8, 20 if search.reader.read(box.body, 1) == b"\1" else 12))
    elif box.kind in FIXED:
        version = search.reader.read(box.body, 1) == b"\1"
        yield from search.blank(box.body + FIXED[box.kind][version], box.end, "mp4/slack")


def _data_references(search: Search, dref: Box) -> Iterator[Finding]:
    """Paths and volume names: everything after version and flags of each entry."""
    search.field(dref, 0, 8)
    boxes, end = search.children(dref.body + 8, dref.end)
    for box in boxes:
        yield from search.blank(box.body + 4, box.end, "mp4/dref")
    yield from search.blank(end, dref.end, "mp4/slack")


def index_slack(search: Search, sidx: Box) -> Iterator[Finding]:
    """What follows the entries of a segment index (section 8.16.3), whose number has 16 bits."""
    head = 32 if search.field(sidx, 0, 1) == b"\1" else 24
    count = int.from_bytes(search.field(sidx, head - 2, 2))
    yield from search.blank(min(sidx.body + head + 12 * count, sidx.end), sidx.end, "mp4/slack")


def _groups(search: Search, box: Box) -> Iterator[Finding]:
    """A description of sample groups, or which samples are in them."""
    version = search.field(box, 0, 1)[0]
    if search.field(box, 4, 4) not in GROUPINGS or (box.kind == b"sgpd" and version != 1):
        yield from search.free(box, "mp4/unknown")
    elif box.kind == b"sbgp":
        yield from _slack(search, box, (16 if version == 1 else 12, 8))
    else:
        width = int.from_bytes(search.field(box, 8, 4))
        if not 0 < width <= _GROUP_BYTES:
            yield from search.free(box, "mp4/unknown")
        else:
            yield from _slack(search, box, (16, width))


def _slack(search: Search, table: Box, layout: tuple[int, int]) -> Iterator[Finding]:
    head, width = layout
    if table.kind == b"stsz" and search.reader.read(table.body + 4, 4) != bytes(4):
        width = 0  # one size for all
    count = int.from_bytes(search.reader.read(table.body + head - 4, 4))
    end = table.body + head + count * width
    if end > table.end:
        raise MalformedMedia("a table ends early or is too long", table.offset)
    yield from search.blank(end, table.end, "mp4/slack")
