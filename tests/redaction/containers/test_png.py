"""PNG: each chunk, each compressed stream to its end, checksums, and what follows the end."""

from struct import pack
from zlib import compress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from redaction.containers.formats import descend
from redaction.errors import MalformedMedia, RedactionError
from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from redaction.walk import Walk
from tests.redaction.containers import photos
from tests.redaction.containers.pictures import (
    END,
    PIXELS,
    PNG,
    ROWS,
    chunk,
    frames,
    header,
    noise,
    png,
    png_chunks,
    profile,
    saved,
)
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted
from tests.redaction.metadata.tiffs import ASCII, SHORT, block, position

_LATITUDE = position(">")[2][2]
_EXIF = block(">", [(0x010F, ASCII, b"Maker\0"), (0x0112, SHORT, b"\0\6")], gps=position(">"))
_PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<r:Description xmlns:e="http://ns.adobe.com/exif/1.0/" e:GPSLatitude="' + SECRET + b'"/></r:RDF></x:xmpmeta>'
)
_XMP = b"XML:com.adobe.xmp\0"


def _kinds(data: bytes) -> list[bytes]:
    return [kind for kind, _ in png_chunks(data)]


def _raw_profile(name: bytes, data: bytes) -> bytes:
    digits = data.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return b"\n%s\n%8d\n%s\n" % (name, len(data), lines)


class TestExif:
    @pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
    def test_it_is_searched_wherever_it_stands_and_as_often(self, prefix: bytes) -> None:
        exif = chunk(b"eXIf", prefix + _EXIF)
        after = clean(png(exif, exif, after=exif), _LATITUDE)
        found = [data for kind, data in png_chunks(after) if kind == b"eXIf"]
        assert len(found) == 3
        assert all(b"Maker" in data and prefix in data for data in found)

    def test_one_with_a_wrong_checksum_is_searched_too(self) -> None:
        assert b"eXIf" in _kinds(clean(png(chunk(b"eXIf", _EXIF, crc=b"wxyz")), _LATITUDE, b"wxyz"))


class TestText:
    def test_xmp_loses_values_and_keeps_its_form(self) -> None:
        after = clean(png(chunk(b"iTXt", _XMP + bytes(4) + _PACKET)), SECRET)
        assert (b"iTXt", _XMP + bytes(4) + _PACKET.replace(SECRET, b" " * len(SECRET))) in png_chunks(after)

    @pytest.mark.parametrize(
        ("kind", "data"),
        [
            (b"iTXt", _XMP + b"\1\0\0\0" + compress(_PACKET)),
            (b"iTXt", _XMP + b"\0\0en\0\0" + _PACKET),
            (b"iTXt", _XMP + b"\0\0\0" + SECRET + b"\0" + _PACKET),
            (b"iTXt", b"Comment\0\0\0\0\0" + SECRET),
            (b"iTXt", b"Comment\0\1\0\0\0" + compress(SECRET)),
            (b"zTXt", b"Comment\0\0" + compress(LONG)),
            (b"zTXt", b"Raw profile type iptc\0\0" + compress(_raw_profile(b"iptc", SECRET))),
            (b"tEXt", b"Raw profile type iptc\0" + _raw_profile(b"iptc", SECRET)),
            (b"tEXt", b"exif:GPSLatitude\0" + SECRET),
            (b"tEXt", SECRET + b"\0"),
            (b"tEXt", b"Comment"),
            (b"tEXt", b""),
        ],
    )
    def test_what_cannot_be_edited_or_is_named_by_nobody_knows_what_becomes_filler(
        self, kind: bytes, data: bytes
    ) -> None:
        after = clean(png(chunk(kind, data)), *([data] if data else []))
        assert png_chunks(after)[1] == (b"fiLl", bytes(len(data)))

    @pytest.mark.parametrize("keyword", [b"Comment", b"Title", b"Software", b"Creation Time", b"Make"])
    def test_values_of_known_keywords_become_spaces(self, keyword: bytes) -> None:
        after = clean(png(after=chunk(b"tEXt", keyword + b"\0" + SECRET)), SECRET)
        assert png_chunks(after)[2] == (b"tEXt", keyword + b"\0" + b" " * len(SECRET))


class TestRawProfiles:
    @pytest.mark.parametrize("kind", [b"tEXt", b"zTXt"])
    @pytest.mark.parametrize("name", [b"exif", b"APP1"])
    def test_a_rotated_picture_stays_upright_and_nothing_else_is_kept(self, kind: bytes, name: bytes) -> None:
        profile_text = _raw_profile(name, b"Exif\0\0" + _EXIF)
        data = b"Raw profile type " + name + b"\0" + profile_text
        if kind == b"zTXt":
            data = b"Raw profile type " + name + b"\0\0" + compress(profile_text)
        after = clean(png(chunk(kind, data)), data)
        assert _kinds(after) == [b"IHDR", b"eXIf", b"IDAT", b"IEND"]
        exif = Image.Exif()
        exif.load(png_chunks(after)[1][1])
        assert dict(exif) == {0x0112: 6}

    def test_an_upright_one_becomes_filler(self) -> None:
        upright = block("<", [(0x0112, SHORT, b"\1\0")], gps=position("<"))
        data = b"Raw profile type exif\0" + _raw_profile(b"exif", upright)
        assert _kinds(clean(png(chunk(b"tEXt", data)), data))[1] == b"fiLl"

    def test_beside_exif_it_becomes_filler(self) -> None:
        data = b"Raw profile type exif\0" + _raw_profile(b"exif", _EXIF)
        assert _kinds(clean(png(chunk(b"tEXt", data), after=chunk(b"eXIf", _EXIF)), data))[1] == b"fiLl"

    @pytest.mark.parametrize("data", [b"", b"\nexif\n", b"\nexif\n 9\nabc", b"\nexif\n 3\nqqqqqq", b"x" * 99])
    def test_a_broken_one_becomes_filler(self, data: bytes) -> None:
        for kind, packed in ((b"tEXt", data), (b"zTXt", b"\0" + data), (b"zTXt", b"\0" + compress(data))):
            after = clean(png(chunk(kind, b"Raw profile type exif\0" + packed)))
            assert _kinds(after)[1] == b"fiLl"


class TestOtherChunks:
    @pytest.mark.parametrize("kind", [b"caBX", b"prVt", b"npTc", b"dSIG", b"sPLT", b"hIST", b"oFFs", b"gIFx", b"vpAg"])
    def test_what_is_not_known_to_be_harmless_goes_with_its_name(self, kind: bytes) -> None:
        after = clean(png(chunk(kind, SECRET), after=chunk(kind, SECRET) + chunk(kind)), SECRET, kind)
        assert [data for name, data in png_chunks(after) if name == b"fiLl"] == [bytes(22), bytes(22), b""]

    @pytest.mark.parametrize(
        ("kind", "data"),
        [
            (b"gAMA", bytes(4)), (b"cHRM", bytes(32)), (b"sRGB", b"\1"), (b"pHYs", bytes(8) + b"\1"),
            (b"cICP", b"\x09\x10\0\1"), (b"mDCV", bytes(24)), (b"cLLI", bytes(8)), (b"sBIT", b"\x08\x08\x08"),
            (b"bKGD", bytes(6)), (b"tRNS", bytes(6)), (b"tIME", b"\x07\xe8\x02\x1d\x17\x3b\x3c"), (b"sTER", b"\0"),
        ],
    )  # fmt: skip
    def test_what_shows_the_picture_stays_once_and_in_its_form(self, kind: bytes, data: bytes) -> None:
        assert clean(png(chunk(kind, data))) == png(chunk(kind, data))
        once = clean(png(chunk(kind, data), chunk(kind, data)))
        assert _kinds(once) == [b"IHDR", kind, b"fiLl", b"IDAT", b"IEND"]
        assert _kinds(clean(png(chunk(kind, data + b"x"))))[1] == b"fiLl"
        late = _kinds(clean(png(after=chunk(kind, data))))[2]
        assert late == (kind if kind == b"tIME" else b"fiLl")

    def test_a_time_that_is_none_goes(self) -> None:
        assert _kinds(clean(png(chunk(b"tIME", b"\x07\xe8\x0d\x01\0\0\0"))))[1] == b"fiLl"

    def test_one_with_a_wrong_checksum_goes_because_viewers_skip_it(self) -> None:
        assert _kinds(clean(png(chunk(b"gAMA", bytes(4), crc=b"wxyz")), b"wxyz"))[1] == b"fiLl"

    def test_a_long_chunk_gets_its_checksum_piece_by_piece(self) -> None:
        assert _kinds(clean(png(chunk(b"prVt", SECRET * 200_000)), SECRET))[1] == b"fiLl"


class TestColourProfiles:
    @pytest.mark.parametrize("name", [b"ICC Profile", b"Display P3", b"Skia"])
    def test_a_profile_stays(self, name: bytes) -> None:
        data = png(chunk(b"iCCP", name + b"\0\0" + compress(profile())))
        assert clean(data) == data

    @pytest.mark.parametrize("name", [SECRET, b"somebody's display", SECRET * 3 + b"abcdefghijklm"])
    def test_a_name_that_is_not_well_known_goes(self, name: bytes) -> None:
        data = compress(profile())
        after = clean(png(chunk(b"iCCP", name + b"\0\0" + data)), name)
        assert png_chunks(after)[1] == (b"iCCP", b"-" * len(name) + b"\0\0" + data)

    def test_what_follows_the_compressed_profile_goes(self) -> None:
        data = b"icc\0\0" + compress(profile())
        after = clean(png(chunk(b"iCCP", data + SECRET)), SECRET)
        assert png_chunks(after)[1] == (b"iCCP", data + bytes(len(SECRET)))

    @pytest.mark.parametrize(
        "data",
        [
            b"icc\0\0" + compress(profile() + SECRET),
            b"icc\0\0" + compress(SECRET),
            b"icc\0\0" + compress(profile())[:-9],
            b"icc\0\1" + compress(profile()),
            b"icc\0\0" + SECRET,
            b"x" * 80 + b"\0\0" + compress(profile()),
            b"icc",
            b"",
        ],
    )
    def test_what_holds_no_profile_or_more_than_one_goes(self, data: bytes) -> None:
        assert png_chunks(clean(png(chunk(b"iCCP", data))))[1] == (b"fiLl", bytes(len(data)))


def _halves(distance: int, *, rows: int = 2, last: int = 1) -> bytes:
    return chunk(b"iDOT", pack(">7I", 2, 0, rows, 40, rows, last, distance))


class TestHalves:
    def _picture(self, first: bytes) -> bytes:
        return (
            PNG + header() + first + chunk(b"IDAT", PIXELS[:9]) + chunk(b"IDAT", PIXELS[9:]) + END
        )  # as phones write screenshots

    def test_apples_chunk_stays_when_it_tells_only_where_the_second_half_is(self) -> None:
        data = self._picture(_halves(40 + 21))
        assert clean(data) == data

    @pytest.mark.parametrize(
        "first", [_halves(1234), _halves(61, last=2), chunk(b"iDOT", SECRET + bytes(6)), chunk(b"iDOT", SECRET)]
    )
    def test_any_other_goes(self, first: bytes) -> None:
        assert _kinds(clean(self._picture(first)))[1] == b"fiLl"


class TestPictures:
    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
    def test_pictures_of_all_kinds_are_as_before(self, mode: str) -> None:
        data = saved("PNG", mode=mode, icc_profile=profile())
        assert clean(data) == data

    def test_bytes_behind_the_compressed_picture_go(self) -> None:
        after = clean(png(pixels=PIXELS + SECRET), SECRET)
        assert png_chunks(after)[1] == (b"IDAT", PIXELS + bytes(len(SECRET)))

    def test_also_in_chunks_of_their_own_and_behind_short_ones(self) -> None:
        parts = b"".join(chunk(b"IDAT", bytes([byte])) for byte in PIXELS) + chunk(b"IDAT", SECRET) + chunk(b"IDAT")
        data = PNG + header() + parts + chunk(b"IDAT", SECRET) + END
        after = clean(data, SECRET)
        assert frames(after) == frames(png())

    def test_an_interlaced_picture_may_hold_its_passes_and_no_more(self) -> None:
        for columns, rows in ((1, 1), (3, 2), (5, 5), (8, 8), (9, 17)):
            interlaced = PNG + chunk(b"IHDR", pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 1))
            sizes = [
                (-(-(columns - x) // dx), -(-(rows - y) // dy))
                for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
            ] + [(columns, rows // 2)]
            raw = sum(high * (wide + 1) for wide, high in sizes if wide > 0 and high > 0)
            assert len(frames(interlaced + chunk(b"IDAT", compress(bytes(raw))) + END)) == 2
            for extra, outcome in ((0, Outcome.CLEAN), (1, Outcome.UNSTRIPPED)):
                data = interlaced + chunk(b"IDAT", compress(bytes(raw + extra))) + END
                assert plan(BytesReader(data)).outcome is outcome

    def test_more_than_the_picture_is_not_accepted_as_clean(self) -> None:
        found, _ = redacted(png(pixels=compress(ROWS + SECRET)))
        assert found.outcome is Outcome.UNSTRIPPED

    @pytest.mark.parametrize("pixels", [PIXELS[:-5], PIXELS[:4], b"", b"x" + PIXELS])
    def test_a_damaged_picture_stays_as_it_is(self, pixels: bytes) -> None:
        assert clean(png(pixels=pixels)) == png(pixels=pixels)

    def test_a_critical_chunk_with_a_wrong_checksum_gets_the_right_one(self) -> None:
        data = PNG + header()[:-4] + b"wxyz" + chunk(b"IDAT", PIXELS, crc=b"wxyz") + END
        assert clean(data, b"wxyz") == png()

    def test_a_bomb_is_given_up_early(self) -> None:
        bomb = compress(bytes(1 << 24))
        assert plan(BytesReader(png(pixels=bomb))).reason == "more compressed data than the picture has"
        large = PNG + header(1 << 30, 1 << 30, 16, 6) + chunk(b"IDAT", bomb) + END
        with pytest.raises(MalformedMedia, match="too many parts"):
            list(descend(BytesReader(large), Walk(descend, nodes=1000)))


class TestAnimation:
    @pytest.mark.parametrize("still", [False, True])
    def test_frames_stay(self, still: bool) -> None:
        data = saved("PNG", noise(), noise(), duration=100, loop=2, default_image=still)
        after = clean(data)
        assert after == data
        assert len(frames(after)) > 2

    def _with_slack(self, data: bytes) -> bytes:
        return PNG + b"".join(
            chunk(kind, body + SECRET if kind == b"fdAT" else body) for kind, body in png_chunks(data)
        )

    def test_bytes_behind_a_frame_go(self) -> None:
        data = saved("PNG", noise(), duration=100)
        assert frames(clean(self._with_slack(data), SECRET)) == frames(data)

    def test_frames_of_no_animation_become_filler(self) -> None:
        data = saved("PNG", noise(), duration=100)
        alone = PNG + b"".join(chunk(*each) for each in png_chunks(data) if each[0] != b"acTL")
        assert {b"fcTL", b"fdAT"}.isdisjoint(_kinds(clean(alone)))

    def test_a_wrong_checksum_of_a_frame_is_made_right_and_that_of_the_animation_ends_it(self) -> None:
        data = saved("PNG", noise(), duration=100)
        for kind, kept in ((b"fcTL", True), (b"fdAT", True), (b"acTL", False)):
            damaged = PNG + b"".join(
                chunk(name, body, crc=b"wxyz" if name == kind else None) for name, body in png_chunks(data)
            )
            assert (b"fdAT" in _kinds(clean(damaged, b"wxyz"))) is kept

    @pytest.mark.parametrize(
        "damage",
        [
            lambda kind, body: (kind, body[:8] + b"\xff" + body[9:]) if kind == b"fcTL" else (kind, body),
            lambda kind, body: (kind, b"\0\0\0\x09" + body[4:]) if kind == b"fdAT" else (kind, body),
            lambda kind, body: (kind, b"\0\0\0\x09" + body[4:]) if kind == b"acTL" else (kind, body),
            lambda kind, body: (b"prVt", body) if kind == b"fcTL" else (kind, body),
            lambda kind, body: (kind, body + b"x") if kind == b"fcTL" else (kind, body),
        ],
        ids=["outside", "order", "count", "no control", "long"],
    )
    def test_an_animation_that_contradicts_itself_is_not_accepted(self, damage: object) -> None:
        assert callable(damage)
        data = PNG + b"".join(chunk(*damage(*each)) for each in png_chunks(saved("PNG", noise(), duration=100)))
        assert redacted(data)[0].outcome is Outcome.UNSTRIPPED


class TestStructure:
    @pytest.mark.parametrize(
        "data",
        [
            PNG,
            PNG + header(),
            PNG + header() + END,
            PNG + header() + chunk(b"IDAT", PIXELS),
            png()[:-1],
            PNG + chunk(b"gAMA", bytes(4)) + header() + chunk(b"IDAT", PIXELS) + END,
            png(chunk(b"CgBI", SECRET)),
            png(chunk(b"ab1d", SECRET)),
            png(header()),
            png(after=chunk(b"gAMA", bytes(4)) + chunk(b"IDAT", PIXELS)),
            png(after=chunk(b"PLTE", bytes(3))),
            png(chunk(b"PLTE", bytes(3)), chunk(b"PLTE", SECRET)),
            png(chunk(b"PLTE", bytes(4))),
            PNG + header(colour=0) + chunk(b"PLTE", bytes(3)) + chunk(b"IDAT", PIXELS) + END,
            PNG + header(colour=3) + chunk(b"IDAT", PIXELS) + END,
            PNG + header(depth=5) + chunk(b"IDAT", PIXELS) + END,
            PNG + header(width=0) + chunk(b"IDAT", PIXELS) + END,
            PNG + header() + chunk(b"IDAT", PIXELS) + chunk(b"IEND", SECRET),
            PNG + header() + b"\xff\xff\xff\xffIDAT" + PIXELS + END,
        ],
        ids=range(19),
    )
    def test_a_file_without_one_whole_picture_is_left_alone(self, data: bytes) -> None:
        found, after = redacted(data)
        assert (found.outcome, found.findings, after) == (Outcome.UNSTRIPPED, (), data)
        assert found.reason

    def test_too_many_chunks_are_given_up(self) -> None:
        assert redacted(png(chunk(b"prVt") * 200_001))[0].outcome is Outcome.UNSTRIPPED


class TestTail:
    def test_remains_of_the_picture_before_it_was_cropped_go(self) -> None:
        old = saved("PNG")[300:] + SECRET
        assert clean(png(tail=old), SECRET) == png(tail=bytes(len(old)))

    def test_pictures_and_videos_behind_the_end_stay_and_are_searched(self) -> None:
        video = photos.original("generated/mp4_xyz_loci.mp4").read_bytes()
        second = png(chunk(b"eXIf", _EXIF), tail=SECRET)
        after = clean(png(tail=b"gap" + second + video), SECRET, _LATITUDE, b"gap")
        assert after.endswith(photos.redact(video))
        assert after.count(chunk(b"IDAT", PIXELS)) == 2


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_damage_ends_in_a_plan_that_keeps_the_length(data: st.DataObject) -> None:
    kinds = [b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"tIME", b"prVt", b"acTL", b"fcTL", b"fdAT", b"iDOT", b"IDAT"]
    bodies = st.binary(max_size=60) | st.sampled_from(
        [_EXIF, _XMP + bytes(4) + _PACKET, b"Raw profile type exif\0" + _raw_profile(b"exif", _EXIF)]
    )
    made = [chunk(data.draw(st.sampled_from(kinds)), data.draw(bodies)) for _ in range(data.draw(st.integers(0, 4)))]
    whole = bytearray(png(*made, pixels=PIXELS + data.draw(st.binary(max_size=9)), tail=data.draw(st.binary())))
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.one_of(st.just(len(whole)), st.integers(8, len(whole))))])
    found, after = redacted(cut)
    assert len(after) == len(cut)
    if found.outcome is Outcome.CLEAN:
        assert plan(BytesReader(after)).outcome is Outcome.CLEAN
        assert plan(BytesReader(after)).findings == ()


@given(st.binary(max_size=200))
def test_anything_behind_the_signature_ends(junk: bytes) -> None:
    try:
        plan(BytesReader(PNG + junk))
    except RedactionError:
        pytest.fail("the signature is enough to be recognised")
