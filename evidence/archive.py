"""The one ZIP that a list of files gives: stored, fixed times, ZIP64 where needed, no freedom left (APPNOTE 6.3.3).

Because every byte outside the files' contents follows from the names, lengths and CRCs, a server can send any range of
it without building it, and a verifier can refuse a ZIP in which a single structural byte differs.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from evidence.errors import ArchiveError

NAME_PATTERN: Final = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
ENTRIES_LIMIT: Final = 20_000
DIRECTORY_LIMIT: Final = 8 * 1024 * 1024  # bytes of central directory
_U32: Final = 0xFFFFFFFF
_EPOCH: Final = (1980 - 1980) << 9 | 1 << 5 | 1  # MS-DOS date 1980-01-01; the time is 0
_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")


class Source(Protocol):
    """Random access to bytes that somebody else holds (a file, an object in a store, memory)."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """The bytes of `[offset, offset + length)`, cut at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the archive: its name, its length in bytes and its CRC-32."""

    name: str
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the archive: structure (`data`), or the content of `entry`. `offset` is where it begins."""

    offset: int
    size: int
    data: bytes = b""
    entry: Entry | None = None


def layout(entries: Sequence[Entry]) -> list[Piece]:
    """The whole archive as consecutive pieces; ArchiveError for a name that it cannot carry."""
    _require_names(entries)
    pieces: list[Piece] = []
    directory = b""
    position = 0
    for entry in entries:
        header = _local(entry)
        directory += _central(entry, position)
        pieces += (Piece(position, len(header), header), Piece(position + len(header), entry.size, entry=entry))
        position += len(header) + entry.size
    tail = directory + _end(len(entries), len(directory), position)
    pieces.append(Piece(position, len(tail), tail))
    return pieces


def total_size(pieces: Sequence[Piece]) -> int:
    """Length of the archive in bytes."""
    return pieces[-1].offset + pieces[-1].size


def parse(source: Source) -> dict[str, "Window"]:
    """The files of an archive, in its order; ArchiveError unless it is exactly what `layout` gives for them."""
    entries = list(_directory(source))
    if sum(entry.size for entry in entries) > source.size:  # also keeps every offset within what a ZIP can write
        raise ArchiveError("the archive has another length than its directory gives")
    pieces = layout(entries)
    if total_size(pieces) != source.size:
        raise ArchiveError("the archive has another length than its directory gives")
    files: dict[str, Window] = {}
    for piece in pieces:
        if piece.entry is not None:
            files[piece.entry.name] = Window(source, piece.offset, piece.size, piece.entry.crc)
        elif source.read(piece.offset, piece.size) != piece.data:
            raise ArchiveError("a header of the archive was changed")
    return files


@dataclass(frozen=True, slots=True)
class Window:
    """One file inside an archive; also a `Source`. `crc` is what the archive's directory says."""

    source: Source
    start: int
    size: int
    crc: int

    def read(self, offset: int, length: int) -> bytes:
        """See `Source.read`."""
        length = max(0, min(length, self.size - offset))
        return self.source.read(self.start + offset, length)

    def chunks(self, chunk: int = 1024 * 1024) -> Iterator[bytes]:
        """The whole content, in pieces of at most `chunk` bytes."""
        for offset in range(0, self.size, chunk):
            yield self.read(offset, chunk)


def _local(entry: Entry) -> bytes:
    large = entry.size >= _U32
    name = entry.name.encode()
    extra = struct.pack("<HHQQ", 1, 16, entry.size, entry.size) if large else b""
    size = _U32 if large else entry.size
    version = 45 if large else 20
    return _LOCAL.pack(b"PK\3\4", version, 0, 0, 0, _EPOCH, entry.crc, size, size, len(name), len(extra)) + name + extra


def _central(entry: Entry, position: int) -> bytes:
    large, far = entry.size >= _U32, position >= _U32
    fields = (struct.pack("<QQ", entry.size, entry.size) if large else b"") + (
        struct.pack("<Q", position) if far else b""
    )
    extra = struct.pack("<HH", 1, len(fields)) + fields if fields else b""
    name, size = entry.name.encode(), _U32 if large else entry.size
    version = 45 if fields else 20
    head = _CENTRAL.pack(
        b"PK\1\2",
        3 << 8 | version,  # "made by" Unix
        version,
        0,
        0,
        0,
        _EPOCH,
        entry.crc,
        size,
        size,
        len(name),
        len(extra),
        0,
        0,
        0,
        0o100600 << 16,  # a regular file, read and written by its owner only
        _U32 if far else position,
    )
    return head + name + extra


def _end(count: int, size: int, offset: int) -> bytes:
    large = offset >= _U32 or count >= 0xFFFF
    tail = b""
    if large:
        tail = _END64.pack(b"PK\6\6", _END64.size - 12, 3 << 8 | 45, 45, 0, 0, count, count, size, offset)
        tail += _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)
    short = 0xFFFF if large else count
    return tail + _END.pack(b"PK\5\6", 0, 0, short, short, size, _U32 if large else offset, 0)


def _directory(source: Source) -> Iterator[Entry]:
    offset, size, count = _find_directory(source)
    if size > DIRECTORY_LIMIT or count > ENTRIES_LIMIT or offset + size > source.size:
        raise ArchiveError("the archive's directory is too large, or lies outside it")
    data = source.read(offset, size)
    position = 0
    for _ in range(count):
        if position + _CENTRAL.size > len(data) or data[position : position + 4] != b"PK\1\2":
            raise ArchiveError("the archive's directory ends early")
        fields = _CENTRAL.unpack_from(data, position)
        crc, length, name_length, extra_length = fields[7], fields[9], fields[10], fields[11]
        position += _CENTRAL.size
        name, extra = data[position : position + name_length], data[position + name_length :][:extra_length]
        position += name_length + extra_length
        if length == _U32:
            if len(extra) < 12:
                raise ArchiveError("the archive's directory lacks a ZIP64 length")
            length = struct.unpack_from("<Q", extra, 4)[0]
        try:
            yield Entry(name.decode("ascii"), length, crc)
        except UnicodeDecodeError:
            raise ArchiveError("a name in the archive is not ASCII") from None


def _find_directory(source: Source) -> tuple[int, int, int]:
    tail = source.read(max(0, source.size - _END.size), _END.size)
    if len(tail) != _END.size or tail[:4] != b"PK\5\6":
        raise ArchiveError("not a ZIP archive, or cut short")
    _, _, _, _, count, size, offset, _ = _END.unpack(tail)
    if offset == _U32:
        start = source.size - _END.size - _LOCATOR.size - _END64.size
        data = source.read(max(0, start), _END64.size)
        if start < 0 or len(data) != _END64.size or data[:4] != b"PK\6\6":
            raise ArchiveError("the archive's ZIP64 end is missing")
        fields = _END64.unpack(data)
        count, size, offset = fields[7], fields[8], fields[9]
    return offset, size, count


def _require_names(entries: Sequence[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        folders = entry.name.split("/")
        if (
            len(entry.name) > 200
            or not NAME_PATTERN.fullmatch(entry.name)
            or any(set(part) == {"."} for part in folders)
        ):
            raise ArchiveError("a name in the archive has characters that it may not have")
        if entry.name in seen or entry.size < 0:
            raise ArchiveError("a name stands twice in the archive")
        seen.add(entry.name)
