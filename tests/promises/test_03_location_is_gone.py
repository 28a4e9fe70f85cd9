"""No file that a partner receives tells a place to any independent reader.

A file that cannot be read to its end is sealed whole as `unstripped` and is released only when a custodian says so.
"""

import re
import subprocess
from pathlib import Path
from typing import Final

import exifread
import pytest

from tests import media
from tests.oracles import exiftool, ffmpeg
from tests.promises.released import Released, release_all
from tests.service import World
from tests.traces import spellings

pytestmark = pytest.mark.slow
_ISO6709: Final = re.compile(rb"[+-]\d{2}\.\d{3,}[+-]\d{3}\.\d{3,}")


@pytest.fixture(scope="module")
def clean(world: World, tmp_path_factory: pytest.TempPathFactory) -> list[Released]:
    """What came out of the whole corpus, as far as it could be read to its end."""
    released = release_all(world, tmp_path_factory.mktemp("released"))
    return [each for each in released if each.record.outcome == "clean"]


def test_nearly_all_of_the_corpus_is_clean_and_many_files_had_a_place(clean: list[Released]) -> None:
    assert len(clean) > 80
    assert sum(bool(each.places) for each in clean) > 30


def test_exiftool_finds_no_place(clean: list[Released]) -> None:
    for opened in {each.opened.parent for each in clean}:
        names = {each.opened.name: each.original.name for each in clean if each.opened.parent == opened}
        shown = exiftool.tags([opened / name for name in names])
        assert {names[name]: found for name, tags in shown.items() if (found := exiftool.location(tags))} == {}


def test_exifread_finds_no_place(clean: list[Released]) -> None:
    photos = [each for each in clean if each.record.media_type == "image/jpeg"]
    assert len(photos) > 20
    for each in photos:
        with each.opened.open("rb") as file:
            tags = exifread.process_file(file, details=True)
        # The version of the directory is no place.
        gps = {name: str(tag) for name, tag in tags.items() if name.startswith("GPS ") and "VersionID" not in name}
        assert {name: value for name, value in gps.items() if re.search("[1-9]", value)} == {}, each.original.name


def test_ffprobe_finds_no_place(clean: list[Released]) -> None:
    videos = [each for each in clean if each.record.media_type.startswith("video/")]
    assert len(videos) > 10
    for each in videos:
        tags = ffmpeg.tags(each.opened)
        assert [name for name in tags if "location" in name.lower()] == [], each.original.name
        assert [name for name, value in tags.items() if _ISO6709.search(value.encode())] == [], each.original.name


def test_the_known_places_stand_nowhere_in_any_spelling(clean: list[Released]) -> None:
    seen = 0
    for each in clean:
        before, after = each.original.read_bytes(), each.opened.read_bytes()
        needles = {needle for place in each.places for needle in spellings(*place)}
        seen += any(needle in before for needle in needles)
        assert [needle for needle in needles if needle in after] == [], each.original.name
        assert not _ISO6709.search(after), each.original.name
    assert seen > 5  # the needles are those that are there before


def test_a_file_that_ends_early_is_sealed_whole_and_not_released_by_default(world: World, tmp_path: Path) -> None:
    answer = world.report([("cut.mov", media.real("train.mov")[:-3000]), ("whole.jpg", media.noise())], "words")
    assert [each["outcome"] for each in answer["exhibits"]] == ["unstripped", "clean"]
    request = world.ask(answer["case"])
    said = world.as_custodian("approve", request).out
    assert "E01" in said or "unstripped" in said
    world.as_partner("download", request, "-o", tmp_path / "bundle.zip")
    assert world.open(tmp_path / "bundle.zip", tmp_path / "out").code == 0
    assert sorted(path.name for path in (tmp_path / "out").glob("E*")) == ["E02.jpg"]
    listing = subprocess.run(["unzip", "-l", tmp_path / "bundle.zip"], capture_output=True, check=True).stdout
    assert b"E01" not in listing
