"""AVI's stream headers (LIST strl): what a decoder needs stays for pictures and sound.

Sources: AVI RIFF File Reference (Microsoft); OpenDML AVI File Format Extensions 1.02 (Matrox), sections 3 and 5.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from redaction.containers.isobmff_nals import Coding
from redaction.containers.riff_chunks import FORM_BYTES, HEADER_BYTES, Chunk, beyond, chunks, junk, padding
from redaction.containers.riff_wav import format_bytes
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

INDEX_HEADER_BYTES: Final = 24
_STRH_BYTES: Final = 56
_LANGUAGE_AT: Final = 14
_BITMAP_BYTES: Final = 40  # BITMAPINFOHEADER
_COMPRESSION_AT: Final = 16
_EXTENSION_BYTES: Final = 4096  # longest codec configuration that stays
_MOTION_JPEG: Final = frozenset({b"MJPG", b"mjpg", b"AVRn", b"dmb1"})
_H264: Final = frozenset({b"H264", b"h264", b"X264", b"x264", b"avc1", b"AVC1"})
_H265: Final = frozenset({b"H265", b"h265", b"HEVC", b"hevc", b"X265", b"x265", b"hvc1", b"HVC1"})
_NAMES: Final = {b"strd": "makernote", b"strn": "stream-name"}


class Stream(NamedTuple):
    """A stream: its type as strh says, and how its pictures are coded where that may hide something."""

    kind: bytes
    motion_jpeg: bool
    coding: Coding | None

    @property
    def kept(self) -> bool:
        """Whether it holds picture or sound."""
        return self.kind in {b"vids", b"auds"}


def find(reader: Reader, strl: Chunk, streams: list[Stream], walk: Walk) -> Iterator[Finding]:
    """Everything to withhold in one LIST strl; adds its stream to `streams`. The header comes first in it."""
    inside = list(chunks(reader, strl.start + FORM_BYTES - HEADER_BYTES, strl.end, walk))
    if not inside or inside[0].kind != b"strh" or inside[0].length < 8:
        raise MalformedMedia("a stream without its header", strl.start)
    kind = reader.read(inside[0].start, 4)
    described = next((chunk for chunk in inside if chunk.kind == b"strf"), None)
    compression = b""
    if kind == b"vids" and described is not None:
        compression = reader.read(described.start + _COMPRESSION_AT, 4)
    coding = Coding(4, hevc=compression in _H265) if compression in _H264 | _H265 else None
    stream = Stream(kind, compression in _MOTION_JPEG, coding)
    streams.append(stream)
    yield from _header(inside[0], stream)
    for chunk in inside[1:]:
        if chunk is described:
            yield from beyond(chunk, _format(reader, chunk, stream), "avi/format")
        elif chunk.kind == b"indx":
            yield from index(reader, chunk)
        elif chunk.kind == b"vprp" and chunk.length == _video_properties(reader, chunk):
            yield from padding(chunk)
        else:
            yield from junk(chunk, f"avi/{_NAMES.get(chunk.kind, 'unknown-chunk')}")
    yield from padding(strl)


def index(reader: Reader, chunk: Chunk) -> Iterator[Finding]:
    """An OpenDML index (`indx`, `ix##`): entries in use stay, room behind them is blanked."""
    head = reader.read(chunk.start, min(8, chunk.length))
    entry, count = 4 * int.from_bytes(head[:2], "little"), int.from_bytes(head[4:8], "little")
    used = INDEX_HEADER_BYTES + entry * count
    if not entry or used > chunk.length:
        yield from junk(chunk, "avi/index")
    else:
        yield from beyond(chunk, used, "avi/index")


def _header(chunk: Chunk, stream: Stream) -> Iterator[Finding]:
    if not stream.kept:
        yield Finding(chunk.start + 4, 4, "avi/stream-header")
    if chunk.length >= _LANGUAGE_AT + 2:
        yield Finding(chunk.start + _LANGUAGE_AT, 2, "avi/language")
    yield from beyond(chunk, _STRH_BYTES, "avi/slack")


def _format(reader: Reader, chunk: Chunk, stream: Stream) -> int:
    """Bytes of a format that a decoder needs."""
    if stream.kind == b"auds":
        return format_bytes(reader, chunk)
    if stream.kind == b"vids":
        return _BITMAP_BYTES if stream.motion_jpeg else _BITMAP_BYTES + _EXTENSION_BYTES
    return 0


def _video_properties(reader: Reader, chunk: Chunk) -> int:
    """Length that `vprp` must have for the number of fields it announces (OpenDML 5.0)."""
    return 36 + 32 * int.from_bytes(reader.read(chunk.start + 32, 4), "little")
