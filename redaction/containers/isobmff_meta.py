"""User data and metadata boxes: `udta`, `meta` (keys and items, iTunes items, XML, still images), `uuid`.

What cannot be parsed here is turned into `free` as a whole: it is metadata, no decoder needs it.
"""

from collections.abc import Iterator

from redaction.containers.isobmff_boxes import Box, Search, only
from redaction.containers.isobmff_names import (
    BLANKED,
    KEPT_UUIDS,
    UDTA_KEPT,
    UUID_NAMES,
    udta_name,
)
from redaction.errors import MalformedMedia
from redaction.finding import SPACE, Finding
from redaction.metadata.quicktime_keys import KEPT, WHAT

_LONGEST_KEPT = 128  # bytes of a make or model that is kept


def uuid(search: Search, box: Box) -> Iterator[Finding]:
    """Keep the extensions that decoding needs; the rest becomes `free`."""
    kind = search.reader.read(box.body, min(16, box.end - box.body))
    if kind not in KEPT_UUIDS:
        yield from search.free(box, f"mp4/uuid/{UUID_NAMES.get(kind, 'unknown')}")


def user_data(search: Search, udta: Box) -> Iterator[Finding]:
    """Withhold all user data but the camera's make and model."""
    try:
        findings = list(_user_data(search, udta))
    except MalformedMedia:
        findings = list(search.free(udta, "mp4/udta"))
    yield from findings


def _user_data(search: Search, udta: Box) -> Iterator[Finding]:
    boxes, end = search.children(udta.body, udta.end)
    for box in boxes:
        if box.kind == b"meta":
            yield from metadata(search, box, "mp4/udta/meta")
        elif box.kind in BLANKED:
            yield from search.blank(box.body, box.end, "mp4/free")
        elif box.kind not in UDTA_KEPT or box.end - box.body > _LONGEST_KEPT:
            yield from search.free(box, f"mp4/udta/{udta_name(box.kind)}")
    yield from search.blank(end, udta.end, "mp4/udta/slack")


def metadata(search: Search, meta: Box, what: str = "mp4/meta") -> Iterator[Finding]:
    """Withhold what a `meta` box holds; the box itself, its handler and its list of known keys stay."""
    try:
        findings = list(_metadata(search, meta, what))
    except MalformedMedia:
        findings = list(search.free(meta, what))
    yield from findings


def _metadata(search: Search, meta: Box, what: str) -> Iterator[Finding]:
    # ISO has a version and flags before the children, QuickTime has not
    full = search.reader.read(meta.body + 4, 4) != b"hdlr" and search.reader.read(meta.body + 8, 4) == b"hdlr"
    boxes, end = search.children(meta.body + (4 if full else 0), meta.end)
    hdlr, keys, items = (only(boxes, kind) for kind in (b"hdlr", b"keys", b"ilst"))
    if hdlr is None:
        raise MalformedMedia("metadata without a handler", meta.offset)
    by_key = search.field(hdlr, 8, 4) == b"mdta" and keys is not None
    names: list[bytes] = []
    for box in boxes:
        if box is hdlr:
            yield from search.blank(hdlr.body + 24, hdlr.end, "mp4/hdlr")
        elif box is keys and by_key:
            names, findings = _keys(search, box)
            yield from findings
        elif box.kind in BLANKED:
            yield from search.blank(box.body, box.end, "mp4/free")
        elif box is not items:
            yield from search.free(box, f"{what}/{'unknown' if box.kind != b'keys' else 'keys'}")
    if items is not None:
        yield from _items(search, items, what, names if by_key else None)
    yield from search.blank(end, meta.end, "mp4/meta/slack")


def _keys(search: Search, keys: Box) -> tuple[list[bytes], list[Finding]]:
    """The names that items refer to by number, and findings that blank the names that we do not know."""
    names: list[bytes] = []
    findings: list[Finding] = []
    boxes, end = search.children(keys.body + 8, keys.end)
    for box in boxes:
        name = search.payload(box)
        names.append(name)
        if name not in KEPT and name not in WHAT:
            findings += search.blank(box.body, box.end, "mp4/meta/keys", SPACE)
    findings += search.blank(end, keys.end, "mp4/meta/slack")
    return names, findings


def _items(search: Search, items: Box, what: str, names: list[bytes] | None) -> Iterator[Finding]:
    boxes, end = search.children(items.body, items.end)
    for item in boxes:
        if item.kind in BLANKED:
            yield from search.blank(item.body, item.end, "mp4/free")
        elif names is None:
            yield from search.free(item, f"{what}/{udta_name(item.kind)}")
        else:
            number = int.from_bytes(item.kind)
            name = names[number - 1] if 0 < number <= len(names) else b""
            if name not in KEPT or not _plain(search, item):
                yield from search.free(item, f"{what}/{WHAT.get(name, 'item')}")
    yield from search.blank(end, items.end, "mp4/meta/slack")


def _plain(search: Search, item: Box) -> bool:
    """Whether an item is one short value and nothing else."""
    boxes, end = search.children(item.body, item.end)
    return len(boxes) == 1 and boxes[0].kind == b"data" and end == item.end and end - item.body <= _LONGEST_KEPT
