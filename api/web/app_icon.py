"""The icons under which the pages can be put on a phone's first screen: the organisation's, or a plain one.

`DIR/pages/icon.png` is scaled to what phones ask for; `DIR/pages/icon.svg` is handed out as it is, as a picture only.
Without either there is a page of paper, drawn here, that says nothing.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from PIL import Image, ImageDraw

from vault.errors import SettingsError

ICON_BYTES: Final = 256 * 1024
MIN_SIDE: Final = 192
MAX_SIDE: Final = 2048
BACKGROUND: Final = "#121314"

_PAPER: Final = "#f2f2f0"
_SAFE: Final = 0.8
"""Of a maskable icon, what a phone that cuts it round leaves (W3C Web Application Manifest, "Icon masks")."""
_SVG_TAGS: Final = re.compile(
    r"svg|g|path|circle|ellipse|rect|line|polyline|polygon|defs|lineargradient|radialgradient|stop|clippath|mask|"
    r"title|desc|symbol|use|text|tspan",
    re.IGNORECASE,
)
_SVG_REFERENCE: Final = re.compile(r"href|^on|^xml:|^src$", re.IGNORECASE)
_SVG_LOCAL: Final = re.compile(r"#[\w-]+|url\(#[\w-]+\)")


@dataclass(frozen=True, slots=True)
class Icon:
    """One icon: its file name in the address, media type, `sizes` and `purpose` of the manifest, and its bytes."""

    name: str
    media_type: str
    sizes: str
    purpose: str
    data: bytes


def icons(folder: Path | None) -> Mapping[str, Icon]:
    """The icons to offer, by name; SettingsError when a file of the organisation cannot be one."""
    found = [] if folder is None else [*_own_svg(folder / "icon.svg"), *_own_png(folder / "icon.png")]
    return {icon.name: icon for icon in found or _pngs(_paper())}


def _own_svg(path: Path) -> list[Icon]:
    data = _file(path)
    if data is None:
        return []
    _require_drawing(data, path.name)
    return [Icon("icon.svg", "image/svg+xml", "any", "any", data)]


def _own_png(path: Path) -> list[Icon]:
    data = _file(path)
    if data is None:
        return []
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if not (image.width == image.height and MIN_SIDE <= image.width <= MAX_SIDE):
                raise SettingsError(f"pages/{path.name} is not square, or its side is not {MIN_SIDE} to {MAX_SIDE}")
            return _pngs(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for a file that is no such picture
        raise SettingsError(f"pages/{path.name} is no PNG picture") from None


def _file(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(ICON_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError:
        raise SettingsError(f"pages/{path.name} cannot be read") from None
    if len(data) > ICON_BYTES:
        raise SettingsError(f"pages/{path.name} is longer than {ICON_BYTES} bytes")
    return data


def _require_drawing(data: bytes, name: str) -> None:
    """SettingsError unless the SVG only draws: known elements, no style, script, event or reference to elsewhere."""
    fault = SettingsError(f"pages/{name} is no plain SVG drawing; save it as “plain SVG” without scripts and links")

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _SVG_TAGS.fullmatch(tag.rpartition(":")[2]) is None:
            raise fault
        for attribute, value in attributes.items():
            if attribute.startswith("xmlns"):
                continue
            refers = _SVG_REFERENCE.search(attribute) or "url" in value.lower() or "\\" in value
            if refers and _SVG_LOCAL.fullmatch(value) is None:
                raise fault

    def declared(*_: object) -> None:
        raise fault

    parser = ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = declared
    parser.ProcessingInstructionHandler = declared
    try:
        parser.Parse(data, True)
    except ExpatError:
        raise fault from None


def _pngs(image: Image.Image) -> list[Icon]:
    return [
        Icon("icon-192.png", "image/png", "192x192", "any", _png(_scaled(image, 192, 1.0))),
        Icon("icon-512.png", "image/png", "512x512", "any", _png(_scaled(image, 512, 1.0))),
        Icon("icon-maskable.png", "image/png", "512x512", "maskable", _png(_on_ground(_scaled(image, 512, _SAFE)))),
    ]


def _scaled(image: Image.Image, side: int, part: float) -> Image.Image:
    """`image` in the middle of a clear square of `side` pixels, filling `part` of its side."""
    inner = round(side * part)
    whole = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    whole.paste(image.resize((inner, inner), Image.Resampling.LANCZOS), ((side - inner) // 2, (side - inner) // 2))
    return whole


def _on_ground(image: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", image.size, BACKGROUND)
    ground.alpha_composite(image)
    return ground


def _png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _paper() -> Image.Image:
    """A sheet of paper with four lines on it."""
    image = Image.new("RGBA", (512, 512), BACKGROUND)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((136, 96, 376, 416), 24, fill=_PAPER)
    for row, width in enumerate((160, 160, 160, 96)):
        draw.rounded_rectangle((176, 152 + 56 * row, 176 + width, 168 + 56 * row), 8, fill=BACKGROUND)
    return image
