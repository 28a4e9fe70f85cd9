"""Real and generated PNG, WebP, GIF and AVI: nothing that locates or identifies is left, all else is as before."""

from pathlib import Path
from typing import Any

import pytest

from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from redaction.second_reader import second_opinion
from tests.oracles import exiftool, ffmpeg
from tests.redaction.containers import photos, pictures

_NAMES = pictures.names()
_KEPT = ("Orientation", "Make", "Model", "DateTimeOriginal", "CreateDate", "ModifyDate", "ExposureTime", "ISO")
_GROUPS = ("IFD0:", "ExifIFD:", "IFD1:")
_RAW_PROFILE_ONLY = {"real/exif-legacy-app1.png", "generated/png_raw_profiles.png"}
"""Their Exif is in text or compressed: it goes whole, but for an orientation other than upright."""
_UNDECODABLE = {"real/exif-legacy-app1.png", "real/exif.png"}
"""Made without a valid compressed picture or checksum: no reader shows them, before or after."""
_WORDS = (b'GPSLatitude="4', b"EiffelTestName", b"Champ-de-Mars", b"Barcelona", b"SN123456789", b"HDR+ 1.0")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What exiftool shows of all originals and of all redacted files, by file name."""
    folder = tmp_path_factory.mktemp("redacted")
    for name in _NAMES:
        (folder / Path(name).name).write_bytes(photos.redacted(name))
    return exiftool.tags([photos.original(name) for name in _NAMES]), exiftool.tags(sorted(folder.iterdir()))


@pytest.mark.parametrize("name", _NAMES)
class TestFile:
    def test_it_is_parsed_to_its_end_and_keeps_its_length(self, name: str) -> None:
        assert photos.planned(name).outcome is Outcome.CLEAN
        assert len(photos.redacted(name)) == photos.original(name).stat().st_size

    def test_redacting_again_finds_nothing(self, name: str) -> None:
        assert plan(BytesReader(photos.redacted(name))).findings == ()

    def test_listed_places_hold_nothing_of_what_they_held(self, name: str) -> None:
        before, after = photos.original(name).read_bytes(), photos.redacted(name)
        for what, offset, length in photos.listed(name):
            value = before[offset : offset + length]
            if not value.rpartition(b">" if b">" in value else b'="')[2].strip(b' "\0\n<'):
                continue  # an XMP element listed with a value of blanks
            assert after[offset : offset + length] != value, what
            if not what.startswith(("xmp:", "MakerNote")) and (length >= 12 or not what.startswith("Exif GPS")):
                assert value not in after or len(set(value)) <= 4, what
        assert not [word for word in _WORDS if word in after]

    def test_pictures_and_sound_are_as_before(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / Path(name).name
        path.write_bytes(photos.redacted(name))
        if name.endswith(".avi"):
            assert ffmpeg.packets(path, "v") == ffmpeg.packets(photos.original(name), "v")
            assert ffmpeg.packets(path, "a") == ffmpeg.packets(photos.original(name), "a")
            assert ffmpeg.complaints(path) == ffmpeg.complaints(photos.original(name))
        elif name not in _UNDECODABLE:
            assert pictures.frames(path.read_bytes()) == pictures.frames(photos.original(name).read_bytes())

    def test_independent_readers_find_nothing(self, name: str) -> None:
        before, after = BytesReader(photos.original(name).read_bytes()), BytesReader(photos.redacted(name))
        found = photos.planned(name)
        assert second_opinion(before, found.findings, after, found.media_type) == ()

    def test_exiftool_finds_no_place_and_no_new_fault(
        self, name: str, shown: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
    ) -> None:
        assert exiftool.location(shown[1][Path(name).name]) == {}
        path = tmp_path / Path(name).name
        path.write_bytes(photos.redacted(name))
        assert exiftool.warnings(path) - exiftool.warnings(photos.original(name)) == set()

    def test_camera_times_and_orientation_are_as_before(
        self, name: str, shown: tuple[dict[str, Any], dict[str, Any]]
    ) -> None:
        before, after = (side[Path(name).name] for side in shown)
        kept = {
            tag: value
            for tag, value in before.items()
            if tag.startswith(_GROUPS) and tag.rpartition(":")[2] in _KEPT and name not in _RAW_PROFILE_ONLY
        }
        assert {tag: after.get(tag) for tag in kept} == kept
        upright = {None, 1}
        assert {side.get("IFD0:Orientation") for side in (before, after)} <= upright | {before.get("IFD0:Orientation")}
