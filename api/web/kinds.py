"""Media types in the names people know."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a file is to the person who made it. The value names its words and its icon."""

    PHOTO = "photo"
    VIDEO = "video"
    SOUND = "sound"
    FILE = "file"


# Where the name in use is not the subtype in capitals without its `x-`.
_NAMES: Final = {
    "audio/3gpp": "3GP",
    "audio/mp4": "M4A",
    "audio/mpeg": "MP3",
    "audio/vnd.wave": "WAV",
    "audio/x-matroska": "MKA",
    "image/heic-sequence": "HEIC",
    "image/heif-sequence": "HEIF",
    "image/x-adobe-dng": "DNG",
    "video/3gpp": "3GP",
    "video/3gpp2": "3G2",
    "video/quicktime": "MOV",
    "video/x-m4v": "M4V",
    "video/x-matroska": "MKV",
    "video/x-msvideo": "AVI",
}
_KINDS: Final = {"image": Kind.PHOTO, "video": Kind.VIDEO, "audio": Kind.SOUND}


def kind_of(media_type: str) -> Kind:
    """Photo for `image/*`, video for `video/*`, sound for `audio/*`, else file."""
    return _KINDS.get(media_type.partition("/")[0].lower(), Kind.FILE)


def format_name(media_type: str) -> str:
    """The short name of a format: `JPEG` for `image/jpeg`, `MOV` for `video/quicktime`; empty where there is none."""
    known = _NAMES.get(media_type.lower())
    if known is not None:
        return known
    if kind_of(media_type) is Kind.FILE:
        return ""
    return media_type.partition("/")[2].removeprefix("x-").upper()


def format_names(media_types: Iterable[str], kind: Kind) -> tuple[str, ...]:
    """The short names of those media types that are of `kind`, each once, in the order given."""
    names = (format_name(media_type) for media_type in media_types if kind_of(media_type) is kind)
    return tuple(dict.fromkeys(name for name in names if name))
