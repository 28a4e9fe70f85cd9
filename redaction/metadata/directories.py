"""Walk the directories of a TIFF block and decide on every byte of it.

What a table of harmless tags does not name is withheld; what no directory claims is blanked as unreferenced. Whatever
contradicts itself (a withheld value on structure, GPS directories that overlap) raises MalformedMedia.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from redaction.errors import MalformedMedia
from redaction.finding import ZERO, Finding, structure
from redaction.metadata import exif_tags as tags
from redaction.metadata.claims import Claims, Interval, reserve
from redaction.metadata.exif_tags import Harmless
from redaction.metadata.tiff import BYTE, ENTRY_BYTES, HEADER_BYTES, LONG, Block, Entry, ranges
from redaction.reader import Reader, Window
from redaction.walk import Walk

Find = Callable[[Reader, Walk, str], Iterator[Finding]]

DIRECTORIES: Final = 256
"""Most directories that are followed in one block; the bytes of further ones are blanked."""

_USER_COMMENT_PREFIXES: Final = frozenset({b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0", bytes(8)})
_STEP_BYTES: Final = 1 << 16
_GPS_HEAD_BYTES: Final = 2 + ENTRY_BYTES + 4


@dataclass(frozen=True, slots=True)
class Kind:
    """How a directory is read: its harmless tags, and which tags point to directories of which kind."""

    name: str
    harmless: Mapping[int, Harmless]
    pointers: Mapping[int, str] = field(default_factory=dict)


_PHOTO_POINTERS: Final = {tags.EXIF_IFD: "exif", tags.INTEROP_IFD: "interop", tags.SUB_IFDS: "sub"}
EXIF_KINDS: Final[Mapping[str, Kind]] = {
    "main": Kind("main", tags.PHOTO, _PHOTO_POINTERS),
    "exif": Kind("exif", tags.PHOTO, _PHOTO_POINTERS),
    "sub": Kind("sub", tags.PHOTO, _PHOTO_POINTERS),
    "interop": Kind("interop", tags.INTEROP),
}


class Directories:
    """One walk over one block. `nested` are finders for tags whose value has a format of its own.

    `strict` refuses values that share bytes with what stays, where Exif gives up the latter.
    """

    def __init__(
        self,
        block: Block,
        walk: Walk,
        what: str,
        kinds: Mapping[str, Kind],
        nested: Mapping[int, Find],
        *,
        strict: bool = False,
    ) -> None:
        self._block = block
        self._walk = walk
        self._what = what
        self._kinds = kinds
        self._nested = nested
        self._claims = Claims(block.reader.size, strict=strict, is_blank=self._is_blank)
        self._extents: list[Interval] = [(0, HEADER_BYTES)]
        self._waiting: deque[tuple[int, str]] = deque()
        self._gps: list[int] = []
        self._findings: list[Finding] = []

    def findings(self) -> list[Finding]:
        """All findings, starting from the first directory; MalformedMedia when that one cannot be walked."""
        self._claims.structure(0, HEADER_BYTES)
        self._chain()
        while self._waiting:
            offset, kind = self._waiting.popleft()
            self._directory(offset, self._kinds[kind])
        for offset in dict.fromkeys(self._gps):
            self._gps_directory(offset)
        return [*self._findings, *self._claims.findings(f"{self._what}/unreferenced")]

    def _is_blank(self, start: int, end: int) -> bool:
        steps = range(start, end, _STEP_BYTES)
        return not any(any(self._block.reader.read(at, min(_STEP_BYTES, end - at))) for at in steps)

    def _chain(self) -> None:
        """Claim the first directory and those that follow it; a link to what is no directory is blanked."""
        offset, link = self._block.first, 0
        while count := self._directory(offset, self._kinds["main"]):
            if link:
                self._claims.structure(link, link + 4)
            link = offset + 2 + ENTRY_BYTES * count
            offset = self._block.next_directory(offset, count)
        if not link:
            raise MalformedMedia("the first directory cannot be read", self._block.first)

    def _directory(self, offset: int, kind: Kind) -> int:
        """Claim a directory and return its number of entries.

        0 when it cannot be read, was seen, or is not a directory of its own: what nobody claims is blanked.
        """
        self._walk.node(offset)
        if not offset or len(self._extents) > DIRECTORIES:
            return 0
        try:
            entries = self._block.directory(offset, self._walk)
        except MalformedMedia:
            self._claims.refuse(offset, offset + 2)
            return 0
        extent = (offset, offset + 2 + ENTRY_BYTES * len(entries))
        if not reserve(self._extents, extent):
            return 0
        self._claims.structure(offset, offset + 2)
        for entry in entries:
            self._entry(entry, kind)
        self._pictures(entries)
        return len(entries)

    def _entry(self, entry: Entry, kind: Kind) -> None:
        if entry.size < 0:  # a field type that nobody knows: the whole entry may be text
            self._claims.withhold(entry.at, entry.at + ENTRY_BYTES, f"{self._what}/unknown-entry")
            return
        if not entry.fits:  # keep its place in the order of tags, not the count and offset, which promise nothing true
            self._claims.structure(entry.at, entry.at + 4)
            self._claims.withhold(entry.at + 4, entry.at + ENTRY_BYTES, f"{self._what}/value-outside")
            return
        self._claims.structure(entry.at, entry.at + 8 if entry.inline else entry.at + ENTRY_BYTES)
        pointed = kind.pointers.get(entry.tag)
        if entry.tag == tags.GPS_IFD and kind.pointers:
            self._pointer(entry, self._gps.append)
        elif pointed is not None:
            self._pointer(entry, lambda offset: self._waiting.append((offset, pointed)))
        elif entry.tag in self._nested and kind.pointers and entry.field_type != LONG:
            self._inside(entry)
        else:
            self._value(entry, kind)

    def _pointer(self, entry: Entry, follow: Callable[[int], None]) -> None:
        offsets = self._block.numbers(entry, self._walk)
        if not offsets:
            self._claims.withhold(entry.start, entry.end, f"{self._what}/unknown-tag")
            return
        self._claims.structure(entry.start, entry.end)
        for offset in offsets:
            follow(offset)

    def _value(self, entry: Entry, kind: Kind) -> None:
        harmless = kind.harmless.get(entry.tag)
        if harmless is not None and harmless.permits(entry.field_type, entry.count) and self._in_form(entry, harmless):
            (self._claims.decide if harmless.form else self._claims.keep)(entry.start, entry.end)
            return
        start = entry.start
        if entry.tag == tags.USER_COMMENT and self._block.reader.read(start, 8) in _USER_COMMENT_PREFIXES:
            start = min(start + 8, entry.end)
            self._claims.decide(entry.start, start)
        self._claims.withhold(start, entry.end, f"{self._what}/{tags.NAMES.get(entry.tag, 'unknown-tag')}")

    def _in_form(self, entry: Entry, harmless: Harmless) -> bool:
        value = self._block.reader.read(entry.start, entry.size) if harmless.form else b""
        return harmless.form is None or harmless.form.fullmatch(value) is not None

    def _inside(self, entry: Entry) -> None:
        self._claims.open(entry.start, entry.end)
        view = Window(self._block.reader, entry.start, entry.size)
        what = f"{self._what}/{tags.NAMES[entry.tag]}"
        self._findings += [found.shifted(entry.start) for found in self._nested[entry.tag](view, self._walk, what)]

    def _pictures(self, entries: list[Entry]) -> None:
        """Keep thumbnails and strips, and look inside those that are JPEG files of their own."""
        found = {entry.tag: entry for entry in entries if entry.size >= 0}  # others are blanked, tag and all
        pairs = (
            (tags.THUMBNAIL_OFFSET, tags.THUMBNAIL_BYTES),
            (tags.STRIP_OFFSETS, tags.STRIP_BYTES),
            (tags.TILE_OFFSETS, tags.TILE_BYTES),
        )
        for offsets_tag, lengths_tag in pairs:
            offsets, lengths = found.get(offsets_tag), found.get(lengths_tag)
            if offsets is None or lengths is None:
                continue
            numbers = self._block.numbers(offsets, self._walk), self._block.numbers(lengths, self._walk)
            for entry in (offsets, lengths):
                if entry.fits:
                    self._claims.decide(entry.start, entry.end)
            for offset, length in ranges(*numbers, self._block.reader.size):
                is_jpeg = self._block.reader.read(offset, 2) == b"\xff\xd8"
                if not is_jpeg and offsets_tag != tags.THUMBNAIL_OFFSET:
                    self._claims.keep(offset, offset + length)
                else:
                    self._claims.open(offset, offset + length)
                    what = f"{self._what}/thumbnail"
                    self._findings += self._walk.embedded(self._block.reader, offset, length, what)

    def _gps_directory(self, offset: int) -> None:
        """Leave one entry, GPSVersionID 2.3.0.0 (Exif 4.6.6), and nothing of what stood there."""
        what = f"{self._what}/gps"
        try:
            entries = self._block.directory(offset, self._walk)
        except MalformedMedia:  # it points outside, or into bytes that are blanked because nobody claims them
            self._walk.node(offset)
            return
        end = offset + 2 + ENTRY_BYTES * len(entries)
        head = min(offset + _GPS_HEAD_BYTES, self._block.reader.size) - offset
        extent = (offset, max(end, offset + head))
        if not reserve(self._extents, extent):
            raise MalformedMedia("a GPS directory overlaps another one", offset)
        count, version = b"\0\1"[:: 1 if self._block.order == ">" else -1], bytes([2, 3, 0, 0])
        filler = count + self._block.pack_entry(0, BYTE, 4, version) + bytes(4)
        self._claims.rewrite(offset, offset + head)
        self._findings.append(Finding(offset, head, what, structure(filler[:head])))
        self._claims.withhold(offset + head, end, what)
        for entry in entries:
            if entry.size > 0 and entry.fits and not entry.inline:
                self._claims.withhold(entry.start, entry.end, what)


def zero_all(size: int, what: str) -> Iterator[Finding]:
    """A block blanked whole."""
    if size:
        yield Finding(0, size, what, ZERO)
