"""The RIFF family: WebP, AVI and WAV.

A file is one form; AVI may continue in further ones (OpenDML). What follows the last form is searched like the tail of
any picture.
"""

from collections.abc import Iterator
from typing import Final

from redaction.containers import riff_avi, riff_wav, riff_webp, trailing
from redaction.containers.riff_chunks import FORM_BYTES
from redaction.finding import Finding
from redaction.reader import Reader
from redaction.walk import Walk

_TYPES: Final = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}
_NAMES: Final = {b"WEBP": "webp", b"AVI ": "avi", b"WAVE": "wav"}


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is of this kind."""
    return head[:4] == b"RIFF" and head[8:12] in _TYPES


def media_type(reader: Reader) -> str:
    """The media type: IANA's for WebP, the customary ones for AVI and WAV."""
    return _TYPES[_form(reader)]


def find(reader: Reader, walk: Walk) -> Iterator[Finding]:
    """Everything to withhold; MalformedMedia when the chunks do not fill the form, or hold no picture or sound."""
    form = _form(reader)
    end = _end(reader, 0)
    if form == b"WEBP":
        yield from riff_webp.find(reader, FORM_BYTES, end, walk)
    elif form == b"WAVE":
        yield from riff_wav.find(reader, FORM_BYTES, end, walk)
    else:
        forms = [(FORM_BYTES, end)]
        while _is_continued(reader, end):
            walk.node(end)
            start, end = end + FORM_BYTES, _end(reader, end)
            forms.append((start, end))
        yield from riff_avi.find(reader, forms, walk)
    yield from trailing.find(reader, end, walk, f"{_NAMES[form]}/trailer")


def _form(reader: Reader) -> bytes:
    return reader.read(8, 4)


def _end(reader: Reader, start: int) -> int:
    """Where the form at `start` ends; many writers count more than there is, so it may also end with the file."""
    length = int.from_bytes(reader.read(start + 4, 4), "little")
    return min(start + 8 + length + length % 2, reader.size)


def _is_continued(reader: Reader, start: int) -> bool:
    head = reader.read(start, FORM_BYTES)
    return head[:4] == b"RIFF" and head[8:] == b"AVIX"
