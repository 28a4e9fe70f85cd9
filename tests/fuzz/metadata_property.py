"""What must hold of each parser of metadata by itself: whole files reach some of them seldom."""

from collections.abc import Callable, Iterable, Iterator
from struct import pack
from typing import Final

from redaction.containers.formats import descend
from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.metadata import (
    exif,
    flac_blocks,
    icc,
    iptc,
    irb,
    mpf,
    samples,
    sef,
    sei,
    sound_tags,
    vorbis_comment,
    xmp,
)
from redaction.reader import Reader
from redaction.walk import Walk
from tests.fuzz.redaction_property import CountingReader, NotHeld
from tests.redaction.containers import photos, stills, test_sound_frames
from tests.redaction.metadata import tiffs

Parser = Callable[[Reader, Walk], Iterable[Finding]]


def _walked(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Chunks of a track, from its three tables laid end to end."""
    data = reader.read(0, reader.size)
    third = len(data) // 3
    sizes = samples.sizes_of(data[:third])
    chunks, _ = samples.chunks_of(sizes, data[third : 2 * third], samples.integers(data[2 * third :], 4))
    for chunk in chunks:
        for offset, length in samples.samples(chunk):
            walk.node(offset)
            if offset < 0 or length < 0:
                raise NotHeld("a sample lies nowhere")
    yield from ()


def _messages(reader: Reader, _walk: Walk) -> Iterator[Finding]:
    nal = reader.read(0, reader.size)
    for header in (1, 2):
        for message in sei.withheld(nal, header):
            yield Finding(message.start, message.end - message.start, "sei")


def _trailer(reader: Reader, walk: Walk) -> Iterator[Finding]:
    found = sef.trailer(reader, 0, walk)
    for offset, length in () if found is None else (*found.values, *found.headers):
        if length:
            yield Finding(offset, length, "sef")


def _images(reader: Reader, walk: Walk) -> Iterator[Finding]:
    for offset, length in mpf.images(reader, walk):
        if offset < 0 or length < 0:
            raise NotHeld("an image lies nowhere")
    yield from mpf.find(reader, walk, "mpf")


def _tags(reader: Reader, walk: Walk) -> Iterator[Finding]:
    start, found = sound_tags.before(reader, walk, "tags")
    yield from found
    yield from sound_tags.after(reader, start, walk, "tags")[1]


PARSERS: Final[tuple[Parser, ...]] = (
    lambda reader, walk: exif.find(reader, walk, "exif"),
    lambda reader, walk: xmp.find(reader, walk, "xmp"),
    lambda reader, walk: icc.find(reader, walk, "icc"),
    lambda reader, walk: iptc.find(reader, walk, "iptc"),
    lambda reader, walk: irb.find(reader, walk, "irb"),
    lambda reader, walk: flac_blocks.find(reader, walk, "flac"),
    lambda reader, walk: vorbis_comment.find(reader, walk, "comments", 0),
    _images,
    _trailer,
    _messages,
    _walked,
    _tags,
)


def holds(data: bytes) -> None:
    """A parser (the first byte says which) ends with findings inside what it was given, or MalformedMedia."""
    if not data:
        return
    reader = CountingReader(data[1:])
    try:
        found = list(PARSERS[data[0] % len(PARSERS)](reader, Walk(descend)))
    except MalformedMedia:
        return
    if any(finding.end > reader.size for finding in found):
        raise NotHeld("a finding passes the end")


def seeds() -> Iterator[bytes]:
    """One good block or two for each parser."""
    blocks = (
        tiffs.block("<", [(0x0112, tiffs.SHORT, b"\1\0")], gps=tiffs.position("<")),
        stills.XMP,
        bytes(128),
        b"\x1c\2\x5a\0\5Paris",
        b"8BIM\4\4\0\0\0\0\0\x0a\x1c\2\x5a\0\5Paris",
        test_sound_frames.flac((4, b"x" * 20)),
        pack("<I4sI", 4, b"name", 0),
        tiffs.block(">", [(0xB000, tiffs.UNDEFINED, b"0100"), (0xB002, tiffs.UNDEFINED, bytes(32))]),
        b"abcd" + b"SEFH" + pack("<IIHHII", 107, 1, 0, 0x0A01, 4, 4) + pack("<I", 24) + b"SEFT",
        b"\6\5\x14" + b"U" * 16 + b"abcd\x80",
        bytes(4) + pack(">II", 4, 2) + bytes(4) + pack(">IIII", 1, 1, 2, 1) + pack(">I", 64),
        test_sound_frames.ape(b"Title", b"something"),
    )
    for number, block in enumerate(blocks):
        yield bytes([number]) + block
    yield b"\0" + photos.plain()
