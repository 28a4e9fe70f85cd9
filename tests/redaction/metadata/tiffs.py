"""TIFF blocks made for one test, written by hand from TIFF 6.0 and not with the code under test."""

from struct import pack
from typing import Final

Directory = list[tuple[int, int, bytes]]
"""Entries (tag, field type, value); a value longer than four bytes is written behind its directory."""

_WIDTHS: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8, 13: 4, 129: 1}
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
EXIF, GPS, INTEROP, SUB = 0x8769, 0x8825, 0xA005, 0x014A


def directory(order: str, at: int, entries: Directory, following: int = 0) -> bytes:
    """One directory at offset `at` and its values."""
    place = at + 2 + 12 * len(entries) + 4
    head, values = pack(order + "H", len(entries)), b""
    for tag, field_type, value in entries:
        head += pack(order + "HHI", tag, field_type, len(value) // _WIDTHS[field_type])
        if len(value) > 4:
            head += pack(order + "I", place + len(values))
            values += value + bytes(len(value) % 2)
        else:
            head += value.ljust(4, b"\0")
    return head + pack(order + "I", following) + values


def block(order: str, main: Directory, **others: Directory) -> bytes:
    """A TIFF block: header, first directory, then `exif`, `gps`, `interop`, `sub` (pointed to from the first one).

    `ifd1` is chained behind the first.
    """
    pointers = {"exif": EXIF, "gps": GPS, "interop": INTEROP, "sub": SUB}
    listed = [(pointers[name], LONG, bytes(4)) for name in others if name in pointers]
    size = 8 + len(directory(order, 8, [*main, *listed]))
    places = {}
    for name, entries in others.items():
        places[name] = size
        size += len(directory(order, size, entries))
    linked = [(pointers[name], LONG, pack(order + "I", places[name])) for name in others if name in pointers]
    first = directory(order, 8, [*main, *linked], places.get("ifd1", 0))
    rest = b"".join(directory(order, places[name], entries) for name, entries in others.items())
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + pack(order + "I", 8) + first + rest


def rationals(order: str, *numbers: int) -> bytes:
    """Numerators and denominators, one after the other."""
    return pack(f"{order}{len(numbers)}I", *numbers)


def position(order: str) -> Directory:
    """A GPS directory with a position."""
    return [
        (0x0000, BYTE, b"\2\2\0\0"),
        (0x0001, ASCII, b"N\0"),
        (0x0002, RATIONAL, rationals(order, 48, 1, 51, 1, 2947, 100)),
        (0x0003, ASCII, b"E\0"),
        (0x0004, RATIONAL, rationals(order, 2, 1, 17, 1, 4012, 100)),
        (0x001B, UNDEFINED, b"ASCII\0\0\0CELLID"),
    ]
