"""Real and generated HEIF and AVIF files: nothing that locates or identifies is left, pictures are as before."""

import json
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
from tests.paths import CORPUS
from tests.redaction.containers import stills
from tests.redaction.containers.heif_pictures import picture_items

pytestmark = pytest.mark.parametrize("name", stills.names())

_KEPT = ("Orientation", "Make", "Model", "DateTimeOriginal", "CreateDate", "ModifyDate", "ExposureTime", "FNumber")
_IDENTIFIES = ("SerialNumber", "OwnerName", "Software", "HostComputer", "ImageUniqueID", "MCCData", "UserComment")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What exiftool shows of all originals and of all redacted files, by file name."""
    folder = tmp_path_factory.mktemp("redacted")
    for name in stills.names():
        (folder / Path(name).name).write_bytes(stills.redacted(name))
    return exiftool.tags([stills.original(name) for name in stills.names()]), exiftool.tags(sorted(folder.iterdir()))


def test_every_file_is_parsed_to_its_end_and_keeps_its_length(name: str) -> None:
    assert stills.planned(name).outcome is Outcome.CLEAN
    assert len(stills.redacted(name)) == stills.original(name).stat().st_size


def test_redacting_again_finds_nothing(name: str) -> None:
    assert plan(BytesReader(stills.redacted(name))).findings == ()


def test_names_of_findings_are_of_this_format(name: str) -> None:
    assert all(finding.what.startswith("heif/") for finding in stills.planned(name).findings)


def test_every_planted_secret_is_gone(name: str) -> None:
    manifest = json.loads((CORPUS / "generated" / "manifest.json").read_text())
    before, after = stills.original(name).read_bytes(), stills.redacted(name)
    for entry in (e for m in manifest if name == f"generated/{m['file']}" for e in m["planted"]):
        secret = before[entry["offset"] : entry["offset"] + entry["length"]]
        assert secret not in after, entry["what"]


def test_every_listed_place_in_real_files_is_changed(name: str) -> None:
    manifest = json.loads((CORPUS / "manifest.json").read_text())
    before, after = stills.original(name).read_bytes(), stills.redacted(name)
    for entry in (e for m in manifest if m["file"] == name for e in m["byte_ranges"]):
        values = [(start, length) for start, length in entry["ranges"] if length > 12 and "GPS IFD" in entry["what"]]
        for start, length in values:
            assert not any(after[start : start + length]), entry["what"]
            assert len(set(before[start : start + length])) < 4 or before[start : start + length] not in after


def test_exiftool_finds_no_location_and_no_identity(name: str, shown: tuple[dict[str, Any], dict[str, Any]]) -> None:
    after = shown[1][Path(name).name]
    assert exiftool.location(after) == {}
    named = {tag: value for tag, value in after.items() if tag.rpartition(":")[2] in _IDENTIFIES}
    assert {tag: value for tag, value in named.items() if str(value).strip()} == {}


def test_camera_times_and_orientation_are_as_before(name: str, shown: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = (side[Path(name).name] for side in shown)
    kept = {
        tag: value
        for tag, value in before.items()
        if tag.startswith(("IFD0:", "ExifIFD:")) and tag.rpartition(":")[2] in _KEPT
    }
    kept |= {tag: value for tag, value in before.items() if tag.endswith((":Rotation", ":ImageSpatialExtent"))}
    assert {tag: after.get(tag) for tag in kept} == kept


@pytest.mark.slow
def test_exiftool_has_no_new_complaint(name: str, tmp_path: Path) -> None:
    path = tmp_path / Path(name).name
    path.write_bytes(stills.redacted(name))
    assert exiftool.warnings(path) <= exiftool.warnings(stills.original(name))


def test_every_byte_of_every_picture_is_as_before(name: str) -> None:
    before, after = stills.original(name).read_bytes(), stills.redacted(name)
    ranges = picture_items(before)
    assert ranges or name == "real/multi-xmp.heic"  # a file of XMP packets only
    assert picture_items(after) == ranges
    for start, end in ranges:
        assert after[start:end] == before[start:end]


def test_pixels_that_pillow_can_read_are_as_before(name: str) -> None:
    if name.endswith(".avif"):
        with Image.open(stills.original(name)) as before, Image.open(BytesIO(stills.redacted(name))) as after:
            assert after.size == before.size
            assert after.convert("RGBA").tobytes() == before.convert("RGBA").tobytes()


def test_other_readers_find_nothing(name: str) -> None:
    found = stills.planned(name)
    original, after = (BytesReader(data) for data in (stills.original(name).read_bytes(), stills.redacted(name)))
    assert second_opinion(original, found.findings, after, found.media_type) == ()
