"""Media types in the names people know."""

import pytest

from api.web.kinds import Kind, format_name, format_names, kind_of


@pytest.mark.parametrize(
    ("media_type", "kind", "name"),
    [
        ("image/jpeg", Kind.PHOTO, "JPEG"),
        ("IMAGE/HEIC", Kind.PHOTO, "HEIC"),
        ("image/x-adobe-dng", Kind.PHOTO, "DNG"),
        ("video/quicktime", Kind.VIDEO, "MOV"),
        ("video/3gpp", Kind.VIDEO, "3GP"),
        ("video/x-matroska", Kind.VIDEO, "MKV"),
        ("audio/webm", Kind.SOUND, "WEBM"),
        ("audio/mp4", Kind.SOUND, "M4A"),
        ("video/x-unheard", Kind.VIDEO, "UNHEARD"),
        ("application/octet-stream", Kind.FILE, ""),
        ("", Kind.FILE, ""),
    ],
)
def test_a_media_type_has_a_kind_and_a_short_name(media_type: str, kind: Kind, name: str) -> None:
    assert (kind_of(media_type), format_name(media_type)) == (kind, name)


def test_formats_of_a_kind_are_named_once_each() -> None:
    accepted = ["video/mp4", "image/heic", "image/heic-sequence", "image/jpeg", "application/pdf", "image/"]
    assert format_names(accepted, Kind.PHOTO) == ("HEIC", "JPEG")
    assert format_names(accepted, Kind.VIDEO) == ("MP4",)
