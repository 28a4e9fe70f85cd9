"""Every byte outside the declared ranges is the original's, and pictures and sound decode as before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, UnidentifiedImageError

from tests.oracles import ffmpeg
from tests.promises.released import Released, release_all
from tests.service import World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def released(world: World, tmp_path_factory: pytest.TempPathFactory) -> list[Released]:
    return release_all(world, tmp_path_factory.mktemp("released"))


def test_every_byte_outside_the_declared_ranges_is_the_original_s(released: list[Released]) -> None:
    for each in released:
        before, after = each.original.read_bytes(), each.opened.read_bytes()
        assert len(before) == len(after), each.original.name
        for start, end in _disclosed(each):
            assert before[start:end] == after[start:end], each.original.name


def test_files_with_declared_ranges_differ_from_the_original(released: list[Released]) -> None:
    # A range that was declared but left would claim a redaction that did not happen.
    for each in released:
        if each.places and each.record.outcome == "clean":
            assert each.record.withheld, each.original.name
            assert each.opened.read_bytes() != each.original.read_bytes(), each.original.name


def test_unstripped_files_are_the_original(released: list[Released]) -> None:
    for each in released:
        if each.record.outcome == "unstripped":
            assert each.opened.read_bytes() == each.original.read_bytes()
            assert each.record.withheld == ()


def test_pixels_of_photos_are_the_same(released: list[Released]) -> None:
    photos = [each for each in released if each.record.media_type.startswith("image/")]
    compared = 0
    for each in photos:
        before, after = _pixels(each.original), _pixels(each.opened)
        assert before == after, each.original.name
        compared += before is not None
    assert compared > 40


@pytest.mark.parametrize("kind", ["v", "a"])
def test_frames_and_sound_of_videos_are_the_same(released: list[Released], kind: str) -> None:
    videos = [each for each in released if each.record.media_type.startswith("video/")]
    videos = [each for each in videos if each.original.name != "init.mp4"]  # only a header: it holds no picture
    assert len(videos) > 10
    for each in videos:
        assert ffmpeg.frames(each.original, kind) == ffmpeg.frames(each.opened, kind), each.original.name


def _pixels(path: Path) -> tuple[tuple[int, int], bytes] | None:
    """Size and pixels; None when Pillow cannot read the file (some of the corpus are cut, or hold no picture)."""
    try:
        with Image.open(path) as image:
            return image.size, image.tobytes()
    except (UnidentifiedImageError, OSError):
        return None


def _disclosed(each: Released) -> Iterator[tuple[int, int]]:
    position = 0
    for withheld in each.record.withheld:
        yield position, withheld.offset
        position = withheld.offset + withheld.length
    yield position, each.record.media_bytes
