"""What a file in clear is called by: the extension of its media type."""

from pathlib import Path
from typing import Final

from api.cli.files import FileReader
from redaction.containers.formats import container_of
from redaction.errors import RedactionError

_EXTENSIONS: Final = {
    "image/jpeg": ".jpg",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/avif": ".avif",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/3gpp": ".3gp",
    "video/x-matroska": ".mkv",
    "video/webm": ".webm",
    "audio/webm": ".weba",
    "image/tiff": ".tif",
    "image/x-adobe-dng": ".dng",
    "audio/mp4": ".m4a",
    "audio/3gpp": ".3gp",
    "audio/ogg": ".ogg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/x-msvideo": ".avi",
    "audio/wav": ".wav",
    "audio/amr": ".amr",
    "audio/amr-wb": ".awb",
    "audio/flac": ".flac",
    "audio/aac": ".aac",
    "audio/mpeg": ".mp3",
}
"""The kinds that intake accepts; what another version may have accepted gets `.bin`."""


def extension_of(media_type: str) -> str:
    """`.jpg` for `image/jpeg`, and so on."""
    return _EXTENSIONS.get(media_type, ".bin")


def kind_of(path: Path) -> str:
    """The media type that a file's first bytes tell, also of one that is cut off."""
    with FileReader(path) as reader:
        try:
            return container_of(reader).media_type(reader)
        except RedactionError:
            return ""
