"""TIFF and DNG files: the directories of `metadata.exif`, but the picture itself lies among them.

Sources: TIFF 6.0, DNG 1.7.1. What `metadata.exif` blanks when it cannot be read would be the picture here, so that
such a file is refused instead. Strips and tiles stay; those that are JPEG are searched like files of their own.
BigTIFF and raw formats with a header of their own are no TIFF here.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from redaction.containers.jpeg_segments import EOI
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata import dng_tags, exif_tags, icc, iptc, irb, xmp
from redaction.metadata.directories import EXIF_KINDS, Directories, Find, Kind
from redaction.metadata.tiff import Block, Entry
from redaction.reader import Reader
from redaction.walk import Walk

_POINTERS: Final = EXIF_KINDS["main"].pointers
_KINDS: Final = {
    **{name: Kind(name, dng_tags.FILE, _POINTERS) for name in ("main", "exif", "sub")},
    "interop": EXIF_KINDS["interop"],
}
_NESTED: Final[Mapping[int, Find]] = {
    exif_tags.XMP: xmp.find,
    exif_tags.IPTC: iptc.find,
    exif_tags.ICC: icc.find,
    dng_tags.IRB: irb.find,
    dng_tags.AS_SHOT_ICC: icc.find,
    dng_tags.CURRENT_ICC: icc.find,
}
_WHAT: Final = "tiff"
_JPEG: Final = frozenset({6, 7, 34892})
_JPEG_XL: Final = 52546
_JPEG_XL_CODESTREAM: Final = b"\xff\x0a"
_RAW: Final = frozenset({32803, 34892})
_TABLE_MARKERS: Final = frozenset({0xC4, 0xDB, 0xDD, 0xCC})
_OPCODES: Final = range(1, 15)
_PAIRS: Final = (
    (exif_tags.STRIP_OFFSETS, exif_tags.STRIP_BYTES),
    (exif_tags.TILE_OFFSETS, exif_tags.TILE_BYTES),
    (exif_tags.THUMBNAIL_OFFSET, exif_tags.THUMBNAIL_BYTES),
)


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind; Canon's raw files begin like TIFF and then `CR`."""
    return head[:4] in {b"II*\0", b"MM\0*"} and head[8:10] != b"CR"


def media_type(reader: Reader) -> str:
    """The IANA media type of TIFF, or the one in use for DNG."""

    def nothing(_reader: Reader, _walk: Walk) -> Iterator[Finding]:
        yield from ()

    try:
        block = Block(reader)
        entries = block.directory(block.first, Walk(nothing))
    except MalformedMedia:
        return "image/tiff"
    return "image/x-adobe-dng" if any(entry.tag == dng_tags.DNG_VERSION for entry in entries) else "image/tiff"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold; MalformedMedia when a directory or a part of a picture lies outside the file."""
    file = _File(Block(reader), walk, dng=media_type(reader) != "image/tiff")
    yield from file.findings()
    if not file.pictures:
        raise MalformedMedia("a TIFF file without a picture")


class _File(Directories):
    """The directories of a file of its own: what cannot be followed may be the picture, and is refused."""

    def __init__(self, block: Block, walk: Walk, *, dng: bool) -> None:
        super().__init__(block, walk, _WHAT, _KINDS, _NESTED, strict=True)
        self._dng = dng
        self.pictures = 0

    def _directory(self, offset: int, kind: Kind) -> int:
        count = super()._directory(offset, kind)
        if offset and not count:
            raise MalformedMedia("a directory cannot be read", offset)
        return count

    def _entry(self, entry: Entry, kind: Kind) -> None:
        if entry.size >= 0 and not entry.fits:
            raise MalformedMedia("a value lies outside the file", entry.at)
        if entry.fits and entry.tag in kind.harmless:
            if entry.tag == dng_tags.JPEG_TABLES:
                _check_tables(self._block.reader.read(entry.start, entry.size), entry.at)
            elif entry.tag in dng_tags.OPCODE_LISTS:
                _check_opcodes(self._block.reader.read(entry.start, entry.size), entry.at)
        super()._entry(entry, kind)

    def _pictures(self, entries: list[Entry]) -> None:
        found = {entry.tag: entry for entry in entries}
        compression = self._number(found.get(dng_tags.COMPRESSION))
        if self._number(found.get(dng_tags.PHOTOMETRIC)) in _RAW and not self._dng:
            raise MalformedMedia("a raw photo of a format of its own")
        for offsets_tag, lengths_tag in _PAIRS:
            offsets, lengths = found.get(offsets_tag), found.get(lengths_tag)
            if offsets is None and lengths is None:
                continue
            places = self._block.numbers(offsets, self._walk) if offsets else []
            sizes = self._block.numbers(lengths, self._walk) if lengths else []
            if not places or len(places) != len(sizes):
                raise MalformedMedia("parts of a picture without a place or length")
            for offset, length in zip(places, sizes, strict=True):
                if length:
                    self._part(offset, length, compression, thumbnail=offsets_tag == exif_tags.THUMBNAIL_OFFSET)

    def _number(self, entry: Entry | None) -> int:
        values = self._block.numbers(entry, self._walk) if entry else []
        return values[0] if values else 0

    def _part(self, offset: int, length: int, compression: int, *, thumbnail: bool) -> None:
        """Keep one strip, tile or thumbnail; JPEG inside of it may hold all that photos hold."""
        reader = self._block.reader
        if offset + length > reader.size:
            raise MalformedMedia("a part of a picture lies outside the file", offset)
        self.pictures += 1
        head = reader.read(offset, 2)
        if thumbnail or (compression in _JPEG and head == b"\xff\xd8"):
            what = f"{_WHAT}/preview"
            findings = list(self._walk.embedded(reader, offset, length, what))
            if findings == [Finding(offset, length, what)]:
                raise MalformedMedia("a part of a picture cannot be read", offset)
            self._findings += findings
            self._claims.open(offset, offset + length)
        elif compression in _JPEG or (compression == _JPEG_XL and head != _JPEG_XL_CODESTREAM):
            raise MalformedMedia("a part of a picture cannot be read", offset)
        else:
            self._claims.keep(offset, offset + length)


def _check_tables(data: bytes, at: int) -> None:
    """JPEGTables hold quantisation and Huffman tables between a start and an end of image, and nothing else."""
    position = 2
    while data[:2] == b"\xff\xd8" and data[position : position + 1] == b"\xff":
        marker = data[position + 1] if position + 1 < len(data) else 0
        if marker == EOI and position + 2 == len(data):
            return
        length = int.from_bytes(data[position + 2 : position + 4])
        if marker not in _TABLE_MARKERS or length < 2:
            break
        position += 2 + length
    raise MalformedMedia("tables of a picture cannot be read", at)


def _check_opcodes(data: bytes, at: int) -> None:
    """A list of operations on the picture (DNG chapter 7): big-endian, each with its number and length."""
    count, position = int.from_bytes(data[:4]), 4
    while count and position + 16 <= len(data):
        if int.from_bytes(data[position : position + 4]) not in _OPCODES:
            break
        position += 16 + int.from_bytes(data[position + 12 : position + 16])
        count -= 1
    if count or position != len(data):
        raise MalformedMedia("operations on a picture cannot be read", at)
