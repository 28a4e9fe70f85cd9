"""Technical paths in plain words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.removals import Removal, removals


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
        ("heic/mpvd/mp4/udta/©xyz", Removal.PLACE),
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
        ("png/text", Removal.TRACK),
        ("jpeg/exif/software", Removal.SOFTWARE),
        ("mp4/udta/©too", Removal.SOFTWARE),
        ("mp4/meta/com.apple.quicktime.software", Removal.SOFTWARE),
        ("", Removal.OTHER),
        ("a-format-of-next-year/a-field", Removal.OTHER),
    ],
)
def test_a_path_is_of_one_kind(path: str, kind: Removal) -> None:
    assert removals([path]) == (kind,)


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
