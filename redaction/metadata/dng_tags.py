"""TIFF and DNG tags of a file of its own: what a decoder needs stays, beside what stays in every photo.

Sources: TIFF 6.0, TIFF/EP (ISO 12234-2), DNG 1.7.1 chapter 4 to 6. A tag that is in no table is withheld.
"""

from collections.abc import Mapping
from typing import Final

from redaction.metadata import exif_tags as tags
from redaction.metadata.exif_tags import Harmless, binary, numbers, text

COMPRESSION: Final = 0x0103
PHOTOMETRIC: Final = 0x0106
JPEG_TABLES: Final = 0x015B
IRB: Final = 0x8649
DNG_VERSION: Final = 0xC612
AS_SHOT_ICC: Final = 0xC68F
CURRENT_ICC: Final = 0xC691
OPCODE_LISTS: Final = (0xC740, 0xC741, 0xC74E)

_PARTS: Final = 1 << 20
_SHORT_LISTS: Final = (
    *(0x0118, 0x0119, 0x0124, 0x0125, 0x0129, 0x0141, 0x014C, 0x0154, 0x0155, 0x0107, 0x0108, 0x0109),
    *(0x828D, 0xC617, 0xC619, 0xC61E, 0xC61F, 0xC620, 0xC62A, 0xC62B, 0xC62C, 0xC62D, 0xC62E, 0xC630),
    *(0xC631, 0xC632, 0xC633, 0xC635, 0xC65A, 0xC65B, 0xC65C, 0xC68D, 0xC6BF, 0xC6F7, 0xC6F9, 0xC6FD, 0xC71A, 0xC71E),
    *(0xC71F, 0xC725, 0xC764, 0xC772, 0xC791, 0xC792, 0xC793, 0xC7A3, 0xC7A4, 0xC7A5, 0xC7A6, 0xC7A8, 0xC7B5),
    *(0xC7E9, 0xC7EA, 0xC7EB, 0xC7EC, 0xC7ED, 0xC7EE, 0xCD31, 0xCD38, 0xCD43, 0xCD47, 0xCD49, 0xCD4A, 0xCD4B),
)
_TABLES: Final = (0xC618, 0xC61A, 0xC61B, 0xC61C, 0xC61D, 0xC68E, 0xC6FA, 0xC6FB, 0xC6FC, 0xC726, 0xC761, 0xCD3A)
_MATRICES: Final = (
    *range(0xC621, 0xC62A),
    *(0xC690, 0xC692, 0xC714, 0xC715, 0xCD32, 0xCD33, 0xCD34, 0xCD35, 0xCD3B),
)

FILE: Final[Mapping[int, Harmless]] = {
    **tags.PHOTO,
    **dict.fromkeys(_SHORT_LISTS, numbers(8)),
    **dict.fromkeys(_TABLES, numbers(_PARTS)),
    **dict.fromkeys(_MATRICES, numbers(64)),
    **dict.fromkeys((tags.STRIP_OFFSETS, tags.STRIP_BYTES, tags.TILE_OFFSETS, tags.TILE_BYTES), numbers(_PARTS)),
    **dict.fromkeys(OPCODE_LISTS, binary(1 << 24)),
    0x0102: numbers(32),  # BitsPerSample
    0x0152: numbers(32),  # ExtraSamples
    0x0153: numbers(32),  # SampleFormat
    0x828E: binary(64),  # CFAPattern
    DNG_VERSION: binary(4),
    0xC613: binary(4),  # DNGBackwardVersion
    0xC614: text(64),  # UniqueCameraModel
    0xC616: binary(8),  # CFAPlaneColor
    0xC71C: binary(16),  # RawImageDigest: of pixels only
    0xC7A7: binary(16),  # NewRawImageDigest: of pixels only
    0xCD2D: binary(1 << 24),  # ProfileGainTableMap
    JPEG_TABLES: binary(1 << 16),
}
"""Harmless in the directories of a TIFF or DNG file."""
