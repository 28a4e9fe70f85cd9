"""Independent readers over a redacted file, and a search of its bytes: what does anybody still find of place or person.

Our own parsers decided what to blank; nothing here uses them. What is found is told in fixed words, never in values.
A reader that cannot make sense of a file finds nothing: it cannot vouch for it either, so this only ever adds doubt.
"""

import io
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO, Final, cast

import exifread
from PIL import GifImagePlugin, ImageFile, IptcImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.leftovers import XML_PLACE, XML_POSITION, leftovers
from redaction.limits import METADATA_BYTES
from redaction.reader import Reader

_NEVER: Final = 1000  # above every level there is
for _logger in (exifread.logger, PngImagePlugin.logger, TiffImagePlugin.logger):
    # Their messages quote the file, and nothing of a file may reach a log. A level, because whoever sets up logging
    # afterwards (uvicorn does) takes `disabled` back.
    _logger.setLevel(_NEVER)

_CHUNK_BYTES: Final = 1 << 20
_BLANK: Final = " \t\r\n\0"

_PLACE_WORDS: Final = ("gps",)
_PERSON_WORDS: Final = (
    *("serial", "owner", "artist", "copyright", "author", "software", "hostcomputer", "uniqueid", "usercomment"),
    *("imagedescription", "xpcomment", "xptitle", "xpkeywords", "xpsubject", "makernote", "offsettime", "timezone"),
)
_GPS_IFD, _GPS_VERSION = 0x8825, 0
_COMMENT: Final = 0x9286
_COMMENT_CODES: Final = (b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0", bytes(8))
_PILLOW_IFDS: Final = (0x8769, 1)  # Exif, and the thumbnail's
_PILLOW_TAGS: Final = frozenset(
    {0x000B, 0x010E, 0x0131, 0x013B, 0x013C, 0x8298, 0x927C, 0x9286, 0x9010, 0x9011, 0x9012}
    | {*range(0x9400, 0x9406), *range(0x9C9B, 0x9CA0), 0xA420, 0xA430, 0xA431, 0xA435}
)
_PILLOW_READERS: Final[dict[str, Callable[[BinaryIO], ImageFile.ImageFile]]] = {
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/png": PngImagePlugin.PngImageFile,
    "image/gif": GifImagePlugin.GifImageFile,
    "image/tiff": TiffImagePlugin.TiffImageFile,
    "image/x-adobe-dng": TiffImagePlugin.TiffImageFile,
}
_XMP_TEXT: Final = "XML:com.adobe.xmp"  # as Pillow names it among a PNG's texts, beside `xmp`
_IPTC_DATASETS: Final = frozenset(
    (2, dataset) for dataset in (25, 26, 27, 80, 85, 90, 92, 95, 100, 101, 103, 110, 116, 118, 120)
)


class _File(io.RawIOBase):
    """A reader as the file that libraries want."""

    def __init__(self, reader: Reader, allowance: int) -> None:
        self._reader = reader
        self._position = 0
        self._allowance = allowance

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def seekable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def tell(self) -> int:
        """See `io.RawIOBase`."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.RawIOBase`."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._reader.size}[whence]
        if base + offset < 0:
            raise OSError("a position before the start")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """See `io.RawIOBase`."""
        self._allowance -= len(buffer)
        if self._allowance < 0:
            raise OSError("more is read than headers have")
        data = self._reader.read(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def second_opinion(original: Reader, findings: Sequence[Finding], redacted: Reader, media_type: str) -> tuple[str, ...]:
    """Words for what is still found in a redacted file; empty when nothing is.

    `findings` and `media_type` are the plan's. Pictures are read by exifread and Pillow (which decodes no pixel), and
    every file is searched for what was withheld and for the forms of positions (`leftovers`).
    """
    found: list[str] = []
    if media_type.startswith("image/"):
        found += _guarded(lambda: _exifread(redacted))
    if media_type in _PILLOW_READERS:
        found += _guarded(lambda: _pillow(redacted, media_type))
    try:
        found += leftovers(original, findings, redacted)
    except MalformedMedia:
        found.append("raw/too-costly")
    return tuple(dict.fromkeys(found))


def _guarded(read: Callable[[], list[str]]) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    except Exception:  # noqa: BLE001 - a library's parser may raise anything on a hostile file, and may quote it
        return []


def _exifread(reader: Reader) -> list[str]:
    tags = exifread.process_file(_open(reader), extract_thumbnail=False)
    found = []
    for name, value in tags.items():
        plain = name.replace(" ", "").lower()
        said = _comment(value.values) if plain.endswith("usercomment") else value.values
        if plain.endswith(("gpsinfo", "gpsversionid")) or _is_blank(said):
            continue
        if any(word in plain for word in _PLACE_WORDS):
            found.append("exifread/gps")
        elif any(word in plain for word in _PERSON_WORDS):
            found.append("exifread/identity")
    return found


def _pillow(reader: Reader, media_type: str) -> list[str]:
    image = _PILLOW_READERS[media_type](_open(reader, METADATA_BYTES))
    found = []
    if media_type == "image/png":
        image.info.setdefault("exif", b"")  # or Pillow would decode the picture to look for one behind it
        texts = [text for name, text in image.info.items() if isinstance(text, str) and name != _XMP_TEXT]
        found += ["pillow/text"] * any(not _is_blank(text) for text in texts)
    exif = image.getexif()
    if any(not _is_blank(value) for tag, value in exif.get_ifd(_GPS_IFD).items() if tag != _GPS_VERSION):
        found.append("pillow/gps")
    for directory in (exif, *(exif.get_ifd(tag) for tag in _PILLOW_IFDS)):
        said = [
            _comment(value) if tag == _COMMENT else value for tag, value in directory.items() if tag in _PILLOW_TAGS
        ]
        found += ["pillow/identity"] * any(not _is_blank(value) for value in said)
    packet = cast("bytes", image.info.get("xmp", b""))
    if XML_POSITION.search(packet) or XML_PLACE.search(packet):
        found.append("pillow/xmp")
    if not _is_blank(image.info.get("comment", b"")):
        found.append("pillow/comment")
    iptc = IptcImagePlugin.getiptcinfo(image) or {}
    if any(not _is_blank(value) for dataset, value in iptc.items() if dataset in _IPTC_DATASETS):
        found.append("pillow/iptc")
    return found


def _comment(value: Any) -> Any:
    """A UserComment without the code of its character set (Exif 4.6.6.D)."""
    data = bytes(value) if isinstance(value, (bytes, list)) else value
    return data[8:] if isinstance(data, bytes) and data[:8] in _COMMENT_CODES else data


def _open(reader: Reader, allowance: int = 1 << 63) -> BinaryIO:
    """The reader as a file of which at most `allowance` bytes may be read: some libraries hold what they read."""
    return cast("BinaryIO", io.BufferedReader(_File(reader, allowance), _CHUNK_BYTES // 16))


def _is_blank(value: Any) -> bool:
    """Whether a value that a library returned says nothing: blank text or bytes, zeros, or none."""
    if isinstance(value, bytes):
        return not value.strip(_BLANK.encode())
    if isinstance(value, str):
        return not value.strip(_BLANK)
    if isinstance(value, Iterable):
        return all(_is_blank(item) for item in value)
    return not value or value != value  # noqa: PLR0124 - a rational 0/0 is not equal to itself
