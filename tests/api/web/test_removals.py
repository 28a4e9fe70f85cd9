"""Technical paths in plain words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.removals import Removal, removals
from redaction import planner
from redaction.reader import BytesReader
from tests.oracles import require
from tests.paths import CORPUS


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("jpeg/exif/gps", Removal.PLACE),
        ("mp4/udta/©xyz", Removal.PLACE),
        ("mp4/track/udta/©xyz", Removal.PLACE),
        ("mp4/udta/loci", Removal.PLACE),
        ("mp4/meta/com.apple.quicktime.location.ISO6709", Removal.PLACE),
        ("jpeg/iptc/city", Removal.PLACE),
        ("jpeg/exif/offsettimeoriginal", Removal.PLACE),
        ("heif/video/mp4/udta/©xyz", Removal.PLACE),
        ("heif/exif/gps", Removal.PLACE),
        ("heif/property/camera-position", Removal.PLACE),
        ("heif/item/name", Removal.NAMES),
        ("heif/obu", Removal.SOFTWARE),
        ("mp4/track/mebx", Removal.TRACK),
        ("mp4/track/gpmd", Removal.TRACK),
        ("mp4/track/camm", Removal.TRACK),
        ("jpeg/exif/makernote", Removal.DEVICE),
        ("jpeg/exif/bodyserialnumber", Removal.DEVICE),
        ("jpeg/exif/imageuniqueid", Removal.DEVICE),
        ("mp4/meta/com.apple.quicktime.content.identifier", Removal.DEVICE),
        ("jpeg/xmp", Removal.NAMES),
        ("jpeg/com", Removal.NAMES),
        ("jpeg/app13/iptc", Removal.NAMES),
        ("jpeg/exif/artist", Removal.NAMES),
        ("png/text", Removal.NAMES),
        ("mp4/track/text", Removal.TRACK),
        ("mp4/track/unknown", Removal.TRACK),
        ("mp4/track/udta/©too", Removal.SOFTWARE),
        ("mp4/meta/text", Removal.NAMES),
        ("mp4/meta/creationdate", Removal.PLACE),
        ("mp4/udta/XMP_", Removal.NAMES),
        ("mp4/udta/auth", Removal.NAMES),
        ("mp4/udta/©csn", Removal.DEVICE),
        ("mp4/uuid/xmp", Removal.NAMES),
        ("mp4/uuid/unknown", Removal.OTHER),
        ("mp4/sei", Removal.SOFTWARE),
        ("mp4/stsd/compressor", Removal.SOFTWARE),
        ("mp4/free", Removal.OTHER),
        ("jpeg/exif/offset-time", Removal.PLACE),
        ("jpeg/exif/image-unique-id", Removal.DEVICE),
        ("jpeg/exif/host-computer", Removal.DEVICE),
        ("jpeg/exif/user-comment", Removal.NAMES),
        ("jpeg/exif/image-description", Removal.NAMES),
        ("jpeg/exif/processing-software", Removal.SOFTWARE),
        ("jpeg/exif/unknown-tag", Removal.OTHER),
        ("matroska/tags/location", Removal.PLACE),
        ("matroska/tags/tag", Removal.NAMES),
        ("matroska/track/subtitle", Removal.TRACK),
        ("matroska/segmentuid", Removal.DEVICE),
        ("matroska/muxingapp", Removal.SOFTWARE),
        ("matroska/void", Removal.OTHER),
        ("tiff/makernote", Removal.DEVICE),
        ("ogg/comments/location", Removal.PLACE),
        ("ogg/comments", Removal.NAMES),
        ("mp3/id3", Removal.NAMES),
        ("mp3/encoder", Removal.SOFTWARE),
        ("jpeg/exif/thumbnail/jpeg/exif/gps", Removal.PLACE),
        ("jpeg/exif/software", Removal.SOFTWARE),
        ("mp4/udta/©too", Removal.SOFTWARE),
        ("mp4/meta/com.apple.quicktime.software", Removal.SOFTWARE),
        ("", Removal.OTHER),
        ("a-format-of-next-year/a-field", Removal.OTHER),
    ],
)
def test_a_path_is_of_one_kind(path: str, kind: Removal) -> None:
    assert removals([path]) == (kind,)


@pytest.mark.parametrize("name", ["real/with-gps.mp4", "generated/3gp_loci_only.3gp"])
def test_what_the_redactor_finds_in_a_video_with_a_position_is_told_as_the_place(name: str) -> None:
    media = require.folder(CORPUS) / name
    plan = planner.plan(BytesReader(media.read_bytes()))
    assert Removal.PLACE in removals(finding.what for finding in plan.findings)


def test_kinds_are_listed_once_and_the_place_first() -> None:
    paths = ["jpeg/exif/software", "jpeg/xmp", "jpeg/exif/gps", "jpeg/xmp", "jpeg/app1/exif/gps"]
    assert removals(paths) == (Removal.PLACE, Removal.NAMES, Removal.SOFTWARE)


def test_a_checksum_that_had_to_follow_is_not_counted_as_something_removed() -> None:
    assert removals(["png/exif/gps", "png/crc/derived"]) == (Removal.PLACE,)
    assert removals(["png/crc/derived"]) == (Removal.OTHER,)


def test_nothing_removed_is_nothing() -> None:
    assert removals([]) == ()


@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_whatever_the_path_there_is_a_kind_for_it(paths: list[str]) -> None:
    found = removals(paths)
    assert found
    assert list(found) == [kind for kind in Removal if kind in found]
