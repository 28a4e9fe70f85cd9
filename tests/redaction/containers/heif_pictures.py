"""Where the pictures of an HEIF or AVIF file lie, by a small reader that shares nothing with the code under test."""

from collections.abc import Iterator

_PICTURES = {b"hvc1", b"av01", b"grid", b"jpeg"}


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        size = int.from_bytes(data[start : start + 4]) or end - start
        yield data[start + 4 : start + 8], start + 8, start + size
        start += size


def picture_items(data: bytes) -> list[tuple[int, int]]:
    """Start and end of every piece of every picture item (tables of version 0 and 1, offsets of four bytes)."""
    (meta,) = [(start, end) for kind, start, end in _boxes(data, 0, len(data)) if kind == b"meta"]
    inside = {kind: (start, end) for kind, start, end in _boxes(data, meta[0] + 4, meta[1])}
    kinds = {}
    for _, start, _ in _boxes(data, inside[b"iinf"][0] + 6, inside[b"iinf"][1]):
        kinds[int.from_bytes(data[start + 4 : start + 6])] = data[start + 8 : start + 12]
    place = inside[b"iloc"][0]
    version, base_width = data[place], data[place + 5] >> 4
    assert version < 2
    assert data[place + 4] == 0x44
    count, place = int.from_bytes(data[place + 6 : place + 8]), place + 8
    ranges = []
    for _ in range(count):
        number, place = int.from_bytes(data[place : place + 2]), place + 2
        method = data[place + 1] & 15 if version else 0
        place += 4 if version else 2
        base, place = int.from_bytes(data[place : place + base_width]), place + base_width
        pieces, place = int.from_bytes(data[place : place + 2]), place + 2
        for _ in range(pieces):
            offset, length = (int.from_bytes(data[at : at + 4]) for at in (place, place + 4))
            offset += base + (inside[b"idat"][0] if method == 1 else 0)
            place += 8
            if kinds.get(number) in _PICTURES:
                ranges.append((offset, offset + length))
    return ranges
