"""Photos and videos for tests: the corpus of real files, and pictures of noise that nobody has seen before."""

import io
import secrets
from typing import Final

from PIL import Image

from tests.oracles.require import folder
from tests.paths import CORPUS

PLACES: Final[dict[str, tuple[float, float]]] = {
    "train.jpg": (52.2096777777778, -0.895530555555556),
    "train.mov": (52.2097, -0.8955),
    "with-gps.mp4": (51.4169, -0.0806),
}
"""Latitude and longitude of some of the corpus, as other tools read them (its manifest)."""


def real(name: str) -> bytes:
    """A real file of the corpus."""
    return (folder(CORPUS / "real") / name).read_bytes()


def noise(side: int = 64, comment: bytes = b"") -> bytes:
    """A JPEG of random pixels, different each time, with a comment."""
    image, buffer = Image.frombytes("RGB", (side, side), secrets.token_bytes(3 * side * side)), io.BytesIO()
    image.save(buffer, "JPEG", quality=90, comment=comment)
    return buffer.getvalue()
