"""NAL units of H.264 and H.265 in samples and decoder configurations (ISO/IEC 14496-15): blank what SEI may identify.

Only the heads of NAL units are read; SEI, filler and units of unknown kinds whole. Not searched: other codecs' user
data (MPEG-4 part 2, AAC data stream elements), encrypted tracks, and pictures whose length passes their sample.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from redaction.containers.isobmff_boxes import Box, Search
from redaction.errors import MalformedMedia
from redaction.finding import SPACE, Finding, structure
from redaction.metadata.samples import Chunk, samples
from redaction.metadata.sei import withheld
from redaction.reader import exactly

MAX_NALS: Final = 1 << 22
_HEAD_BYTES: Final = 24  # read at each NAL unit: length, header and often a short SEI
_PIECE_BYTES: Final = 1 << 16
_LONGEST_SEI: Final = 1 << 20  # longer ones are blanked without being parsed
_START_CODE: Final = b"\0\0\1"
_AVC_HIGH_BYTES: Final = 4  # chroma format and bit depths after the parameter sets of the High profiles
_KNOWN: Final = {  # types of units, by whether they are H.265: table 7-1 of either standard
    False: frozenset({*range(1, 12), 13, 14, 15, 19, 20}),
    True: frozenset({*range(10), *range(16, 22), *range(32, 38), 39, 40}),
}
_DOLBY_VISION: Final = {False: frozenset({28, 30}), True: frozenset({62, 63})}
_WHAT: Final = "mp4/sei"


class Coding(NamedTuple):
    """How NAL units stand in samples: bytes of the length before each, and whether they are H.265."""

    length_size: int
    hevc: bool

    @property
    def header(self) -> int:
        """Bytes of a NAL unit's header."""
        return 2 if self.hevc else 1

    def is_sei(self, first: int) -> bool:
        """Whether a NAL unit that begins with this byte is SEI (H.265: prefix or suffix)."""
        return (first >> 1) & 63 in {39, 40} if self.hevc else first & 31 == 6

    def is_known(self, first: int) -> bool:
        """Whether a NAL unit that begins with this byte is picture, parameters or SEI, not filler or nobody's."""
        return self._kind(first) in _KNOWN[self.hevc]

    def is_dolby_vision(self, first: int) -> bool:
        """Whether a NAL unit that begins with this byte is Dolby Vision's, in a film."""
        return self._kind(first) in _DOLBY_VISION[self.hevc]

    def _kind(self, first: int) -> int:
        return (first >> 1) & 63 if self.hevc else first & 31

    def is_picture(self, first: int) -> bool:
        """Whether a NAL unit that begins with this byte holds a part of the picture."""
        return (first >> 1) & 63 < 32 if self.hevc else 1 <= first & 31 <= 5


def coding(search: Search, box: Box) -> Coding:
    """From `avcC` or `hvcC`."""
    hevc = box.kind == b"hvcC"
    return Coding((exactly(search.reader, box.body + (21 if hevc else 4), 1)[0] & 3) + 1, hevc)


def configuration(search: Search, box: Box) -> Iterator[Finding]:
    """Findings in `avcC` or `hvcC`: SEI, units of unknown kinds, and what follows the parameter sets."""
    how, data = coding(search, box), search.payload(box)
    end = 0
    for start, end in _hevc_units(data) if how.hevc else _avc_units(data):
        if end > start and how.is_sei(data[start]):
            yield from _sei(search, how, box.body + start, end - start)
        elif end - start > how.header and not how.is_known(data[start]):
            yield from search.blank(box.body + start + how.header, box.body + end, "mp4/nal", SPACE)
    if not how.hevc:
        end = min(end + _AVC_HIGH_BYTES, len(data))
    yield from search.blank(box.body + end, box.end, "mp4/slack")


def _avc_units(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each unit; last, an empty one where they end."""
    position = 5
    for mask in (31, 255):  # SPS, then PPS
        count = data[position] & mask if position < len(data) else 0
        position += 1
        for _ in range(count):
            yield (unit := _unit(data, position))
            position = unit[1]
    yield min(position, len(data)), min(position, len(data))


def _hevc_units(data: bytes) -> Iterator[tuple[int, int]]:
    position = 23
    for _ in range(data[22] if len(data) > 22 else 0):
        count = int.from_bytes(data[position + 1 : position + 3])
        position += 3
        for _ in range(count):
            yield (unit := _unit(data, position))
            position = unit[1]
    yield min(position, len(data)), min(position, len(data))


def _unit(data: bytes, position: int) -> tuple[int, int]:
    length = int.from_bytes(data[position : position + 2])
    if position + 2 + length > len(data):
        raise MalformedMedia("a decoder configuration ends early")
    return position + 2, position + 2 + length


def in_samples(search: Search, how: Coding, chunks: Iterable[Chunk]) -> Iterator[Finding]:
    """Findings in the SEI units of all samples, and units that are neither picture nor parameters."""
    budget = MAX_NALS
    for chunk in chunks:
        for offset, size in samples(chunk):
            position, end = offset, offset + size
            while end - position > how.length_size:
                budget -= 1
                if budget < 0:
                    raise MalformedMedia("too many parts", position)
                head = exactly(search.reader, position, min(_HEAD_BYTES, end - position))
                start = position + how.length_size
                position = min(start + int.from_bytes(head[: how.length_size]), end)
                if position == start:
                    continue
                first = head[how.length_size]
                if not how.is_known(first) and not how.is_dolby_vision(first):
                    yield from _unknown(search, start + how.header, position)
                elif how.is_sei(first):
                    yield from _sei(search, how, start, position - start)
                elif _START_CODE in head[how.length_size :]:
                    yield from in_byte_stream(search, how, start, position - start)


def in_byte_stream(search: Search, how: Coding, start: int, length: int) -> Iterator[Finding]:
    """SEI before the picture in a byte stream with start codes: an AVI's, or a unit's (seen in slow motion of phones).

    A start code cannot occur inside a unit, so that seeing one in its first bytes is proof enough.
    """
    data, places = b"", list[int]()
    while len(data) < min(length, _LONGEST_SEI):
        data = search.stream(start, min(length, max(1024, 2 * len(data))))
        places = [match.end() for match in re.finditer(_START_CODE, data)]
        if any(how.is_picture(data[place]) for place in places if place < len(data)):
            break
    for place, after in pairwise([*places, len(data) + len(_START_CODE)]):
        unit = data[place : after - len(_START_CODE)].rstrip(b"\0")
        if unit and how.is_sei(unit[0]):
            yield from _sei(search, how, start + place, len(unit))


def _unknown(search: Search, start: int, end: int) -> Iterator[Finding]:
    """A unit's payload, unless it is what filler is made of (H.264 section 7.3.2.7): FF and a stop bit."""
    for at in range(start, end, _PIECE_BYTES):
        data = search.stream(at, min(_PIECE_BYTES, end - at))
        if data.strip(b"\xff") not in {b"", b"\x80"}:
            yield from search.blank(start, end, "mp4/nal", SPACE)
            return


def _sei(search: Search, how: Coding, start: int, length: int) -> Iterator[Finding]:
    if length > _LONGEST_SEI:
        yield from search.blank(start + how.header, start + length, _WHAT, SPACE)
        return
    nal = search.stream(start, length)
    for message in withheld(nal, how.header):
        if message.size_at is not None:
            yield Finding(start + message.size_at, 1, _WHAT, structure(bytes([message.size])))
        if nal.count(b" ", message.start, message.end) != message.end - message.start:
            yield Finding(start + message.start, message.end - message.start, _WHAT, SPACE)
