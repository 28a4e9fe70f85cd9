"""Boxes inside sample entries: what decoders need, in the length that its own fields give it, and nothing behind that.

Source: ISO/IEC 14496-1 (descriptors), 14496-12, 14496-14, 14496-15, QuickTime File Format, and the codecs' own.
"""

from collections.abc import Iterator
from re import compile as regex
from typing import Final

from redaction.containers.av1_obus import in_configuration
from redaction.containers.isobmff_boxes import Box, Search
from redaction.containers.isobmff_nals import configuration
from redaction.containers.isobmff_names import BLANKED
from redaction.errors import MalformedMedia
from redaction.finding import SPACE, Finding, structure
from redaction.metadata import icc
from redaction.reader import Window

_WHAT: Final = "mp4/stsd/slack"
_LENGTHS: Final[dict[bytes, int]] = {
    b"pasp": 8,
    b"clap": 32,
    b"btrt": 12,
    b"fiel": 2,
    b"gama": 4,
    b"chrm": 24,
    b"mdcv": 24,
    b"clli": 4,
    b"SmDm": 28,
    b"CoLL": 8,
    b"amve": 8,
    b"ccst": 8,
    b"st3d": 5,
    b"dvcC": 24,
    b"dvvC": 24,
    b"dvwC": 24,
    b"vpcC": 12,
    b"hfov": 4,
    b"bitr": 8,
    b"dac3": 3,
    b"damr": 9,
    b"srat": 8,
    b"pcmC": 6,
    b"frma": 4,
    b"enda": 2,
    b"ddts": 20,
    b"dmlp": 10,
    b"ACLR": 16,
    b"ARES": 112,
    b"APRG": 16,
    b"mp4a": 4,
    b"d263": 23,
}
"""Payload bytes: what follows is slack."""
_LONGEST: Final[dict[bytes, int]] = {
    b"glbl": 256,
    b"SMI ": 256,
    b"jp2h": 256,
    b"chnl": 64,
    b"dec3": 64,
    b"dac4": 256,
    b"mhaC": 256,
    b"udts": 64,
    b"m4ds": 256,
    b"pinf": 256,
    b"cinf": 256,
    b"lhvC": 1024,
    b"sinf": 512,
}
"""Payload bytes that a box of no fixed length may have at most, in films that phones do not make; else it goes."""
_SPATIAL: Final = frozenset(
    {b"eyes", b"stri", b"hero", b"cams", b"blin", b"cmfy", b"dadj", b"proj", b"prji", b"pack", b"pkin"}
)
_SPATIAL_BYTES: Final = 16  # of a value in `vexu`
_WAVE: Final = frozenset({b"frma", b"mp4a", b"esds", b"enda", b"alac", b"chan", b"srat", b"damr", b"dac3", bytes(4)})
_COLOURS: Final = {b"nclc": 10, b"nclx": 11}
_PROFILES: Final = frozenset({b"prof", b"rICC"})
_ALAC: Final = 28  # version and flags, and ALACSpecificConfig; a channel layout of 24 bytes may follow
_STREAM_INFO: Final = 4 + 4 + 34  # version and flags, a block's header, STREAMINFO (RFC 9639)
_ES, _DECODER, _SPECIFIC, _SYNC = 3, 4, 5, 6  # tags of descriptors (14496-1 section 7.2.2.1)
_SPECIFIC_BYTES: Final = 64  # of a sound's configuration
_AAC: Final = 0x40  # object type of a decoder
_AAC_OBJECTS: Final = frozenset({1, 2, 3, 4, 5, 29})  # AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1)
_AAC_BYTES: Final = 8
_SOUND: Final = 5  # stream type
_USER_DATA: Final = regex(rb"(?s)\x00\x00\x01\xb2(.+?)(?=\x00\x00\x01|\Z)")  # ISO/IEC 14496-2 section 6.2.2.1


def in_codec_box(search: Search, box: Box) -> Iterator[Finding]:
    """Findings in a box that `ENTRY_BOXES` allows."""
    if box.kind in {b"avcC", b"hvcC"}:
        yield from configuration(search, box)
    elif box.kind == b"av1C":
        yield from in_configuration(search, box, "mp4/obu")
    elif box.kind == b"esds":
        yield from _esds(search, box)
    elif box.kind == b"colr":
        yield from _colour(search, box)
    elif box.kind == b"wave":
        yield from _wave(search, box)
    elif box.kind == b"vexu":
        yield from _spatial(search, box)
    elif box.kind == b"dfLa":
        yield from _flac(search, box)
    elif box.kind in _LONGEST:
        if box.end - box.body > _LONGEST[box.kind]:
            yield from search.free(box, "mp4/stsd/unknown")
    else:
        if box.kind == b"damr":  # AMRSpecificBox of 3GPP TS 26.244: the encoder's vendor and version come first
            yield from search.blank(box.body, min(box.body + 5, box.end), "mp4/stsd/vendor")
        yield from _slack(search, box, _length(search, box))


def _slack(search: Search, box: Box, length: int, what: str = _WHAT) -> Iterator[Finding]:
    yield from search.blank(min(box.body + length, box.end), box.end, what)


def _length(search: Search, box: Box) -> int:
    head = search.reader.read(box.body, min(40, box.end - box.body))
    if box.kind == b"chan":  # AudioChannelLayout: after version and flags, three numbers, the last counts descriptions
        return 16 + 20 * int.from_bytes(head[12:16])
    if box.kind == b"SA3D":
        return 12 + 4 * int.from_bytes(head[8:12])
    if box.kind == b"dOps":
        return 11 if len(head) < 11 or not head[10] else 13 + head[1]
    if box.kind == b"alac":
        return _ALAC + (24 if head[32:36] == b"chan" else 0)
    return _LENGTHS.get(box.kind, 0)


def _colour(search: Search, box: Box) -> Iterator[Finding]:
    kind = search.field(box, 0, 4)
    if kind in _PROFILES:
        start = box.body + 4
        view = Window(search.reader, start, box.end - start)
        yield from (found.shifted(start) for found in icc.find(view, search.walk, "mp4/icc"))
    else:
        yield from _slack(search, box, _COLOURS.get(kind, 0))


def _wave(search: Search, wave: Box) -> Iterator[Finding]:
    """QuickTime's sound decompression parameters: boxes again."""
    boxes, end = search.children(wave.body, wave.end)
    for box in boxes:
        if box.kind in BLANKED:
            yield from search.blank(box.body, box.end, "mp4/free")
        elif box.kind not in _WAVE:
            yield from search.free(box, "mp4/stsd/unknown")
        else:
            yield from in_codec_box(search, box)
    yield from search.blank(end, wave.end, _WHAT)


def _spatial(search: Search, parent: Box) -> Iterator[Finding]:
    """Stereo and projection (Apple's spatial video)."""
    try:
        boxes, end = search.children(parent.body, parent.end)
    except MalformedMedia:
        boxes, end = [], parent.body
    if not boxes:
        yield from _slack(search, parent, _SPATIAL_BYTES)
        return
    for box in boxes:
        if box.kind not in _SPATIAL:
            yield from search.free(box, "mp4/stsd/unknown")
        elif box.kind in {b"eyes", b"cams", b"cmfy", b"proj", b"pack"}:
            yield from _spatial(search, box)
        else:
            yield from _slack(search, box, _SPATIAL_BYTES)
    yield from search.blank(end, parent.end, _WHAT)


def _flac(search: Search, box: Box) -> Iterator[Finding]:
    """Only STREAMINFO stays: it becomes the last block."""
    head = search.field(box, 4, 4)
    if head[0] & 0x7F or int.from_bytes(head[1:]) != _STREAM_INFO - 8 or box.end - box.body < _STREAM_INFO:
        raise MalformedMedia("a sample entry is not understood", box.offset)
    if not head[0] & 0x80:
        yield Finding(box.body + 4, 1, "mp4/stsd/comment", structure(b"\x80"))
    yield from _slack(search, box, _STREAM_INFO, "mp4/stsd/comment")


def _esds(search: Search, box: Box) -> Iterator[Finding]:
    """The elementary stream's descriptor: decoder and synchronisation stay, addresses and other descriptors go."""
    data = search.payload(box)
    tag, start, end = next(_descriptors(data, 4, len(data)), (0, 4, 4))
    if tag == _ES and end - start >= 3:
        yield from _stream(search, box, data, (start, end))
    elif tag == _DECODER:
        yield from _decoder(search, box, data, (start, end))
    else:
        end = 4
    yield from search.blank(box.body + end, box.end, _WHAT)


def _stream(search: Search, box: Box, data: bytes, extent: tuple[int, int]) -> Iterator[Finding]:
    start, end = extent
    flags, at = data[start + 2], start + 3
    at += 2 if flags & 0x80 else 0
    if flags & 0x40 and at < end:
        yield from search.blank(box.body + at + 1, box.body + min(at + 1 + data[at], end), _WHAT)
        at += 1 + data[at]
    at += 2 if flags & 0x20 else 0
    first = last = min(at, end)
    for tag, begin, last in _descriptors(data, first, end):
        if tag == _DECODER:
            yield from _decoder(search, box, data, (begin, last))
        elif tag != _SYNC or last - begin > 1:
            yield from search.blank(box.body + begin, box.body + last, _WHAT)
    yield from search.blank(box.body + last, box.body + end, _WHAT)


def _decoder(search: Search, box: Box, data: bytes, extent: tuple[int, int]) -> Iterator[Finding]:
    start, end = extent
    if end - start < 13:
        raise MalformedMedia("a sample entry is not understood", box.offset)
    first = last = start + 13
    for tag, begin, last in _descriptors(data, first, end):
        if tag != _SPECIFIC:
            yield from search.blank(box.body + begin, box.body + last, _WHAT)
        elif data[start + 1] >> 2 == _SOUND:
            longest = _longest_sound(data[start], data[begin : begin + 2])
            yield from search.blank(box.body + min(begin + longest, last), box.body + last, _WHAT)
        else:
            for found in _USER_DATA.finditer(data, begin, last):
                yield from search.blank(box.body + found.start(1), box.body + found.end(1), "mp4/user-data", SPACE)
    yield from search.blank(box.body + last, box.body + end, _WHAT)


def _longest_sound(coding: int, head: bytes) -> int:
    """Bytes that a sound decoder's configuration may have: few in AAC with a usual number of channels."""
    first = int.from_bytes(head.ljust(2, b"\0"))
    usual = coding == _AAC and first >> 11 in _AAC_OBJECTS and first >> 3 & 15
    return _AAC_BYTES if usual else _SPECIFIC_BYTES


def _descriptors(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Tag, start and end of each descriptor's payload (14496-1 section 8.3.3: sizes of seven bits a byte)."""
    while end - start >= 2 and data[start]:
        tag, size, at = data[start], 0, start + 1
        for _ in range(4):
            if at >= end:
                break
            size, more = size << 7 | data[at] & 0x7F, data[at] & 0x80
            at += 1
            if not more:
                break
        if at + size > end:
            raise MalformedMedia("a sample entry is not understood")
        yield tag, at, at + size
        start = at + size
