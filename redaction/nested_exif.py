"""Whether a TIFF block anywhere in a file still has a position: written apart from the parsers that blank them."""

from struct import unpack_from
from typing import Final

BLOCK_BYTES: Final = 64 * 1024
"""As much as an application segment holds; what of a block lies behind is not looked at."""

_GPS_POINTER: Final = 0x8825
_VERSION: Final = 0
_LAST_TAG: Final = 0x1F
_WIDTHS: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8, 12: 8}
_ENTRIES: Final = 64  # of one directory; those of photos have some twenty
_ENTRY: Final = 12


def has_position(block: bytes) -> bool:
    """Whether `block`, which begins with a TIFF header, has a GPS directory with a value that is not blank."""
    order = "<" if block[:2] == b"II" else ">"
    pointers = [at for tag, at in _entries(block, order, 4) if tag == _GPS_POINTER]
    return bool(pointers) and any(_tells(block, order, at) for _, at in _entries(block, order, pointers[0] + 8))


def _entries(block: bytes, order: str, pointer: int) -> list[tuple[int, int]]:
    """Tags and places of the entries of the directory whose offset stands at `pointer`."""
    if len(block) < pointer + 4:
        return []
    (start,) = unpack_from(f"{order}I", block, pointer)
    if len(block) < start + 2:
        return []
    (count,) = unpack_from(f"{order}H", block, start)
    places = range(start + 2, min(start + 2 + count * _ENTRY, len(block) - _ENTRY + 1), _ENTRY)
    return [(unpack_from(f"{order}H", block, at)[0], at) for at in places[:_ENTRIES]]


def _tells(block: bytes, order: str, at: int) -> bool:
    tag, kind, count, value = unpack_from(f"{order}HHII", block, at)
    if tag == _VERSION or tag > _LAST_TAG or kind not in _WIDTHS:
        return False
    length = count * _WIDTHS[kind]
    data = block[at + 8 : at + 8 + length] if length <= 4 else block[value : value + length]
    return bool(data.strip(b"\0 "))
