"""Item information (`iinf`, ISO/IEC 14496-12 section 8.11.6): the number and kind of each item; names are blanked."""

from collections.abc import Iterator
from typing import NamedTuple

from redaction.containers.heif_names import CONTENT_TYPES, ITEM_NAMES
from redaction.containers.isobmff_boxes import Box, Search
from redaction.containers.isobmff_names import BLANKED
from redaction.errors import MalformedMedia
from redaction.finding import SPACE, Finding


class Entry(NamedTuple):
    """An item's number and type; for `mime` items also their content type, and whether they are compressed."""

    number: int
    kind: bytes
    content_type: bytes = b""
    encoded: bool = False


class _Strings:
    """The NUL-terminated strings at the end of an entry; the last one's NUL may be missing."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self.position = position

    def next(self) -> tuple[int, int]:
        """Start and end of the next string, without its NUL."""
        start = min(self.position, len(self._data))
        end = self._data.find(b"\0", start)
        end = len(self._data) if end < 0 else end
        self.position = min(end + 1, len(self._data))
        return start, end


def read_entries(search: Search, iinf: Box) -> tuple[list[Entry], list[Finding]]:
    """All items, and findings in their names and types. MalformedMedia when an item is listed twice or not readable."""
    entries: dict[int, Entry] = {}
    findings: list[Finding] = []
    boxes, end = search.children(iinf.body + (6 if search.reader.read(iinf.body, 1) == b"\0" else 8), iinf.end)
    for box in boxes:
        if box.kind == b"infe":
            entry, found = _entry(search, box)
            if entry.number in entries:
                raise MalformedMedia("an item stands twice", box.offset)
            entries[entry.number] = entry
            findings += found
        elif box.kind in BLANKED:
            findings += search.blank(box.body, box.end, "heif/free")
        else:
            findings += search.free(box, "heif/unknown")
    findings += search.blank(end, iinf.end, "heif/slack")
    return list(entries.values()), findings


def _entry(search: Search, box: Box) -> tuple[Entry, list[Finding]]:
    data = search.payload(box)
    version = data[0] if data else 255
    wide = 4 if version == 3 else 2
    head = 4 + wide + 2 + (4 if version >= 2 else 0)
    if version > 3 or len(data) < head:
        raise MalformedMedia("an item is not understood", box.offset)
    if any(data[4 + wide : 6 + wide]):
        raise MalformedMedia("an encrypted item", box.offset)
    kind = data[head - 4 : head] if version >= 2 else b"mime"
    strings = _Strings(data, head)
    entry = Entry(int.from_bytes(data[4 : 4 + wide]), kind)
    name = strings.next()
    blanked = [] if data[slice(*name)] in ITEM_NAMES else [name]
    if kind == b"mime":
        content_type, encoding = strings.next(), strings.next()
        entry = entry._replace(content_type=_word(data, content_type), encoded=encoding[0] < encoding[1])
        blanked += [encoding] if entry.content_type in CONTENT_TYPES else [content_type, encoding]
    elif kind == b"uri ":
        blanked.append(strings.next())
    return entry, list(_blanked(search, box, blanked, strings.position))


def _word(data: bytes, place: tuple[int, int]) -> bytes:
    return data[place[0] : place[1]].lower()


def _blanked(search: Search, box: Box, strings: list[tuple[int, int]], end: int) -> Iterator[Finding]:
    """Spaces, because the strings after an emptied one would be read in its stead."""
    for start, stop in strings:
        yield from search.blank(box.body + start, box.body + stop, "heif/item/name", SPACE)
    yield from search.blank(box.body + end, box.end, "heif/slack")
