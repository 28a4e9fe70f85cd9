"""Ogg with Opus, Vorbis, Speex or FLAC: comments and pictures go, page checksums follow, sound stays.

Sources: RFC 3533 (pages), RFC 7845 (Opus), Vorbis I section 4.2, RFC 9639 section 10.1 (FLAC), the Speex manual.
Only page headers are read behind the headers of the streams. Streams of other codecs are not understood.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from redaction.containers.ogg_pages import CONTINUED, FIRST, Page, checksum, pages
from redaction.containers.rewritten import Rewritten
from redaction.errors import MalformedMedia
from redaction.finding import Finding, structure
from redaction.metadata import flac_blocks, vorbis_comment
from redaction.reader import Extents, Reader
from redaction.walk import Walk, mapped

_Packet = Callable[[Extents, Walk], Iterator[Finding]]
_OPUS_HEAD_BYTES: Final = 19
_SPEEX_HEAD_BYTES: Final = 80
_SPEEX_VERSION: Final = (8, 20)
_FLAC_HEAD_BYTES: Final = 9  # packet type, FLAC, version, number of header packets
_HEADERS: Final = 4096  # header packets of one FLAC stream: as many as blocks can be


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return head.startswith(b"OggS")


def media_type(_reader: Reader) -> str:
    """The IANA media type."""
    return "audio/ogg"


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold; MalformedMedia when the pages do not follow each other to the end."""
    findings: list[Finding] = []
    searched: list[Page] = []
    streams: dict[int, _Stream] = {}
    end = 0
    for page in pages(reader):
        end = page.end
        if page.flags & FIRST:
            streams[page.serial] = _Stream()
        stream = streams.get(page.serial)
        if stream is None:
            raise MalformedMedia("a page of no stream", page.offset)
        if not stream.done:
            walk.node(page.offset)
            searched.append(page)
            findings += stream.page(reader, page, walk)
    if not streams or not all(stream.done for stream in streams.values()):
        raise MalformedMedia("a stream without its headers")
    if end < reader.size:
        findings.append(Finding(end, reader.size - end, "ogg/trailer"))
    yield from findings
    after = Rewritten(reader, findings)
    for page in searched:
        if after.touched(page.offset, page.end):
            value = checksum(b"".join(after.chunks(page.offset, page.end)))
            yield Finding(page.checksum_at, 4, "ogg/checksum/derived", structure(value))


@dataclass(slots=True)
class _Stream:
    """The headers of one logical stream; `packet` is where the packet that is being put together lies."""

    packet: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0
    flac: bool = False
    comments: _Packet | None = None
    done: bool = False

    def page(self, reader: Reader, page: Page, walk: Walk) -> Iterator[Finding]:
        """Findings in the header packets that end in this page."""
        if bool(page.flags & CONTINUED) != bool(self.packet):
            raise MalformedMedia("a packet that is not continued", page.offset)
        offset = page.body
        for length, whole in page.packets():
            if self.done:  # sound begins in the page in which the headers end
                return
            self.packet.append((offset, length))
            offset += length
            if whole:
                view = Extents(reader, self.packet)
                for finding in self._header(view, walk):
                    yield from mapped(view, finding)
                self.packet = []

    def _header(self, view: Extents, walk: Walk) -> Iterator[Finding]:
        self.count += 1
        if self.count == 1:
            yield from self._first(view, walk)
        elif self.flac:
            if self.count > _HEADERS:
                raise MalformedMedia("too many parts")
            block = flac_blocks.block_at(view, 0, walk)
            if block.end != view.size:
                raise MalformedMedia("a metadata block ends early")
            yield from flac_blocks.in_block(view, block, walk, "ogg")
            self.done = block.last
        elif self.comments is not None:
            yield from self.comments(view, walk)
            self.done = True

    def _first(self, view: Extents, walk: Walk) -> Iterator[Finding]:
        head = view.read(0, _SPEEX_HEAD_BYTES)
        length = len(head)
        if head.startswith(b"OpusHead") and length >= _OPUS_HEAD_BYTES:
            self.comments = _comments(b"OpusTags")
            length = _OPUS_HEAD_BYTES + (2 + head[9] if head[18] else 0)
        elif head.startswith(b"\x01vorbis"):
            self.comments = _comments(b"\x03vorbis", framing=True)
            length = 30
        elif head.startswith(b"Speex   "):
            self.comments = _comments(b"")
            yield Finding(*_SPEEX_VERSION, "ogg/encoder")
        elif head.startswith(b"\x7fFLAC"):
            self.flac = True
            inner = Extents(view, [(_FLAC_HEAD_BYTES, max(0, view.size - _FLAC_HEAD_BYTES))])
            if inner.read(0, 4) != flac_blocks.MAGIC:
                raise MalformedMedia("no FLAC stream")
            block = flac_blocks.block_at(inner, 4, walk)
            length = _FLAC_HEAD_BYTES + block.end
            self.done = block.last
        else:
            raise MalformedMedia("a stream of a codec that is not understood")
        if length > view.size:
            raise MalformedMedia("a stream that is not described")
        if length < view.size:
            yield Finding(length, view.size - length, "ogg/slack")


def _comments(signature: bytes, *, framing: bool = False) -> _Packet:
    def find_in(view: Extents, walk: Walk) -> Iterator[Finding]:
        if view.read(0, len(signature)) != signature:
            raise MalformedMedia("a stream without comments where they stand")
        yield from vorbis_comment.find(view, walk, "ogg/comments", len(signature), framing=framing)

    return find_in
