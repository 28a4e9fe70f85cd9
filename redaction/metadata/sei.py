"""Supplemental enhancement information (ITU-T H.264 section 7.3.2.3, H.265 section 7.3.5): data beside the picture.

Encoders write their name and options there, cameras and drones their position. A decoder needs none of what is blanked.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_USER_REGISTERED: Final = 4  # user_data_registered_itu_t_t35
_USER_UNREGISTERED: Final = 5  # user_data_unregistered: a UUID and anything
_LAST_KNOWN: Final = 205  # payload types above are reserved: not understood
_PICTURE_PROVIDERS: Final = frozenset({b"\xb5\x00\x31", b"\xb5\x00\x3b", b"\xb5\x00\x3c", b"\xb5\x00\x2f"})
"""Country and provider of captions, active format, Dolby Vision and HDR10+: how to show the picture."""


class Message(NamedTuple):
    """A message to blank: the NAL unit's bytes `[start, end)`, and the place and new value of its last size byte.

    Emulation prevention bytes inside the payload become payload, so the size may grow by their number; `size_at` is
    None when the size stays. `end - start` counts bytes as they stand in the file.
    """

    start: int
    end: int
    size_at: int | None
    size: int


def withheld(nal: bytes, header: int) -> Iterator[Message]:
    """The messages of an SEI NAL unit that may identify; `header` is 1 byte for H.264, 2 for H.265.

    A message that cannot be parsed, and all after it, is blanked to the end of the unit.
    """
    raw = _rbsp_places(nal, header)
    position, count = 0, _without_trailing_bits(nal, raw)
    while position < count:
        begin = position
        kind, position = _number(nal, raw, position)
        size, position = _number(nal, raw, position)
        if position + size > count:
            yield Message(raw[begin], len(nal), None, 0)
            return
        if size:
            start = raw[position]
            end = raw[position + size] if position + size < len(raw) else len(nal)
            payload = bytes(nal[place] for place in raw[position : position + min(size, 3)])
            if _identifies(kind, payload):
                escapes = end - start - size
                if nal[end - 1 : end + 2] == b"\0\0\3":
                    end -= 1  # this zero is half the reason for an escape that follows the payload
                if start < end:
                    yield from _blanked(nal, start, end, raw[position - 1], escapes)
        position += size


def _identifies(kind: int, payload: bytes) -> bool:
    if kind == _USER_REGISTERED:
        return payload not in _PICTURE_PROVIDERS
    return kind == _USER_UNREGISTERED or kind > _LAST_KNOWN


def _blanked(nal: bytes, start: int, end: int, size_at: int, escapes: int) -> Iterator[Message]:
    if not escapes:
        yield Message(start, end, None, 0)
    elif nal[size_at] + escapes < 255:
        yield Message(start, end, size_at, nal[size_at] + escapes)
    else:  # no room in the size byte: blank around the escapes, with the byte after that makes each one lawful
        for place in _escapes(nal, start, end):
            if start < place - 2:
                yield Message(start, place - 2, None, 0)
            start = place + 2
        if start < end:
            yield Message(start, end, None, 0)


def _escapes(nal: bytes, start: int, end: int) -> list[int]:
    kept = set(_rbsp_places(nal, 0))
    return [place for place in range(start, end) if place not in kept]


def _without_trailing_bits(nal: bytes, raw: Sequence[int]) -> int:
    """How many payload bytes stand before rbsp_trailing_bits (0x80) and the zeros that may follow them."""
    count = len(raw)
    while count and nal[raw[count - 1]] == 0:
        count -= 1
    return count - 1 if count and nal[raw[count - 1]] == 0x80 else len(raw)


def _rbsp_places(nal: bytes, header: int) -> Sequence[int]:
    """The indices of the payload's bytes without the emulation prevention bytes (00 00 03)."""
    if b"\0\0\3" not in nal:
        return range(header, len(nal))
    places: list[int] = []
    start = header
    while (escape := nal.find(b"\0\0\3", start)) >= 0:
        places.extend(range(start, escape + 2))
        start = escape + 3
    places.extend(range(start, len(nal)))
    return places


def _number(nal: bytes, raw: Sequence[int], position: int) -> tuple[int, int]:
    """A payload type or size: bytes of 255 and a last one are added up."""
    total = 0
    while position < len(raw):
        value = nal[raw[position]]
        total, position = total + value, position + 1
        if value != 255:
            return total, position
    return 1 << 32, position  # ends inside the number: longer than anything
