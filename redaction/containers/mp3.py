"""MP3 (MPEG audio layers II and III) and, behind an ID3 tag, ADTS and FLAC: tags go, frames stay.

Sources: ISO/IEC 11172-3 section 2.4, ISO/IEC 13818-3; the Xing, Info and LAME header of the first frame as its authors
describe it. Not searched: ancillary data inside frames.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers import adts, flac
from redaction.containers.sound_frames import Measure, frames, trailer
from redaction.errors import MalformedMedia
from redaction.finding import Finding, structure
from redaction.metadata import sound_tags
from redaction.metadata.flac_blocks import MAGIC
from redaction.reader import Reader
from redaction.walk import Walk

_WHAT: Final = "mp3"
_HEADER_BYTES: Final = 4
_RATES: Final = (44_100, 48_000, 32_000)
_KILOBITS: Final = {
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_KILOBITS[2, 1] = _KILOBITS[2, 2]
"""By the header's version (3 is MPEG-1, else MPEG-2 and 2.5) and layer (2 is II, 1 is III)."""

_INFO_FIELDS: Final = ((1, 4), (2, 4), (4, 100), (8, 4))  # flag and bytes: frames, bytes, seek table, quality
_ENCODER_BYTES: Final = 9
_CHECKSUM_AT: Final = 34  # from the encoder's name
_GAPLESS: Final = (b"LAME", b"Lavf", b"Lavc")  # only with these do players drop the encoder's padding
_ENCODER: Final = b"LAME     "


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return head.startswith(b"ID3") or _measure(head[:_HEADER_BYTES]) > 0


def media_type(reader: Reader) -> str:
    """The IANA media type, by what follows the ID3 tags."""

    def nothing(_reader: Reader, _walk: Walk) -> Iterator[Finding]:
        yield from ()

    start, _ = sound_tags.before(reader, Walk(nothing), _WHAT)
    head = reader.read(start, 8)
    if head.startswith(MAGIC):
        return flac.media_type(reader)
    return adts.media_type(reader) if adts.matches(head) else "audio/mpeg"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold; MalformedMedia when the frames do not follow each other to the end."""
    start, findings = sound_tags.before(reader, walk, _WHAT)
    yield from findings
    head = reader.read(start, 8)
    if head.startswith(MAGIC):
        yield from flac.stream(reader, start, walk)
        return
    if adts.matches(head):
        yield from adts.stream(reader, start, walk)
        return
    end, findings = sound_tags.after(reader, start, walk, _WHAT)
    yield from findings
    measure = _like(reader.read(start, _HEADER_BYTES))
    position = start
    for offset, length in frames(reader, start, end, _HEADER_BYTES, measure):
        if offset == start:
            yield from _info(reader, offset, length)
        position = offset + length
    if position == start:
        raise MalformedMedia("no sound", start)
    yield from trailer(reader, position, end, _HEADER_BYTES, measure, f"{_WHAT}/trailer")


def _measure(head: bytes) -> int:
    """Bytes of a frame; frames of free format do not tell, and layer I is no MP3."""
    if len(head) < _HEADER_BYTES or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    kilobits, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer not in {1, 2} or kilobits in {0, 15} or rate == 3:
        return 0
    hertz = _RATES[rate] >> {3: 0, 2: 1, 0: 2}[version]
    factor = 72 if layer == 1 and version != 3 else 144
    return factor * 1000 * _KILOBITS[3 if version == 3 else 2, layer][kilobits - 1] // hertz + (head[2] >> 1 & 1)


def _like(first: bytes) -> Measure:
    """Frames of the same version, layer and sampling rate as the first one."""

    def measure(head: bytes) -> int:
        same = len(head) == len(first) and head[1] & 0xFE == first[1] & 0xFE and head[2] & 0x0C == first[2] & 0x0C
        return _measure(head) if same else 0

    return measure


def _info(reader: Reader, offset: int, length: int) -> Iterator[Finding]:
    """The encoder's name in the header frame that tells the length of the whole, and what follows that header."""
    head = reader.read(offset, length)
    mono = head[3] >> 6 == 3
    first = head[1] >> 3 & 3 == 3
    side = (17 if mono else 32) if first else (9 if mono else 17)
    at = 4 + side
    if head[at : at + 4] not in {b"Xing", b"Info"}:
        return
    flags = int.from_bytes(head[at + 4 : at + 8])
    name = at + 8 + sum(size for flag, size in _INFO_FIELDS if flags & flag)
    checksum = name + _CHECKSUM_AT
    if checksum + 2 > length:
        if name < length:
            yield Finding(offset + name, length - name, f"{_WHAT}/info")
        return
    if any(head[name : checksum + 2]):
        encoder = _ENCODER if head[name : name + 4] in _GAPLESS else bytes(_ENCODER_BYTES)
        yield Finding(offset + name, _ENCODER_BYTES, f"{_WHAT}/encoder", structure(encoder))
        after = head[:name] + encoder + head[name + _ENCODER_BYTES : checksum]
        value = structure(_checksum(after).to_bytes(2))
        yield Finding(offset + checksum, 2, f"{_WHAT}/encoder/checksum/derived", value)
    if checksum + 2 < length:
        yield Finding(offset + checksum + 2, length - checksum - 2, f"{_WHAT}/info")


def _checksum(data: bytes) -> int:
    """CRC-16 of the LAME header: polynomial 0x8005, least significant bit first, from 0."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value
