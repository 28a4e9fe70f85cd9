"""The icons on a phone's first screen: the organisation's if they are safe pictures, else a plain one."""

import io
from pathlib import Path

import pytest
from PIL import Image

from api.web.app_icon import ICON_BYTES, icons
from vault.errors import SettingsError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'


def png(width: int, height: int, colour: str = "#2277aa") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "PNG")
    return written.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGBA")


@pytest.mark.parametrize("exists", [True, False])
def test_without_a_picture_there_is_a_plain_icon_in_the_sizes_that_phones_ask_for(tmp_path: Path, exists: bool) -> None:
    found = icons(tmp_path if exists else tmp_path / "none")
    assert {icon.name: opened(icon.data).size for icon in found.values()} == {
        "icon-192.png": (192, 192),
        "icon-512.png": (512, 512),
        "icon-maskable.png": (512, 512),
    }
    assert [icon.purpose for icon in found.values()] == ["any", "any", "maskable"]
    assert sum(len(icon.data) for icon in found.values()) < 20_000
    assert all(icon.sizes == "{}x{}".format(*opened(icon.data).size) for icon in found.values())


def test_a_picture_of_the_organisation_is_scaled_and_a_round_cut_takes_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "icon.png").write_bytes(png(300, 300))
    found = icons(tmp_path)
    maskable = opened(found["icon-maskable.png"].data)
    assert opened(found["icon-192.png"].data).getpixel((1, 1)) == (0x22, 0x77, 0xAA, 255)
    assert maskable.getpixel((1, 1)) == (0x12, 0x13, 0x14, 255)
    assert maskable.getpixel((256, 256)) == (0x22, 0x77, 0xAA, 255)


@pytest.mark.parametrize(
    "data",
    [
        png(300, 200),
        png(100, 100),
        png(300, 300)[:100],
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n" + bytes(ICON_BYTES),
    ],
)
def test_a_picture_that_cannot_be_an_icon_stops_the_start(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "icon.png").write_bytes(data)
    with pytest.raises(SettingsError, match=r"pages/icon\.png"):
        icons(tmp_path)


@pytest.mark.parametrize("inside", ['<path d="M1 1h3"/>', '<g id="a"/><use xlink:href="#a"/>', '<g fill="url(#x)"/>'])
def test_a_drawing_is_handed_out_as_it_is(tmp_path: Path, inside: str) -> None:
    data = SVG.format(inside).encode()
    (tmp_path / "icon.svg").write_bytes(data)
    (icon,) = icons(tmp_path).values()
    assert (icon.data, icon.media_type, icon.sizes) == (data, "image/svg+xml", "any")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>x</script>",
        "<foreignObject/>",
        '<path onload="x"/>',
        '<use xlink:href="https://a.example/#x"/>',
        '<use href="data:image/svg+xml,x"/>',
        '<image href="x.png"/>',
        "<style>@import 'x'</style>",
        '<g fill="URL(https://a.example/x)"/>',
        '<g style="fill: u\\72l(https://a.example)"/>',
        "<animate/>",
        "<a/>",
        "<g>",
        "<?xml-stylesheet href='x'?>",
    ],
)
def test_a_drawing_that_does_more_than_draw_stops_the_start(tmp_path: Path, inside: str) -> None:
    (tmp_path / "icon.svg").write_text(SVG.format(inside), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"pages/icon\.svg"):
        icons(tmp_path)


def test_a_drawing_with_entities_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "icon.svg").write_text('<!DOCTYPE svg [<!ENTITY a "aa">]>' + SVG.format("&a;"), encoding="utf-8")
    with pytest.raises(SettingsError, match="plain SVG"):
        icons(tmp_path)
