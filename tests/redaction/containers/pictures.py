"""PNG, WebP, GIF, AVI and WAV of the corpus by name, and small ones made of parts for one test."""

from functools import cache
from io import BytesIO
from struct import pack
from typing import Final
from zlib import compress, crc32

from PIL import Image, ImageCms

from tests.paths import CORPUS

_SUFFIXES: Final = {".png", ".webp", ".gif", ".avi", ".wav"}
PNG: Final = b"\x89PNG\r\n\x1a\n"
MAGIC: Final = b"\1" + bytes(range(255, -1, -1)) + b"\0"
"""What follows an XMP packet in GIF (XMP part 3, 1.1.2)."""


def names() -> list[str]:
    """The files as `real/…` and `generated/…`; one that is missing when the corpus is (the tests then say so)."""
    found = sorted(path for path in CORPUS.glob("*/*") if path.suffix.lower() in _SUFFIXES)
    return [f"{path.parent.name}/{path.name}" for path in found] or ["corpus"]


def saved(kind: str, *more: Image.Image, mode: str = "RGB", **options: object) -> bytes:
    """A small picture of noise in one of Pillow's formats, with `more` as further frames."""
    buffer = BytesIO()
    options |= {"save_all": True, "append_images": list(more)} if more else {}
    noise(mode=mode).save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int = 37, height: int = 23, mode: str = "RGB") -> Image.Image:
    """Pixels that hardly compress."""
    return Image.effect_noise((width, height), 60).convert(mode)


def frames(data: bytes) -> tuple[object, ...]:
    """All frames of a picture as Pillow decodes them, how long they stand and how often they are shown."""
    with Image.open(BytesIO(data)) as image:
        shown = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            shown.append((image.convert("RGBA").tobytes(), image.info.get("duration")))
        return (*shown, image.info.get("loop"))


@cache
def profile() -> bytes:
    """A colour profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def chunk(kind: bytes, data: bytes = b"", crc: bytes | None = None) -> bytes:
    """One PNG chunk."""
    right = crc32(kind + data).to_bytes(4, "big")
    return pack(">I", len(data)) + kind + data + (right if crc is None else crc)


def header(width: int = 4, height: int = 3, depth: int = 8, colour: int = 2) -> bytes:
    """IHDR of a picture that is not interlaced."""
    return chunk(b"IHDR", pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


ROWS: Final = b"".join(b"\0" + bytes(range(12)) for _ in range(3))
PIXELS: Final = compress(ROWS)
END: Final = chunk(b"IEND")


def png(*before: bytes, pixels: bytes = PIXELS, after: bytes = b"", tail: bytes = b"") -> bytes:
    """A PNG of four by three pixels with chunks before and after its picture, and bytes behind its end."""
    return PNG + header() + b"".join(before) + chunk(b"IDAT", pixels) + after + END + tail


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """(type, data) of all chunks; every CRC must be right."""
    found: list[tuple[bytes, bytes]] = []
    position = len(PNG)
    while not found or found[-1][0] != b"IEND":
        length = int.from_bytes(data[position : position + 4], "big")
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        assert crc32(kind + body) == int.from_bytes(data[position + 8 + length : position + 12 + length], "big")
        found.append((kind, body))
        position += 12 + length
    return found


def riff(kind: bytes, *data: bytes) -> bytes:
    """One RIFF chunk with its pad byte."""
    body = b"".join(data)
    return kind + pack("<I", len(body)) + body + bytes(len(body) % 2)


def form(kind: bytes, *inside: bytes) -> bytes:
    """A whole file of the RIFF family."""
    return riff(b"RIFF", kind, *inside)


@cache
def webp_picture() -> bytes:
    """The chunk of a WebP's picture."""
    return saved("WEBP")[12:]


def webp(*inside: bytes, flags: int = 0x2C) -> bytes:
    """An extended WebP with chunks behind its picture."""
    size = (36).to_bytes(3, "little") + (22).to_bytes(3, "little")
    return form(b"WEBP", riff(b"VP8X", bytes([flags, 0, 0, 0]) + size), webp_picture(), *inside)


def wav(*inside: bytes) -> bytes:
    """A WAV of 50 samples with chunks behind them."""
    pcm = pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    return form(b"WAVE", riff(b"fmt ", pcm), riff(b"data", bytes(range(50))), *inside)


def sub_blocks(data: bytes) -> bytes:
    """GIF's data sub-blocks, terminator included."""
    return b"".join(bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255)) + b"\0"


@cache
def _gif() -> bytes:
    return saved("GIF")


def gif(*extensions: bytes, tail: bytes = b"") -> bytes:
    """A GIF with extensions behind its picture."""
    return b"GIF89a" + _gif()[6:-1] + b"".join(extensions) + b";" + tail


def application(identifier: bytes, data: bytes) -> bytes:
    """A GIF application extension; `data` is as it stands in the file."""
    return b"\x21\xff\x0b" + identifier + data
