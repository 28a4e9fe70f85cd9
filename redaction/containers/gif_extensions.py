"""GIF's extensions (89a, sections 23 to 26): which stay, and how the others are blanked.

Text becomes spaces, not zeros: a zero where a reader looks for a length would end the extension.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from redaction.containers.gif_blocks import spaced, sub_blocks
from redaction.finding import SPACE, Finding
from redaction.limits import METADATA_BYTES
from redaction.metadata import icc, xmp
from redaction.reader import BytesReader, Extents, Reader, Window
from redaction.walk import Walk, mapped

_PLAIN_TEXT, _GRAPHIC_CONTROL, _COMMENT, _APPLICATION = 0x01, 0xF9, 0xFE, 0xFF
_NAMES: Final = {_PLAIN_TEXT: "text", _COMMENT: "comment"}
_FIXED: Final = {_PLAIN_TEXT: 12, _APPLICATION: 11}  # bytes of the first sub-block, which readers count on
_IDENTIFIER_BYTES: Final = _FIXED[_APPLICATION]
_PROFILE_BLOCKS: Final = 1 << 14  # sub-blocks of a colour profile that stays: 4 MiB
_LOOPS: Final = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})
_LOOP: Final = (3, b"\1")  # sub-block that says how often: length, first byte
_BUFFER: Final = (5, b"\2")  # sub-block that says how much to read ahead
_XMP: Final = b"XMP DataXMP"
_ICC: Final = b"ICCRGBG1012"
_MAGIC: Final = b"\1" + bytes(range(255, -1, -1)) + b"\0"
"""Behind an XMP packet: whichever of its bytes a reader takes for a length, it ends up at the last zero of these."""


def find(reader: Reader, label: int, start: int, end: int, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold in an extension whose sub-blocks are at `[start, end)`, terminator included."""
    first = reader.read(start, 1)[0]
    if label == _GRAPHIC_CONTROL and first == 4 and end - start == 1 + 4 + 1:
        return
    if first != _FIXED.get(label):
        yield from spaced(start, end, f"gif/{_NAMES.get(label, 'unknown-extension')}")
    elif label == _APPLICATION:
        yield from _application(reader, start + 1, end, walk)
    else:
        yield from _blank(start + 1, first, end, "gif/text")


def _blank(start: int, fixed: int, end: int, what: str) -> Iterator[Finding]:
    """An extension whose first sub-block keeps its length."""
    yield Finding(start, fixed, what, SPACE)
    yield from spaced(start + fixed, end, what)


def _application(reader: Reader, start: int, end: int, walk: Walk) -> Iterator[Finding]:
    """An application's identifier is at `start`, its data in sub-blocks behind that."""
    identifier = reader.read(start, _IDENTIFIER_BYTES)
    body = start + _IDENTIFIER_BYTES
    blocks = list(islice(sub_blocks(reader, body), _PROFILE_BLOCKS + 1)) if identifier == _ICC else []
    if identifier == _XMP:
        yield from _packet(reader, body, end, walk)
    elif 0 < len(blocks) <= _PROFILE_BLOCKS:
        view = Extents(reader, blocks)
        for found in icc.find(view, walk, "gif/icc"):
            yield from mapped(view, found)
    elif not (identifier in _LOOPS and _is_loop(reader, body)):
        yield from _blank(start, _IDENTIFIER_BYTES, end, "gif/unknown-application")


def _is_loop(reader: Reader, body: int) -> bool:
    blocks = [(length, reader.read(offset, 1)) for offset, length in islice(sub_blocks(reader, body), 3)]
    return blocks in ([_LOOP], [_LOOP, _BUFFER], [_BUFFER])


def _packet(reader: Reader, body: int, end: int, walk: Walk) -> Iterator[Finding]:
    """XMP stands there as it is, without length bytes. One that does not, or that holds a zero, is emptied whole."""
    what = "gif/xmp"
    length = end - body - len(_MAGIC)
    view = Window(reader, body, max(length, 0))
    packet = view.read(0, view.size) if 0 < length <= METADATA_BYTES else b""
    if not packet or b"\0" in packet or reader.read(body + length, len(_MAGIC)) != _MAGIC:
        yield from spaced(body, end, what)
        return
    yield from (found.shifted(body) for found in xmp.find(BytesReader(packet), walk, what))
