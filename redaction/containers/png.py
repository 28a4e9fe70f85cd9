"""PNG: every chunk, the pictures' compressed streams to their ends, and whatever follows IEND.

Source: PNG specification, third edition (W3C). Chunks that must go become filler of the same length; the CRC of each
changed chunk is written again, and so is one that was wrong before.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from redaction.containers import png_ancillary, png_animation, png_pictures, png_text, trailing
from redaction.containers.png_ancillary import Picture
from redaction.containers.png_chunks import SIGNATURE, Chunk, chunks, filled, is_intact, sealed
from redaction.containers.png_pictures import Header
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_CRITICAL: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_METADATA: Final = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return head.startswith(SIGNATURE)


def media_type(_reader: Reader) -> str:
    """The IANA media type."""
    return "image/png"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold; MalformedMedia when the file does not hold one whole picture."""
    every = list(chunks(reader, walk))
    header = _checked(reader, every)
    animated = png_animation.is_animated(reader, every)
    beyond = _beyond_pictures(reader, every, header, walk, animated=animated)
    seen: set[bytes] = set()
    oriented = any(chunk.kind == b"eXIf" for chunk in every)
    picture = _picture(every, header)
    for chunk in every:
        found = beyond.get(chunk.start, [])
        if not chunk.ancillary or (animated and chunk.kind in png_animation.KINDS):
            pass
        elif chunk.kind not in _METADATA and not is_intact(reader, chunk):  # viewers skip it
            found = list(filled(chunk, "png/unreadable-chunk"))
        else:
            orientation = b"" if oriented else png_text.orientation_of(reader, chunk, walk)
            if orientation and len(orientation) <= chunk.length:
                oriented = True
                found = list(png_text.reoriented(chunk, orientation))
            else:
                found = list(png_ancillary.find(reader, chunk, picture, walk, first=chunk.kind not in seen))
            seen.add(chunk.kind)
        yield from sealed(reader, chunk, found)
    yield from trailing.find(reader, every[-1].end + 4, walk, "png/trailer")


def _checked(reader: Reader, every: Sequence[Chunk]) -> Header:
    """The header of a file whose critical chunks are in order (5.6), and each of a known type."""
    kinds = [chunk.kind for chunk in every]
    first = kinds.index(b"IDAT") if b"IDAT" in kinds else 0
    count = kinds.count(b"IDAT")
    in_order = kinds[0] == b"IHDR" and first and kinds[first : first + count] == [b"IDAT"] * count
    once = kinds.count(b"IHDR") == 1 and kinds.count(b"PLTE") <= 1 and b"PLTE" not in kinds[first:]
    if not (in_order and once) or every[-1].length:
        raise MalformedMedia("critical chunks are missing or out of order", 0)
    for chunk in every:
        if not chunk.ancillary and chunk.kind not in _CRITICAL:
            raise MalformedMedia("an unknown critical chunk", chunk.start)
    header = png_pictures.header(reader.read(every[0].start, min(every[0].length, 16)))
    palette = next((chunk.length for chunk in every if chunk.kind == b"PLTE"), 0)
    most = 3 << header.depth if header.colour == 3 else 768 * (header.colour in {2, 6})
    if palette % 3 or palette > most or (header.colour == 3 and not palette):
        raise MalformedMedia("not a palette of such a picture", 0)
    return header


def _picture(every: Sequence[Chunk], header: Header) -> Picture:
    palette = next((chunk.length for chunk in every if chunk.kind == b"PLTE"), 0)
    starts = [chunk.start for chunk in every if chunk.kind == b"IDAT"]
    return Picture(header, palette, frozenset(start - 8 for start in starts), starts[0])


def _beyond_pictures(
    reader: Reader, every: Sequence[Chunk], header: Header, walk: Walk, *, animated: bool
) -> dict[int, list[Finding]]:
    """What follows the end of each compressed picture, by the start of the chunk it lies in."""
    still = [(chunk.start, chunk.length) for chunk in every if chunk.kind == b"IDAT"]
    found = list(png_pictures.slack(reader, still, header.raw_bytes(header.width, header.height), walk))
    if animated:
        for frame in png_animation.frames(reader, every, header):
            found += png_pictures.slack(reader, frame.extents, frame.raw_bytes, walk)
    starts = [chunk.start for chunk in every]
    by_chunk: dict[int, list[Finding]] = {}
    for finding in found:
        by_chunk.setdefault(starts[bisect_right(starts, finding.offset) - 1], []).append(finding)
    return by_chunk
