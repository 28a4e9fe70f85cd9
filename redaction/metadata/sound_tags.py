"""Tags around raw sound frames (MP3, ADTS, FLAC): ID3v2 before and after, ID3v1, APE and Lyrics3 after.

Sources: ID3 v2.2 to v2.4, ID3v1.1, APEv2, Lyrics3 v2. All that they say goes; what tells their length stays, so that
players skip them as before.
"""

from typing import Final, NamedTuple

from redaction.finding import SPACE, Finding, structure
from redaction.reader import Reader
from redaction.walk import Walk

_ID3_BYTES: Final = 10
_FOOTER: Final = 0x10
_ID3V1_BYTES: Final = 128
_EXTENDED_BYTES: Final = 227  # `TAG+`, before ID3v1
_NO_GENRE: Final = structure(b"\xff")
_APE: Final = b"APETAGEX"
_APE_BYTES: Final = 32
_APE_RESERVED: Final = 8
_APE_ITEMS: Final = 1 << 12
_APE_HAS_HEADER: Final = 1 << 31
_APE_KEY_BYTES: Final = 255
_LYRICS_END: Final = 15  # six digits and `LYRICS200`


class Tag(NamedTuple):
    """A tag at `[start, end)`, and what of it goes."""

    start: int
    end: int
    findings: list[Finding]


def before(reader: Reader, walk: Walk, what: str) -> tuple[int, list[Finding]]:
    """Where sound starts behind the ID3v2 tags, and what of them goes."""
    position, findings = 0, list[Finding]()
    while (tag := _id3v2(reader, position, reader.size, f"{what}/id3")) is not None:
        walk.node(position)
        position = tag.end
        findings += tag.findings
    return position, findings


def after(reader: Reader, start: int, walk: Walk, what: str) -> tuple[int, list[Finding]]:
    """Where sound that starts at `start` ends before the tags, and what of them goes."""
    end, findings = reader.size, list[Finding]()
    while (tag := _last(reader, start, end, what)) is not None:
        walk.node(tag.start)
        end = tag.start
        findings += tag.findings
    return end, findings


def torn(reader: Reader, start: int, end: int) -> bool:
    """Whether what looks like a tag's footer ends at `end` and begins before `start`.

    It did not add up (`after` left it); blanked from `start` on, it might, and take sound with it.
    """
    feet = ((_APE, _APE_BYTES), (b"3DI", _ID3_BYTES))
    return any(0 <= end - size < start < end and reader.read(end - size, len(name)) == name for name, size in feet)


def _last(reader: Reader, start: int, end: int, what: str) -> Tag | None:
    for read in (_id3v1, _id3v1_extended, _ape, _lyrics, _id3v2_appended):
        tag = read(reader, end, what)
        if tag is not None and tag.start >= start:
            return tag
    return None


def _synchsafe(data: bytes) -> int:
    """Four bytes of seven bits; -1 when they are not (ID3 v2.4, 6.2)."""
    if len(data) < 4 or any(byte & 0x80 for byte in data):
        return -1
    return data[0] << 21 | data[1] << 14 | data[2] << 7 | data[3]


def _id3v2(reader: Reader, start: int, end: int, what: str) -> Tag | None:
    """A tag becomes one of padding; a footer becomes padding, too, and its flag goes."""
    head = reader.read(start, _ID3_BYTES)
    size = _synchsafe(head[6:])
    if head[:3] != b"ID3" or size < 0 or head[3] not in {2, 3, 4}:
        return None
    body = size + (_ID3_BYTES if head[3] == 4 and head[5] & _FOOTER else 0)
    stop = start + _ID3_BYTES + body
    if stop > end or body >= 1 << 28:
        return None
    safe = bytes(body >> shift & 0x7F for shift in (21, 14, 7, 0))
    findings = [Finding(start, _ID3_BYTES, what, structure(head[:4] + bytes(2) + safe))]
    findings += [Finding(start + _ID3_BYTES, body, what)] if body else []
    return Tag(start, stop, findings)


def _id3v2_appended(reader: Reader, end: int, what: str) -> Tag | None:
    """A tag at the end is found by its footer (ID3 v2.4, 3.4); without its footer nobody looks for it there."""
    foot = reader.read(end - _ID3_BYTES, _ID3_BYTES) if end >= _ID3_BYTES else b""
    size = _synchsafe(foot[6:])
    start = end - 2 * _ID3_BYTES - size
    if foot[:3] != b"3DI" or size < 0 or start < 0:
        return None
    head = reader.read(start, _ID3_BYTES)
    if head[:3] != b"ID3" or head[6:] != foot[6:]:
        return None
    what = f"{what}/id3"
    return Tag(start, end, _rest(start + _ID3_BYTES, end - _ID3_BYTES, what))


def _id3v1(reader: Reader, end: int, what: str) -> Tag | None:
    start = end - _ID3V1_BYTES
    if start < 0 or reader.read(start, 3) != b"TAG":
        return None
    what = f"{what}/id3"
    return Tag(start, end, [*_rest(start + 3, end - 1, what), Finding(end - 1, 1, what, _NO_GENRE)])


def _id3v1_extended(reader: Reader, end: int, what: str) -> Tag | None:
    start = end - _EXTENDED_BYTES
    if start < 0 or reader.read(start, 4) != b"TAG+":
        return None
    return Tag(start, end, _rest(start + 4, end, f"{what}/id3"))


def _ape(reader: Reader, end: int, what: str) -> Tag | None:
    """Keys and values become spaces; what does not add up is no tag, and its size may be a lie."""
    foot = reader.read(end - _APE_BYTES, _APE_BYTES) if end >= _APE_BYTES else b""
    size, count, flags = (int.from_bytes(foot[at : at + 4], "little") for at in (12, 16, 20))
    first = end - size
    start = first - (_APE_BYTES if flags & _APE_HAS_HEADER else 0)
    if not foot.startswith(_APE) or size < _APE_BYTES or start < 0 or count > _APE_ITEMS:
        return None
    what = f"{what}/ape"
    findings = _rest(end - _APE_RESERVED, end, what)
    if start < first:
        if reader.read(start, len(_APE)) != _APE:
            return None
        findings += _rest(first - _APE_RESERVED, first, what)
    position = first
    for _ in range(count):
        head = reader.read(position, 8 + _APE_KEY_BYTES + 1)
        length, key = int.from_bytes(head[:4], "little"), head.find(b"\0", 8)
        stop = position + key + 1 + length
        if key <= 8 or stop > end - _APE_BYTES:
            return None
        findings += [*_rest(position + 8, position + key, what, SPACE), *_rest(stop - length, stop, what, SPACE)]
        position = stop
    return Tag(start, end, findings) if position == end - _APE_BYTES else None


def _lyrics(reader: Reader, end: int, what: str) -> Tag | None:
    foot = reader.read(end - _LYRICS_END, _LYRICS_END) if end >= _LYRICS_END else b""
    if foot[6:] != b"LYRICS200" or not foot[:6].isdigit():
        return None
    start = end - _LYRICS_END - int(foot[:6])
    if start < 0 or reader.read(start, 11) != b"LYRICSBEGIN":
        return None
    return Tag(start, end, _rest(start + 11, end - _LYRICS_END, f"{what}/lyrics", SPACE))


def _rest(start: int, end: int, what: str, filler: str = "zero") -> list[Finding]:
    return [Finding(start, end - start, what, filler)] if start < end else []
