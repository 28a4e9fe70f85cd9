"""The second reader finds what is planted and finds nothing in clean files."""

import logging
import logging.config
from zlib import compress

import pytest
import uvicorn.config
from hypothesis import given, settings
from hypothesis import strategies as st

import api.multipart  # noqa: F401 -- it silences its parser
from redaction.finding import Finding
from redaction.reader import BytesReader
from redaction.second_reader import leftovers, second_opinion
from tests.redaction.containers.photos import photo, plain, segment
from tests.redaction.containers.pictures import chunk, png, saved
from tests.redaction.metadata.tiffs import ASCII, SHORT, UNDEFINED, block, position, rationals

_RATIONALS = rationals("<", 48, 1, 51, 1, 2947, 100)
_XMP = b"http://ns.adobe.com/xap/1.0/\0"


def _opinion(data: bytes, media_type: str = "image/jpeg") -> tuple[str, ...]:
    return second_opinion(BytesReader(data), media_type)


def _exif(*entries: tuple[int, int, bytes], **others: list[tuple[int, int, bytes]]) -> bytes:
    return photo(segment(0xE1, b"Exif\0\0" + block("<", [(0x0112, SHORT, b"\1\0"), *entries], **others)))


class TestSecondOpinion:
    def test_a_plain_picture_has_nothing(self) -> None:
        assert _opinion(plain()) == ()

    def test_a_position_in_exif_is_found_by_both_readers(self) -> None:
        assert _opinion(_exif(gps=position("<"))) == ("exifread/gps", "pillow/gps")

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
            (b"\0\0\0\x20\xa9xyz\0\x12\x15\xc7+48.8-2.1/", "raw/xyz"),
            (b"+48.858222+002.294500/", "raw/iso6709"),
            (b"\0\0\0\x24loci\0\0\0\0\x15\xc7home\0\0" + bytes(range(12)), "raw/loci"),
            (b"GPS5l\x14\0\1\x13\x10\x11\x12", "raw/gpmf"),
        ],
    )
    def test_forms_of_positions_in_videos_are_found_anywhere(self, data: bytes, word: str) -> None:
        for before in (0, 1000, (1 << 20) - 7):
            assert _opinion(bytes(before) + data, "video/mp4") == (word,)

    def test_emptied_boxes_are_nothing(self) -> None:
        assert (
            _opinion(
                b"\xa9xyz\0\x12\x15\xc7" + bytes(18) + b"loci" + bytes(30) + b"GPS5l\x14\0\1" + bytes(20), "video/mp4"
            )
            == ()
        )

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


class TestLeftovers:
    def _left(self, withheld: bytes, what: str, redacted: bytes) -> tuple[str, ...]:
        original = b"...." + withheld
        return leftovers(BytesReader(original), [Finding(4, len(withheld), what)], BytesReader(redacted))

    def test_a_copy_of_a_gps_value_is_found_in_either_byte_order(self) -> None:
        for order in "<>":
            copy = rationals(order, 48, 1, 51, 1, 2947, 100)
            assert self._left(_RATIONALS, "jpeg/exif/gps", bytes(99) + copy) == ("jpeg/exif/gps",)
        assert self._left(_RATIONALS, "jpeg/exif/gps", bytes(200)) == ()

    @pytest.mark.parametrize("text", [b"+48.85822+002.29450/", b"48,51.4933N", b"48.858222"])
    def test_a_copy_of_coordinates_in_text_is_found(self, text: bytes) -> None:
        assert self._left(b"taken at " + text + b" today", "jpeg/comment", b"x" * 70 + text) == ("jpeg/comment",)

    def test_a_copy_across_two_pieces_is_found(self) -> None:
        redacted = bytes((1 << 20) - 5) + b"48.858222"
        assert self._left(b"48.858222", "jpeg/comment", redacted) == ("jpeg/comment",)

    @pytest.mark.parametrize("plain_value", [bytes(24), rationals("<", 0, 1, 0, 1, 0, 1), b"0.00000000", b"1.0"])
    def test_values_that_tell_nothing_are_not_looked_for(self, plain_value: bytes) -> None:
        assert self._left(plain_value, "jpeg/exif/gps", plain_value * 3) == ()
