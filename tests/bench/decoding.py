"""Whether a file that a tool wrote still shows what the original shows."""

import hashlib
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageFile

from tests.oracles import ffmpeg
from tests.redaction.containers.heif_pictures import picture_items

_BY_FFMPEG: Final = frozenset({".mp4", ".mov", ".3gp", ".mkv", ".webm", ".avi"})
_BY_BYTES: Final = frozenset({".heic", ".heif"})  # their coded pictures; Pillow cannot decode them
_ANIMATED: Final = frozenset({".gif", ".webp", ".png", ".avif"})
_ORIENTATION: Final = 0x0112
# Two photos of the corpus were cut by their origin; they are compared as far as they go.
ImageFile.LOAD_TRUNCATED_IMAGES = True


def decoded(path: Path) -> tuple[str, ...] | None:
    """Hashes of the pictures and sound of a file; None when the reader for its kind cannot read it.

    Photos: the pixels as stored, of every frame where a format is animated; the coded pictures in HEIC. Films: every
    decoded picture and block of sound, without times.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in _BY_FFMPEG:
            lines = [line for kind in "va" for line in ffmpeg.frames(path, kind).splitlines()]
            return tuple(line.rpartition(",")[2].strip() for line in lines if not line.startswith("#")) or None
        data = path.read_bytes()
        if suffix in _BY_BYTES:
            return tuple(_hash(data[start:end]) for start, end in picture_items(data)) or None
        with Image.open(BytesIO(data)) as image:
            return tuple(_pixels(image, animated=suffix in _ANIMATED))
    # What readers raise on files that they cannot read; the caller counts those.
    except (OSError, ValueError, SyntaxError, AssertionError, IndexError, KeyError, subprocess.CalledProcessError):
        return None


def orientation(path: Path) -> int:
    """The Exif orientation with which a photo is shown; 1 is upright, also for what has none."""
    if path.suffix.lower() in _BY_FFMPEG | _BY_BYTES:
        return 1  # turned by the container, which no tool here takes away from the picture
    try:
        with Image.open(path) as image:
            return int(image.getexif().get(_ORIENTATION, 1))
    except (OSError, ValueError, SyntaxError):
        return 1


def _pixels(image: Image.Image, *, animated: bool) -> Iterator[str]:
    for number in range(getattr(image, "n_frames", 1) if animated else 1):
        image.seek(number)
        yield f"{image.size} {_hash(image.convert('RGBA').tobytes())}"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
