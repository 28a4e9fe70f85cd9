"""Samsung's trailer (`SEFH` … `SEFT`): a directory at the end of the file, and blocks before it.

There is no public specification; this follows what phones write. A block is: two zero bytes, its type, the length of
its name, the name, the value. A directory entry is: two zero bytes, the type, how far the block starts before the
directory, its length. All numbers are little-endian.
"""

from dataclasses import dataclass
from re import compile as regex
from struct import iter_unpack
from typing import Final

from redaction.reader import Reader
from redaction.walk import Walk

_ENTRY_BYTES: Final = 12
_HEAD_BYTES: Final = 12
_FOOT_BYTES: Final = 8
_ENTRIES: Final = 1024
_NAME: Final = regex(rb"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Trailer:
    """Where the directory starts, and (start, length) of the blocks' values; both in bytes of the reader."""

    directory: int
    values: tuple[tuple[int, int], ...]
    headers: tuple[tuple[int, int], ...]


def trailer(reader: Reader, start: int, walk: Walk) -> Trailer | None:
    """The trailer of a reader whose picture ends at `start`, or None. Blocks that lie elsewhere are left out."""
    foot = reader.read(max(reader.size - _FOOT_BYTES, start), _FOOT_BYTES)
    if len(foot) < _FOOT_BYTES or foot[4:] != b"SEFT":
        return None
    directory = reader.size - _FOOT_BYTES - int.from_bytes(foot[:4], "little")
    if directory < start:
        return None
    head = reader.read(directory, _HEAD_BYTES)
    if head[:4] != b"SEFH" or len(head) < _HEAD_BYTES:
        return None
    count = int.from_bytes(head[8:], "little")
    if count > _ENTRIES or directory + _HEAD_BYTES + count * _ENTRY_BYTES + _FOOT_BYTES != reader.size:
        return None
    blocks = []
    for _, kind, back, length in iter_unpack("<HHII", reader.read(directory + _HEAD_BYTES, count * _ENTRY_BYTES)):
        walk.node(directory)
        if start <= directory - back and directory - back + length <= directory:
            blocks.append((directory - back, length, kind))
    headers: list[tuple[int, int]] = []
    values: list[tuple[int, int]] = []
    end = start
    for offset, length, kind in sorted(blocks):
        value = _value(reader, offset, length, kind)
        if offset < end or value is None:
            continue
        end = offset + length
        headers.append((offset, value - offset))
        values.append((value, end - value))
    return Trailer(directory, tuple(values), tuple(headers))


def _value(reader: Reader, offset: int, length: int, kind: int) -> int | None:
    """Where a block's value starts; None when the block is not one."""
    head = reader.read(offset, min(8, length))
    if len(head) < 8:
        return None
    name = int.from_bytes(head[4:], "little")
    is_block = head[:4] == bytes(2) + kind.to_bytes(2, "little") and name <= 64 and 8 + name <= length
    if not is_block or not _NAME.fullmatch(reader.read(offset + 8, name)):
        return None
    return offset + 8 + name
