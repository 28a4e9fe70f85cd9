"""Real and generated photos: nothing that locates or identifies is left, and the picture is as before."""

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from redaction.second_reader import second_opinion
from tests.oracles import exiftool
from tests.redaction.containers import photos

_KEPT = (
    "Orientation",
    "Make",
    "Model",
    "DateTimeOriginal",
    "CreateDate",
    "ModifyDate",
    "ExposureTime",
    "FNumber",
    "ISO",
)
_DERIVED = {
    "IPTCDigest is not current. XMP may be out of sync",
    "Invalid or extraneous FLIR chunk(s)",
}
"""What exiftool says of a digest that was blanked, and of a thermal camera's data."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What exiftool shows of all originals and of all redacted files, by file name."""
    folder = tmp_path_factory.mktemp("redacted")
    for name in photos.complete():
        (folder / Path(name).name).write_bytes(photos.redacted(name))
    before = [photos.original(name) for name in photos.complete()]
    return exiftool.tags(before), exiftool.tags(sorted(folder.iterdir()))


def _pixels(data: bytes) -> tuple[bytes, ...] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(BytesIO(data)) as image:
                return tuple(_frame(image, number) for number in range(getattr(image, "n_frames", 1)))
        except (OSError, SyntaxError, ValueError):  # cut short, before and after alike
            return None


def _frame(image: Image.Image, number: int) -> bytes:
    image.seek(number)
    return image.convert("RGBA").tobytes()


@pytest.mark.parametrize("name", photos.complete())
class TestPhoto:
    def test_it_is_parsed_to_its_end_and_keeps_its_length(self, name: str) -> None:
        assert photos.planned(name).outcome is Outcome.CLEAN
        assert len(photos.redacted(name)) == photos.original(name).stat().st_size

    def test_redacting_again_finds_nothing(self, name: str) -> None:
        assert plan(BytesReader(photos.redacted(name))).findings == ()

    def test_listed_places_hold_nothing_of_what_they_held(self, name: str) -> None:
        before, after = photos.original(name).read_bytes(), photos.redacted(name)
        withheld = photos.planned(name).findings
        for what, offset, length in photos.listed(name):
            if what.startswith(("MPF index", "Samsung SEFT", "embedded MP4")) or not any(
                before[offset : offset + length]
            ):
                continue
            where = range(offset, offset + length)
            covered = sum(max(0, min(f.end, where.stop) - max(f.offset, where.start)) for f in withheld)
            unchanged = sum(1 for at in where if before[at] == after[at])
            # an attribute's name is listed with its value, a GPS entry may become the version's entry
            assert covered or what.startswith("extended XMP"), what
            if not what.startswith(("xmp:", "iptc", "MakerNote", "Exif GPS IFD")):
                assert before[offset : offset + length] not in after, what
            if length >= 16 and what.startswith("Exif GPS IFD"):
                assert unchanged < length or len(set(before[offset : offset + length])) < 4, what

    def test_every_pixel_is_as_before(self, name: str) -> None:
        before = _pixels(photos.original(name).read_bytes())
        assert _pixels(photos.redacted(name)) == before

    def test_independent_readers_find_nothing(self, name: str) -> None:
        before, after = BytesReader(photos.original(name).read_bytes()), BytesReader(photos.redacted(name))
        assert second_opinion(before, photos.planned(name).findings, after, "image/jpeg") == ()

    def test_exiftool_finds_no_place(self, name: str, shown: tuple[dict[str, Any], dict[str, Any]]) -> None:
        assert exiftool.location(shown[1][Path(name).name]) == {}

    def test_camera_times_and_orientation_are_as_before(
        self, name: str, shown: tuple[dict[str, Any], dict[str, Any]]
    ) -> None:
        before, after = (side[Path(name).name] for side in shown)
        kept = {
            tag: value
            for tag, value in before.items()
            if tag.startswith(("IFD0:", "ExifIFD:", "IFD1:")) and tag.rpartition(":")[2] in _KEPT
        }
        assert {tag: after.get(tag) for tag in kept} == kept


@pytest.mark.slow
@pytest.mark.parametrize("name", photos.complete())
def test_exiftool_has_no_new_complaint(name: str, tmp_path: Path) -> None:
    path = tmp_path / Path(name).name
    path.write_bytes(photos.redacted(name))
    assert exiftool.warnings(path) - exiftool.warnings(photos.original(name)) <= _DERIVED


@pytest.mark.parametrize("name", sorted(photos.INCOMPLETE))
def test_a_photo_without_an_end_is_left_as_it_is(name: str) -> None:
    result = photos.planned(name)
    assert result.outcome is Outcome.UNSTRIPPED
    assert result.reason
    assert result.findings == ()
