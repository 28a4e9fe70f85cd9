"""Exif and TIFF tags: which values are known to be harmless (they stay), and names for the others.

Sources: TIFF 6.0 section 8, Exif 2.32/3.0 section 4.6 (CIPA DC-008). A tag that is in no table is withheld.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from re import Pattern
from re import compile as regex
from typing import Final

from redaction.metadata.tiff import ASCII, BYTE, UNDEFINED, UTF8, WIDTHS


@dataclass(frozen=True, slots=True)
class Harmless:
    """Field types, the greatest count, and the form in which a tag's value is known to be harmless.

    A value that is not what the tag promises is withheld.
    """

    types: frozenset[int]
    count: int
    form: Pattern[bytes] | None = None

    def permits(self, field_type: int, count: int) -> bool:
        """Whether the value may stay."""
        return field_type in self.types and count <= self.count


_TEXT: Final = frozenset({ASCII, UTF8})
_BINARY: Final = frozenset({BYTE, ASCII, UNDEFINED})  # versions are often written as text
_NUMBERS: Final = frozenset(WIDTHS) - _TEXT - {UNDEFINED}


def numbers(count: int) -> Harmless:
    """At most `count` numbers."""
    return Harmless(_NUMBERS, count)


def text(count: int) -> Harmless:
    """At most `count` characters."""
    return Harmless(_TEXT, count)


def binary(count: int) -> Harmless:
    """At most `count` bytes."""
    return Harmless(_BINARY, count)


EXIF_IFD: Final = 0x8769
INTEROP_IFD: Final = 0xA005
GPS_IFD: Final = 0x8825
SUB_IFDS: Final = 0x014A
ORIENTATION: Final = 0x0112
STRIP_OFFSETS: Final = 0x0111
STRIP_BYTES: Final = 0x0117
TILE_OFFSETS: Final = 0x0144
TILE_BYTES: Final = 0x0145
THUMBNAIL_OFFSET: Final = 0x0201
THUMBNAIL_BYTES: Final = 0x0202
XMP: Final = 0x02BC
IPTC: Final = 0x83BB
ICC: Final = 0x8773
USER_COMMENT: Final = 0x9286

_DATE: Final = Harmless(  # "YYYY:MM:DD HH:MM:SS\0", and its variants that tell no time zone
    _TEXT, 32, regex(rb"(?:\d{4}([:\-/.])\d\d\1\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?[ :\0]*")
)
_FRACTION: Final = Harmless(_TEXT, 12, regex(rb"\d*[ \0]*"))
_SINGLE: Final = (
    *(0x00FE, 0x00FF, 0x0100, 0x0101, 0x0103, 0x0106, 0x010A, ORIENTATION, 0x0115, 0x0116, 0x011A, 0x011B, 0x011C),
    *(0x0128, 0x013D, 0x0142, 0x0143, 0x0213, STRIP_OFFSETS, STRIP_BYTES, THUMBNAIL_OFFSET, THUMBNAIL_BYTES),
    *(0x829A, 0x829D, 0x8822, 0x8827, 0x8830, 0x8831, 0x8832, 0x8833, 0x8834, 0x8835),
    *(0x9102, 0x9201, 0x9202, 0x9203, 0x9204, 0x9205, 0x9206, 0x9207, 0x9208, 0x9209, 0x920A),
    *(0xA001, 0xA002, 0xA003, 0xA20B, 0xA20E, 0xA20F, 0xA210, 0xA215, 0xA217, 0xA401, 0xA402, 0xA403, 0xA404, 0xA405),
    *(0xA406, 0xA407, 0xA408, 0xA409, 0xA40A, 0xA40C, 0xA460, 0xA500),
)

PHOTO: Final[Mapping[int, Harmless]] = {
    **dict.fromkeys(_SINGLE, numbers(4)),
    0x0102: numbers(8),  # BitsPerSample
    0x012D: numbers(3 * 256),  # TransferFunction
    0x013E: numbers(2),  # WhitePoint
    0x013F: numbers(6),  # PrimaryChromaticities
    0x0140: numbers(3 * 65536),  # ColorMap
    0x0152: numbers(8),  # ExtraSamples
    0x0153: numbers(8),  # SampleFormat
    0x0211: numbers(3),  # YCbCrCoefficients
    0x0212: numbers(2),  # YCbCrSubSampling
    0x0214: numbers(6),  # ReferenceBlackWhite
    0x9214: numbers(4),  # SubjectArea
    0xA214: numbers(2),  # SubjectLocation: pixels
    0xA432: numbers(4),  # LensSpecification
    0xA461: numbers(2),  # SourceImageNumberOfCompositeImage
    0x9000: binary(4),  # ExifVersion
    0x9101: binary(4),  # ComponentsConfiguration
    0xA000: binary(4),  # FlashpixVersion
    0xA300: binary(4),  # FileSource
    0xA301: binary(4),  # SceneType
    0xA302: binary(64),  # CFAPattern
    0x010F: text(64),  # Make
    0x0110: text(64),  # Model
    0xA433: text(64),  # LensMake
    0xA434: text(128),  # LensModel
    0x0132: _DATE,  # DateTime
    0x9003: _DATE,  # DateTimeOriginal
    0x9004: _DATE,  # DateTimeDigitized
    0x9290: _FRACTION,  # SubSecTime
    0x9291: _FRACTION,  # SubSecTimeOriginal
    0x9292: _FRACTION,  # SubSecTimeDigitized
}
"""Harmless in the main directories, SubIFDs and the Exif directory."""

INTEROP: Final[Mapping[int, Harmless]] = {
    0x0001: text(4),  # InteroperabilityIndex
    0x0002: binary(4),  # InteroperabilityVersion
    0x1001: numbers(1),  # RelatedImageWidth
    0x1002: numbers(1),  # RelatedImageLength
}
"""Harmless in the Interoperability directory."""

NAMES: Final[Mapping[int, str]] = {
    0x000B: "processing-software",
    0x010D: "document-name",
    0x010E: "image-description",
    0x0131: "software",
    0x013B: "artist",
    0x013C: "host-computer",
    0x8298: "copyright",
    0x927C: "makernote",
    USER_COMMENT: "user-comment",
    **dict.fromkeys((0x9010, 0x9011, 0x9012), "offset-time"),
    **dict.fromkeys(range(0x9400, 0x9406), "ambient"),
    **dict.fromkeys(range(0x9C9B, 0x9CA0), "xp-text"),
    0xA420: "image-unique-id",
    0xA430: "owner",
    0xA431: "serial",
    0xA435: "serial",
    0xC62F: "serial",
    0xC634: "makernote",
    0xC65D: "image-unique-id",
    0xC68B: "original-name",
    0xC68C: "original-file",
    0x8649: "irb",
    **dict.fromkeys((0xC68F, 0xC691), "icc"),
    XMP: "xmp",
    IPTC: "iptc",
    ICC: "icc",
}
"""What a withheld tag is called in the record; any other is an `unknown-tag`."""
