"""The list of containers, tried in this order. A new format is one module beside this one and one line here."""

from collections.abc import Iterator
from typing import Protocol

from redaction.containers import adts, amr, flac, gif, heif, isobmff, jpeg, matroska, mp3, ogg, png, riff, tiff
from redaction.errors import UnsupportedMedia
from redaction.finding import Finding
from redaction.limits import HEAD_BYTES
from redaction.reader import Reader
from redaction.walk import Walk


class Container(Protocol):
    """What a module in this folder offers."""

    def matches(self, head: bytes) -> bool:
        """Whether a file that begins with `head` (at most `limits.HEAD_BYTES`) is of this kind."""
        ...

    def media_type(self, reader: Reader) -> str:
        """The IANA media type of a file that matched."""
        ...

    def find(self, reader: Reader, walk: Walk) -> Iterator[Finding]:
        """Everything to withhold, in any order; MalformedMedia when the file cannot be parsed to its end."""
        ...


FORMATS: tuple[Container, ...] = (jpeg, heif, isobmff, matroska, tiff, ogg, png, riff, gif, amr, flac, adts, mp3)

ACCEPTED = (
    "image/jpeg",
    "image/heic",
    "image/heif",
    "image/avif",
    "video/mp4",
    "video/quicktime",
    "video/3gpp",
    "video/x-matroska",
    "video/webm",
    "audio/webm",
    "image/tiff",
    "image/x-adobe-dng",
    "audio/mp4",
    "audio/3gpp",
    "audio/ogg",
    "image/png",
    "image/webp",
    "image/gif",
    "video/x-msvideo",
    "audio/wav",
    "audio/amr",
    "audio/amr-wb",
    "audio/flac",
    "audio/aac",
    "audio/mpeg",
)
"""Media types that this version accepts, for people to read before they choose."""


def container_of(reader: Reader) -> Container:
    """The container that the first bytes belong to; UnsupportedMedia when it is none of ours."""
    head = reader.read(0, HEAD_BYTES)
    for candidate in FORMATS:
        if candidate.matches(head):
            return candidate
    raise UnsupportedMedia


def descend(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """All findings of a file and of what is embedded in it."""
    yield from container_of(reader).find(reader, walk)
