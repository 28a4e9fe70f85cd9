"""References between items (`iref`) and groups of them (`grpl`): ISO/IEC 14496-12 sections 8.11.12 and 8.15."""

from collections.abc import Iterator

from redaction.containers.heif_names import GROUPS, REFERENCES
from redaction.containers.isobmff_boxes import FREE, Box, Search
from redaction.containers.isobmff_names import BLANKED
from redaction.errors import MalformedMedia
from redaction.finding import Finding

References = dict[bytes, dict[int, list[int]]]
"""By kind and by the item that refers: the items that it refers to."""


def read_references(search: Search, iref: Box) -> tuple[References, list[Finding]]:
    """All references, and findings in what is no reference."""
    result: References = {}
    findings: list[Finding] = []
    width = 4 if search.reader.read(iref.body, 1) == b"\1" else 2
    boxes, end = search.children(iref.body + 4, iref.end)
    for box in boxes:
        data = search.payload(box)
        count = int.from_bytes(data[width : width + 2])
        stop = width + 2 + count * width
        if stop > len(data):
            raise MalformedMedia("a table ends early or is too long", box.offset)
        numbers = [int.from_bytes(data[place : place + width]) for place in range(width + 2, stop, width)]
        search.count_entries(count)
        result.setdefault(box.kind, {}).setdefault(int.from_bytes(data[:width]), []).extend(numbers)
        if box.kind not in REFERENCES and box.kind not in BLANKED:  # readers refuse one that refers to nothing
            findings.append(Finding(box.offset + 4, 4, "heif/reference", FREE))
        findings += search.blank(box.body + stop, box.end, "heif/slack")
    findings += search.blank(end, iref.end, "heif/slack")
    return result, findings


def groups(search: Search, grpl: Box) -> Iterator[Finding]:
    """Findings in groups: those of unknown kinds, and what follows the list of items."""
    boxes, end = search.children(grpl.body, grpl.end)
    for box in boxes:
        if box.kind in BLANKED:
            yield from search.blank(box.body, box.end, "heif/free")
        elif box.kind not in GROUPS:
            yield from search.free(box, "heif/group")
        else:
            count = int.from_bytes(search.reader.read(box.body + 8, 4))
            stop = box.body + 12 + 4 * count
            if stop > box.end:
                raise MalformedMedia("a table ends early or is too long", box.offset)
            yield from search.blank(stop, box.end, "heif/slack")
    yield from search.blank(end, grpl.end, "heif/slack")
