"""The raw search finds what was withheld in every form, wherever it still stands, and nothing in noise."""

import contextlib
import gzip
import math
import random
import struct
import time
import tracemalloc
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from zlib import compress, compressobj

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.errors import MalformedMedia
from redaction.finding import Finding
from redaction.leftovers import leftovers
from redaction.reader import BytesReader
from tests.redaction.metadata.tiffs import ASCII, block, position, rationals

_LATITUDE, _LONGITUDE = 48.858222, 2.294511
_TEXT = b"+48.858222+002.294511/"
_WHAT = "mp4/udta/\xa9xyz"


def _left(redacted: bytes, withheld: bytes = _TEXT, what: str = _WHAT) -> tuple[str, ...]:
    original = b"...." + withheld
    return leftovers(BytesReader(original), [Finding(4, len(withheld), what)], BytesReader(redacted))


def _noise(length: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(length)


def _both(written: Callable[[float], bytes], between: bytes = b"") -> bytes:
    return written(_LATITUDE) + between + written(-_LONGITUDE)


def _sexagesimal(form: str) -> Callable[[float], bytes]:
    def written(value: float) -> bytes:
        value = abs(value)
        minutes = (value - int(value)) * 60
        seconds = (minutes - int(minutes)) * 60
        return form.format(d=int(value), m=int(minutes), mm=minutes, s=seconds).encode()

    return written


def _packed(form: str, convert: Callable[[float], float]) -> bytes:
    return _both(lambda value: struct.pack(form, convert(value)))


_NUMBERS: dict[str, tuple[str, Callable[[float], float]]] = {
    "double": ("d", lambda value: value),
    "double of few decimals": ("d", lambda value: round(value, 4)),
    "double in radians": ("d", math.radians),
    "float": ("f", lambda value: value),
    "float of few decimals": ("f", lambda value: round(value, 5)),
    "ten-millionths": ("i", lambda value: round(value * 1e7)),
    "ten-millionths of few decimals": ("i", lambda value: round(round(value, 4) * 1e7)),
    "millionths": ("i", lambda value: int(value * 1e6)),
    "16.16": ("i", lambda value: round(value * 65536)),
    "semicircles": ("i", lambda value: round(value * 2**31 / 180)),
    "milliseconds of arc": ("i", lambda value: round(value * 3_600_000)),
}
_FORMS: dict[str, bytes] = {
    "decimals": _both(lambda value: f"{value:.4f}".encode(), b", "),
    "few decimals": _both(lambda value: f"{value:.3f}".encode(), b" / "),
    "cut decimals": b"48.8582 2.2945",
    "a decimal comma": b"48,858222; 2,294511",
    "six decimals of one coordinate": b"at 48.858222 exactly",
    "JSON": b'{"lat":48.85822,"altitude":35.1,"heading":270.55,"lon":2.29451}',
    "wide, little-endian": "48.8582 2.2945".encode("utf-16-le"),
    "wide, big-endian": "48.8582 2.2945".encode("utf-16-be"),
    "degrees, minutes, seconds": _both(_sexagesimal("{d}\xb0{m}'{s:.1f}\""), b"N "),
    "words": _both(_sexagesimal("{d} deg {m}' {s:.2f}\""), b" N, "),
    "colons": _both(_sexagesimal("{d}:{m:02}:{s:05.2f}"), b" "),
    "XMP": _both(_sexagesimal("{d},{mm:.4f}"), b"N "),
    "NMEA": _both(_sexagesimal("{d:02}{mm:07.4f}"), b",N,"),
    "rationals as text": _both(_sexagesimal("{d}/1, {m}/1, 2948/100"), b"\n"),
    "Exif, little-endian": rationals("<", 48, 1, 51, 1, 29, 1, 2, 1, 17, 1, 40, 1),
    "Exif, big-endian": rationals(">", 48, 1, 51, 1, 29599, 1000, 2, 1, 17, 1, 4024, 100),
    "Exif, one rational": rationals("<", 4885822, 100000, 229451, 100000),
    **{
        f"{name}, {'big' if order == '>' else 'little'}-endian": _packed(order + kind, convert)
        for name, (kind, convert) in _NUMBERS.items()
        for order in "<>"
    },
}


@pytest.mark.parametrize("form", _FORMS)
class TestForms:
    def test_a_position_is_found_in_every_form(self, form: str) -> None:
        data = _noise(5000) + _FORMS[form] + _noise(3000)
        assert _WHAT in _left(data)
        assert _left(_noise(5000)) == ()

    def test_it_is_found_inside_what_is_packed(self, form: str) -> None:
        text = b"padding of no meaning " * 9 + _FORMS[form] + b" and more of that padding" * 9
        small = compressobj(9, wbits=9)
        packed = {
            "zlib": compress(text),
            "stored": compress(text, 0),
            "fast": compress(text, 1),
            "gzip": gzip.compress(text, mtime=0),
            "a small window, as in PNG": b"iCCPname\0\0" + small.compress(text) + small.flush(),
            "base64": b">" + b64encode(text) + b"<",
            "base64 for addresses": b"'" + urlsafe_b64encode(text) + b"'",
            "base64 in lines": b"\n".join(b64encode(text)[at : at + 60] for at in range(0, 999, 60)),
            "base64 that begins somewhere": b"xyz" + b64encode(text),
            "hexadecimal": text.hex().encode(),
            "hexadecimal in lines": b"\n".join(text.hex().encode()[at : at + 72] for at in range(0, 2000, 72)),
            "zlib in base64": b64encode(compress(text)),
        }
        for name, data in packed.items():
            assert _WHAT in _left(_noise(2000) + b"\0" + data + b"\0" + _noise(2000)), name


class TestWhatIsLookedFor:
    @pytest.mark.parametrize("order", "<>")
    def test_the_value_of_a_gps_entry(self, order: str) -> None:
        withheld = rationals(order, 48, 1, 51, 1, 2947, 100)
        for other in "<>":
            copy = rationals(other, 48, 1, 51, 1, 2947, 100)
            assert _left(_noise(99) + copy, withheld, "jpeg/exif/gps") == ("jpeg/exif/gps",)
        assert _left(bytes(200), withheld, "jpeg/exif/gps") == ()

    def test_a_position_of_two_entries_in_another_form(self) -> None:
        one, two = rationals("<", 48, 1, 51, 1, 2947, 100), rationals("<", 2, 1, 17, 1, 4012, 100)
        findings = [Finding(0, 24, "jpeg/exif/gps"), Finding(40, 24, "jpeg/exif/gps")]
        original = BytesReader(one + bytes(16) + two)
        found = leftovers(original, findings, BytesReader(_noise(99) + b"48.8581 N 2.2944 E"))
        assert found == ("jpeg/exif/gps",)

    @pytest.mark.parametrize(
        ("withheld", "what"),
        [
            (b"\0\0\0\0\x15\xc7home\0\0" + struct.pack(">iii", 150372, 3201972, 0), "mp4/udta/loci"),
            (b"GPS5l\x14\0\1" + struct.pack(">iiiii", 488582220, 22945110, 1, 2, 3), "mp4/track/gpmd"),
            (struct.pack("<HHddd", 0, 5, 48.858222, 2.294511, 35.0), "mp4/track/camm"),
            (b"48,51.4933N and 2,17.6707E", "jpeg/xmp"),
            (b"$GPRMC,101010,A,4851.4933,N,00217.6707,E,0,0,010125,,", "mp4/track/text"),
            (b"N 48\xc2\xb051'29.6\"N 2\xc2\xb017'40.2\"E", "jpeg/comment"),
            (b"48/1, 51/1, 2960/100\n2/1, 17/1, 4024/100", "png/text"),
            ("48\xb051'29.6\"N 2\xb017'40.2\"E".encode("utf-16-le"), "jpeg/exif/xp-text"),
        ],
    )
    def test_a_position_from_any_carrier(self, withheld: bytes, what: str) -> None:
        assert _left(_noise(999) + b"{48.8582, 2.2945}", withheld, what) == (what,)

    @pytest.mark.parametrize("text", [b"+48.85822+002.29450/", b"48,51.4933N", b"48.858222"])
    def test_coordinates_in_any_text(self, text: bytes) -> None:
        assert "jpeg/comment" in _left(b"x" * 70 + text, b"taken at " + text + b" today", "jpeg/comment")

    @pytest.mark.parametrize("code", ["utf-8", "utf-16-le", "utf-16-be"])
    def test_a_serial_number_or_a_name_in_any_text(self, code: str) -> None:
        copy = "no. C39ZX04K".encode(code)
        assert _left(_noise(99) + copy, b"C39ZX04K\0\0", "jpeg/exif/serial") == ("jpeg/exif/serial",)

    def test_what_everybody_has_is_not_looked_for(self) -> None:
        assert _left(b"iPhone 12 Pro", b"iPhone 12 Pro", "jpeg/exif/host-computer") == ()

    @pytest.mark.parametrize(
        "plain", [bytes(24), rationals("<", 0, 1, 0, 1, 0, 1), b"0.00000000", b"1.0", b"+0.0000-0.0"]
    )
    def test_values_that_tell_nothing_are_not_looked_for(self, plain: bytes) -> None:
        assert not set(_left(plain * 3, plain, "jpeg/exif/gps")) - {"raw/iso6709"}

    def test_one_coordinate_in_four_bytes_may_be_chance_and_counts_for_nothing(self) -> None:
        latitude, longitude = (struct.pack("<i", round(value * 1e7)) for value in (_LATITUDE, _LONGITUDE))
        assert _left(latitude + bytes(5000) + longitude) == ()
        assert _left(latitude + bytes(20) + longitude) == (_WHAT,)


class TestWhereItIsLookedFor:
    @pytest.mark.parametrize("before", [(1 << 20) + shift for shift in (-300, -24, -12, -9, -1, 0, 5)])
    def test_across_two_pieces(self, before: int) -> None:
        pair = _both(lambda value: struct.pack("<d", value))
        assert _left(bytes(before) + pair + bytes(9)) == (_WHAT,)
        assert _left(bytes(before) + b"48.8582" + b" " * 200 + b"2.2945") == (_WHAT,)

    def test_in_the_last_bytes(self) -> None:
        assert _left(_noise(3 << 20) + b"48.8582,2.2945") == (_WHAT,)

    @pytest.mark.parametrize("level", [0, 6])
    def test_at_the_end_of_a_long_stream(self, level: int) -> None:
        text = _noise(4 << 20) + b"48.8582,2.2945"
        assert _left(_noise(1000) + compress(text, level)) == (_WHAT,)

    def test_in_exif_that_no_parser_reached(self) -> None:
        exif = block("<", [(0x010E, ASCII, b"x\0")], gps=position("<"))
        assert _left(_noise(9000) + exif, b"nothing", "x") == ("raw/exif",)
        assert _left(_noise(9000) + compress(exif), b"nothing", "x") == ("raw/exif",)
        assert _left(_noise(9000) + block("<", [(0x010E, ASCII, b"x\0")], gps=[(0, 1, b"\2\3\0\0")]), b"nil", "x") == ()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\0\0\0\x20\xa9xyz\0\x12\x15\xc7+48.8-2.1/", "raw/xyz"),
        (b"+48.858222+002.294500/", "raw/iso6709"),
        ("+48.858222+002.294500/".encode("utf-16-le"), "raw/iso6709"),
        ("+48.858222+002.294500/".encode("utf-16-be"), "raw/iso6709"),
        (b"\0\0\0\x24loci\0\0\0\0\x15\xc7home\0\0" + bytes(range(12)), "raw/loci"),
        (b"GPS5l\x14\0\1\x13\x10\x11\x12", "raw/gpmf"),
        (b'<a e:GPSLatitude="48,51.5N"/>', "raw/xml-position"),
        (b"<exif:Where>48,51.4933N</exif:Where>", "raw/xmp-coordinate"),
        (b"<p:City>Paris</p:City>", "raw/xml-place"),
        (b"$GPRMC,101010.00,A,4851.4933,N,00217.6707,E,0.1,,010125", "raw/nmea"),
        (b"\0\0\0\0freeGPS \x4c\0\0\0" + bytes(24) + b"A", "raw/dash-camera"),
    ],
)
def test_forms_of_positions_are_found_whatever_was_withheld(data: bytes, word: str) -> None:
    for before in (0, 1000, (1 << 20) - 7):
        for packed in (data, b"\0" + compress(b"text of no meaning " * 9 + data)):
            assert word in _left(_noise(before) + packed, b"nothing", "x")


def test_emptied_boxes_are_nothing() -> None:
    emptied = (b"\xa9xyz\0\x12\x15\xc7" + bytes(18), b"loci" + bytes(30), b"GPS5l\x14\0\1" + bytes(20))
    assert _left(b"".join(emptied) + b"freeGPS " + bytes(99), b"nothing", "x") == ()


class TestCost:
    @pytest.mark.parametrize(
        "hostile",
        [
            b"\x78\x9c\x01",
            compress(b"a" * 70, 0),
            b"\0\0" + compress(b"", 1),
            b"48.8582 ",
            b"A" * 64 + b"!",
            b"II*\0\x08\0\0\0",
            b"MM\0*\0\0\0\x08\xff\xff" + b"\x88\x25\0\4\0\0\0\1\0\0\0\0",
            b",1.23,1.23",
            b"A" * 40 + b".B" + b" " * 40 + b".",
        ],
    )
    def test_a_file_made_to_cost_ends_soon(self, hostile: bytes) -> None:
        data = hostile * ((4 << 20) // len(hostile))
        start = time.process_time()
        with contextlib.suppress(MalformedMedia):
            _left(data)
        assert time.process_time() - start < 15  # a hundred times as much if it were quadratic

    @pytest.mark.slow
    def test_a_bomb_is_given_up_in_bounded_memory(self) -> None:
        bomb = compress(bytes(64 << 20), 9)
        tracemalloc.start()
        try:
            with pytest.raises(MalformedMedia):
                _left((bomb + b"\0" * 9) * 40)
            assert tracemalloc.get_traced_memory()[1] < 32 << 20
        finally:
            tracemalloc.stop()

    @settings(deadline=None)  # the machine may be busy
    @given(
        st.lists(
            st.sampled_from([b"II*\0", b"\x78\x9c", b"GPS5", b"\xa9xyz", b"\x88\x25", *map(bytes, range(9))])
            | st.binary()
        )
    )
    def test_any_bytes_are_searched_to_their_end(self, parts: list[bytes]) -> None:
        _left(b"".join(parts), b"".join(parts) or b"x", "jpeg/exif/gps")
