"""JPEG: every segment of the picture, its thumbnails, and whatever follows its end of image.

Source: ITU-T T.81 annex B; the identifiers of application segments are their owners' own.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers import jpeg_applications, jpeg_tail
from redaction.containers.jpeg_applications import ICC_IDENTIFIER, MPF_IDENTIFIER
from redaction.containers.jpeg_segments import APPLICATION, COM, EOI, Segment, segments
from redaction.finding import Finding
from redaction.metadata import icc, mpf
from redaction.reader import Extents, Reader, Window
from redaction.walk import Walk, mapped

_APP2: Final = 0xE2
_ICC_PART_BYTES: Final = len(ICC_IDENTIFIER) + 2  # and the part's number, and how many there are (ICC.1 annex B.4)


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return head.startswith(b"\xff\xd8\xff")


def media_type(_reader: Reader) -> str:
    """The IANA media type."""
    return "image/jpeg"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold; MalformedMedia when no end of image is reached and the file was not cut in a scan."""
    profile: list[Segment] = []
    images: list[tuple[int, int]] = []
    for segment in segments(reader, walk, whole=walk.depth > 0):
        if segment.marker == EOI:
            yield from jpeg_tail.find(reader, segment.end, images, walk)
        elif segment.marker in APPLICATION or segment.marker == COM:
            if segment.marker == _APP2:
                head = reader.read(segment.start, min(len(ICC_IDENTIFIER), segment.length))
                if head == ICC_IDENTIFIER:
                    profile.append(segment)
                elif head.startswith(MPF_IDENTIFIER):
                    images += _further_images(reader, segment, walk)
            yield from jpeg_applications.find(reader, segment, walk)
    yield from _profile(reader, profile, walk)


def _further_images(reader: Reader, segment: Segment, walk: Walk) -> list[tuple[int, int]]:
    index = segment.start + len(MPF_IDENTIFIER)
    found = mpf.images(Window(reader, index, segment.end - index), walk)
    return [(index + offset, length) for offset, length in found]


def _profile(reader: Reader, parts: list[Segment], walk: Walk) -> Iterator[Finding]:
    """The parts of a colour profile, put together in the order of their numbers."""
    numbered = [(reader.read(part.start + len(ICC_IDENTIFIER), 2), part) for part in parts]
    what = "jpeg/icc"
    for part in parts:
        if len(ICC_IDENTIFIER) < part.length < _ICC_PART_BYTES:
            yield Finding(part.start + len(ICC_IDENTIFIER), part.length - len(ICC_IDENTIFIER), what)
    whole = sorted((number, part.start, part) for number, part in numbered if part.length > _ICC_PART_BYTES)
    extents = [(part.start + _ICC_PART_BYTES, part.length - _ICC_PART_BYTES) for _, _, part in whole]
    view = Extents(reader, extents)
    for found in icc.find(view, walk, what):
        yield from mapped(view, found)
