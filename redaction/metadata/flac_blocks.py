"""FLAC metadata blocks (RFC 9639 section 8), in FLAC files, Ogg and Matroska: what a decoder needs stays.

A block that goes becomes padding of the same length.
"""

from collections.abc import Iterator
from re import compile as regex
from typing import Final, NamedTuple

from redaction.errors import MalformedMedia
from redaction.finding import ZERO, Finding, structure
from redaction.metadata import vorbis_comment
from redaction.reader import Reader, Window, exactly
from redaction.walk import Walk

MAGIC: Final = b"fLaC"
HEADER_BYTES: Final = 4
STREAM_INFO_BYTES: Final = 34
STREAM_INFO, _PADDING, _SEEK_TABLE, _COMMENT, _PICTURE = 0, 1, 3, 4, 6
_NAMES: Final = {2: "application", 5: "cuesheet", _PICTURE: "picture"}
_IMAGE: Final = regex(rb"image/[a-z+-]{2,10}")
_SEEK_POINT_BYTES: Final = 18


class MetadataBlock(NamedTuple):
    """A block's type, whether it is the last one, the start of its header, and its data `[body, end)`."""

    kind: int
    last: bool
    offset: int
    end: int

    @property
    def body(self) -> int:
        """Where the data start."""
        return self.offset + HEADER_BYTES


def block_at(reader: Reader, offset: int, walk: Walk) -> MetadataBlock:
    """The block at `offset`; MalformedMedia when it does not fit."""
    walk.node(offset)
    head = exactly(reader, offset, HEADER_BYTES)
    end = offset + HEADER_BYTES + int.from_bytes(head[1:])
    if end > reader.size:
        raise MalformedMedia("a metadata block ends early", offset)
    return MetadataBlock(head[0] & 0x7F, bool(head[0] & 0x80), offset, end)


def blocks(reader: Reader, walk: Walk) -> Iterator[MetadataBlock]:
    """All blocks of a stream that starts with `fLaC`; the first one describes the stream."""
    if reader.read(0, len(MAGIC)) != MAGIC:
        raise MalformedMedia("no FLAC stream", 0)
    offset, last = len(MAGIC), False
    while not last:
        block = block_at(reader, offset, walk)
        if (block.kind == STREAM_INFO) != (offset == len(MAGIC)):
            raise MalformedMedia("a FLAC stream that is not described once", offset)
        yield block
        offset, last = block.end, block.last


def find(reader: Reader, walk: Walk, what: str) -> Iterator[Finding]:
    """Everything to withhold in the metadata of a stream, and nothing of what follows."""
    for block in blocks(reader, walk):
        yield from in_block(reader, block, walk, what)


def in_block(reader: Reader, block: MetadataBlock, walk: Walk, what: str) -> Iterator[Finding]:
    """Everything to withhold in one block."""
    length = block.end - block.body
    if block.kind == STREAM_INFO and length == STREAM_INFO_BYTES:
        return
    if block.kind == _SEEK_TABLE and length % _SEEK_POINT_BYTES == 0:
        return
    if block.kind == _COMMENT:
        view = Window(reader, block.body, length)
        found = vorbis_comment.find(view, walk, f"{what}/comments", 0)
        yield from (finding.shifted(block.body) for finding in found)
    elif block.kind == _PICTURE and (picture := _picture(reader, block, walk, f"{what}/picture")) is not None:
        yield from picture
    elif block.kind == STREAM_INFO:
        raise MalformedMedia("a FLAC stream that is not described once", block.offset)
    else:
        yield from _padding(
            block, f"{what}/{_NAMES.get(block.kind, 'padding' if block.kind == _PADDING else 'unknown')}"
        )


def _padding(block: MetadataBlock, what: str) -> Iterator[Finding]:
    if block.kind != _PADDING:
        yield Finding(block.offset, 1, what, structure(bytes([_PADDING | block.last << 7])))
    if block.body < block.end:
        yield Finding(block.body, block.end - block.body, what, ZERO)


def _picture(reader: Reader, block: MetadataBlock, walk: Walk, what: str) -> list[Finding] | None:
    """Findings in a picture that is a file of a kind we know; None when it must go as a whole (section 8.8)."""
    position = block.body + 4
    texts: list[tuple[int, int]] = []
    for _ in range(2):  # media type and description
        length = int.from_bytes(reader.read(position, 4))
        position += 4
        texts.append((position, length))
        position += length
        if position > block.end:
            return None
    position += 20  # width, height, depth, colours, bytes of data
    length = int.from_bytes(reader.read(position - 4, 4))
    if not length or position + length > block.end:
        return None
    (kind, kind_length), (text, text_length) = texts
    if not _IMAGE.fullmatch(reader.read(kind, min(kind_length, 20))):
        return None
    findings = list(walk.embedded(reader, position, length, what))
    if findings == [Finding(position, length, what)]:
        return None
    findings += [Finding(text, text_length, f"{what}/description")] if text_length else []
    rest = position + length
    return findings + ([Finding(rest, block.end - rest, what)] if rest < block.end else [])
