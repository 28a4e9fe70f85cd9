"""What follows a picture's own end: a further picture, a motion photo's video, remains of an older file, anything.

Pictures and videos are kept and searched like files of their own; the rest is blanked.
"""

from collections.abc import Iterator
from re import Pattern
from re import compile as regex
from typing import Final

from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_CHUNK_BYTES: Final = 1 << 20
_PICTURE: Final = regex(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF[\s\S]{4}WEBP")
_VIDEO: Final = regex(rb"\x00\x00[\x00-\x10][\x00-\xff]ftyp")  # the first box's length is less than 1 MiB
_SIGNATURE_BYTES: Final = 12


def find(reader: Reader, start: int, walk: Walk, what: str, end: int | None = None) -> Iterator[Finding]:
    """Everything to withhold in `[start, end)`, by default to the end of the file.

    One picture and one video are looked for, in this order; what precedes them is blanked. What follows a picture is
    that picture's own tail: each level looks behind itself.
    """
    end = reader.size if end is None else end
    if start >= end:
        return
    video = _first(reader, start, end, _VIDEO)
    picture = _first(reader, start, video, _PICTURE)
    if picture < end:
        walk.unsettle()  # what is blanked in one of them is no longer found, and the other reaches further
    if start < picture:
        yield Finding(start, picture - start, what)
    if picture < video:
        yield from walk.embedded(reader, picture, video - picture, what)
    if video < end:
        yield from walk.embedded(reader, video, end - video, what)


def _first(reader: Reader, start: int, end: int, signature: Pattern[bytes]) -> int:
    """The offset of the first match in `[start, end)`, or `end`."""
    position = start
    while position < end:
        chunk = reader.read(position, min(_CHUNK_BYTES, end - position))
        match = signature.search(chunk)
        if match:
            return position + match.start()
        if position + len(chunk) >= end or len(chunk) < _SIGNATURE_BYTES:
            break
        position += len(chunk) - (_SIGNATURE_BYTES - 1)
    return end
