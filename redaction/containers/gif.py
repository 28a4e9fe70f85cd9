"""GIF: pictures and the loop of an animation stay; comments, plain text and unknown applications become spaces.

Source: Graphics Interchange Format, version 89a (CompuServe); for XMP, XMP part 3 (Adobe), section 1.1.2.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers import gif_extensions, trailing
from redaction.containers.gif_blocks import sub_blocks_end
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader, exactly
from redaction.walk import Walk

_HEADER_BYTES: Final = 13  # signature, version, logical screen descriptor
_DESCRIPTOR_BYTES: Final = 9
_EXTENSION, _IMAGE, _TRAILER, _NOTHING = b"\x21", b"\x2c", b"\x3b", b"\0"


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return head.startswith((b"GIF87a", b"GIF89a"))


def media_type(_reader: Reader) -> str:
    """The IANA media type."""
    return "image/gif"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold; MalformedMedia when the file ends before its trailer, or holds no picture."""
    position = _HEADER_BYTES + _colours(exactly(reader, 0, _HEADER_BYTES)[10])
    pictures = 0
    while True:
        walk.node(position)
        introducer = exactly(reader, position, 1)
        position += 1
        if introducer == _TRAILER:
            break
        if introducer == _IMAGE:
            pictures += 1
            flags = exactly(reader, position, _DESCRIPTOR_BYTES)[8]
            position = sub_blocks_end(reader, position + _DESCRIPTOR_BYTES + _colours(flags) + 1, walk)
        elif introducer == _EXTENSION:
            label = exactly(reader, position, 1)[0]
            end = sub_blocks_end(reader, position + 1, walk)
            yield from gif_extensions.find(reader, label, position + 1, end, walk)
            position = end
        elif introducer != _NOTHING:  # an empty block between two others, as some writers leave it
            raise MalformedMedia("not a block", position - 1)
    if not pictures:
        raise MalformedMedia("a GIF without a picture", position)
    yield from trailing.find(reader, position, walk, "gif/trailer")


def _colours(flags: int) -> int:
    """Bytes of the colour table that the flags of a descriptor announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
