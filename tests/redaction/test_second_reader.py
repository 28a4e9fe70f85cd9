"""The second reader finds what is planted and finds nothing in clean files."""

import logging
import logging.config
from zlib import compress

import pytest
import uvicorn.config
from hypothesis import given, settings
from hypothesis import strategies as st

import api.multipart  # noqa: F401 -- it silences its parser
from redaction.reader import BytesReader
from redaction.second_reader import second_opinion
from tests.redaction.containers.photos import photo, plain, segment
from tests.redaction.containers.pictures import chunk, png, saved
from tests.redaction.metadata.tiffs import ASCII, SHORT, UNDEFINED, block, position

_XMP = b"http://ns.adobe.com/xap/1.0/\0"


def _opinion(data: bytes, media_type: str = "image/jpeg") -> tuple[str, ...]:
    return second_opinion(BytesReader(data), (), BytesReader(data), media_type)


def _exif(*entries: tuple[int, int, bytes], **others: list[tuple[int, int, bytes]]) -> bytes:
    return photo(segment(0xE1, b"Exif\0\0" + block("<", [(0x0112, SHORT, b"\1\0"), *entries], **others)))


class TestSecondOpinion:
    def test_a_plain_picture_has_nothing(self) -> None:
        assert _opinion(plain()) == ()

    def test_a_position_in_exif_is_found_by_both_readers(self) -> None:
        assert _opinion(_exif(gps=position("<"))) == ("exifread/gps", "pillow/gps", "raw/exif")

    def test_the_version_alone_is_nothing(self) -> None:
        assert _opinion(_exif(gps=[(0, 1, b"\2\3\0\0")])) == ()

    @pytest.mark.parametrize("tag", [0x010E, 0x0131, 0x013B, 0x013C, 0x8298])
    def test_texts_are_found_unless_they_are_blank(self, tag: int) -> None:
        assert _opinion(_exif((tag, ASCII, b"somebody\0"))) == ("exifread/identity", "pillow/identity")
        assert _opinion(_exif((tag, ASCII, bytes(9)))) == ()
        assert _opinion(_exif((tag, ASCII, b"        \0"))) == ()

    def test_a_comment_that_names_only_its_character_set_is_blank(self) -> None:
        assert _opinion(_exif(exif=[(0x9286, UNDEFINED, b"ASCII\0\0\0" + bytes(9))])) == ()
        assert _opinion(_exif(exif=[(0x9286, UNDEFINED, b"ASCII\0\0\0at home")])) != ()

    @pytest.mark.parametrize(
        ("data", "word"),
        [
            (photo(segment(0xFE, b"at home")), "pillow/comment"),
            (photo(segment(0xE1, _XMP + b'<a e:GPSLatitude="48,51.5N"/>')), "pillow/xmp"),
            (photo(segment(0xE1, _XMP + b"<p:City>Paris</p:City>")), "raw/xml-place"),
            (photo(segment(0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\x0a\x1c\2\x5a\0\5Paris")), "pillow/iptc"),
            (photo(tail=b"+48.8582+002.2945/"), "raw/iso6709"),
        ],
    )
    def test_other_places_are_found(self, data: bytes, word: str) -> None:
        assert word in _opinion(data)

    @pytest.mark.parametrize(
        ("data", "word"),
        [
            (png(chunk(b"tEXt", b"Comment\0at home")), "pillow/text"),
            (png(chunk(b"zTXt", b"Comment\0\0" + compress(b"at home"))), "pillow/text"),
            (png(chunk(b"iTXt", b"Comment\0\0\0\0\0at home")), "pillow/text"),
            (png(chunk(b"eXIf", block("<", [(0x0112, SHORT, b"\1\0")], gps=position("<")))), "pillow/gps"),
            (png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + compress(b"<p:City>Paris</p:City>"))), "pillow/xmp"),
        ],
    )
    def test_other_places_in_png_are_found(self, data: bytes, word: str) -> None:
        assert word in _opinion(data, "image/png")
        assert _opinion(png(chunk(b"tEXt", b"Comment\0       "), chunk(b"fiLl", bytes(9))), "image/png") == ()

    def test_a_comment_before_the_picture_is_found_in_gif(self) -> None:
        assert _opinion(saved("GIF", comment=b"at home"), "image/gif") == ("pillow/comment",)
        assert _opinion(saved("GIF", comment=b"       "), "image/gif") == ()

    @settings(deadline=None)  # the machine may be busy
    @given(st.binary(max_size=200), st.integers(0, 400))
    def test_damage_raises_nothing_and_logs_nothing(self, junk: bytes, at: int) -> None:
        data = _exif((0x010E, ASCII, b"somebody\0"), gps=position("<"))
        _opinion(data[:at] + junk + data[at:])
        assert not logging.getLogger("exifread").isEnabledFor(logging.CRITICAL)

    def test_readers_stay_silent_when_the_service_sets_up_logging(self) -> None:
        logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)
        for name in ("exifread", "PIL.PngImagePlugin", "PIL.TiffImagePlugin", "python_multipart.multipart"):
            assert not logging.getLogger(name).isEnabledFor(logging.CRITICAL)
