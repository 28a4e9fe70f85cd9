"""JPEG segments, tables, and what follows the end of image."""

from collections.abc import Callable
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.errors import UnsupportedMedia
from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.redaction.containers import photos
from tests.redaction.containers.photos import photo, plain, redact, segment
from tests.redaction.metadata.tiffs import BYTE, LONG, SHORT, UNDEFINED, block, position

_SECRET = b"+48.858222+002.294500/"
_EXIF = segment(0xE1, b"Exif\0\0" + block("<", [(0x0112, SHORT, b"\6\0")], gps=position("<")))
_LATITUDE = position("<")[2][2]


def _outcome(data: bytes) -> Outcome:
    return plan(BytesReader(data)).outcome


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def _video() -> bytes:
    path = photos.original("generated/mp4_xyz_loci.mp4")
    return path.read_bytes()


class TestApplicationSegments:
    @pytest.mark.parametrize("number", range(16))
    @pytest.mark.parametrize(
        "identifier", [b"", b"JFIF\0", b"FLIR\0", b"GoPro\0", b"ICC_PROFILE\0\1\1", b"UNICODE\0", b"MPF\0"]
    )
    def test_what_is_not_known_to_be_harmless_goes(self, number: int, identifier: bytes) -> None:
        data = photo(segment(0xE0 + number, identifier + bytes(20) + _SECRET))
        assert _SECRET not in redact(data)
        assert _outcome(data) is Outcome.CLEAN

    def test_comments_become_spaces(self) -> None:
        assert redact(photo(segment(0xFE, _SECRET))) == photo(segment(0xFE, b" " * len(_SECRET)))

    def test_each_of_several_exif_segments_is_searched(self) -> None:
        assert _LATITUDE not in redact(photo(_EXIF, segment(0xFE, b"x"), _EXIF))

    @pytest.mark.parametrize("head", [b"JFXX\0\x10", b"JFXX\0\x11\2\1", b"JFXX\0\x13\1\1", b"JFXX\0\x77\1\1"])
    def test_bytes_behind_a_thumbnail_go(self, head: bytes) -> None:
        assert _SECRET not in redact(photo(segment(0xE0, head + bytes(800) + _SECRET)))

    def test_a_jpeg_thumbnail_stays_and_is_searched(self) -> None:
        data = photo(segment(0xE0, b"JFXX\0\x10" + photo(_EXIF)))
        redacted = redact(data)
        assert redacted.count(plain()[2:]) == 2
        assert _LATITUDE not in redacted

    def test_adobe_and_gain_map_segments_stay(self) -> None:
        data = photo(
            segment(0xEE, b"Adobe" + bytes(range(7))), segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(61))
        )
        assert redact(data) == data

    def test_a_colour_profile_in_parts_stays_and_what_follows_it_goes(self) -> None:
        profile = pack(">I", 300) + bytes(32) + b"acsp" + bytes(260)
        parts = [profile[150:] + _SECRET, profile[:150]]
        data = photo(*(segment(0xE2, b"ICC_PROFILE\0" + bytes([2 - n, 2]) + part) for n, part in enumerate(parts)))
        assert redact(data) == data.replace(_SECRET, bytes(len(_SECRET)))

    def test_the_thumbnail_of_exif_stays_and_is_searched(self) -> None:
        thumbnail = photo(_EXIF)
        empty = block("<", [(0x0112, SHORT, b"\1\0")], ifd1=[(0x0201, LONG, bytes(4)), (0x0202, LONG, bytes(4))])
        ifd1 = [(0x0201, LONG, pack("<I", len(empty))), (0x0202, LONG, pack("<I", len(thumbnail)))]
        data = photo(segment(0xE1, b"Exif\0\0" + block("<", [(0x0112, SHORT, b"\1\0")], ifd1=ifd1) + thumbnail))
        redacted = redact(data)
        assert redacted.count(plain()[2:]) == 2
        assert _LATITUDE not in redacted

    def test_an_extended_packet_and_its_checksum_go(self) -> None:
        guid = b"0123456789abcdef0123456789ABCDEF"
        parts = [(0, b"<a>48,5"), (7, b"1.5057N</a>" + bytes(40))]
        name = b"http://ns.adobe.com/xmp/extension/\0"
        data = photo(*(segment(0xE1, name + guid + pack(">II", 58, at) + part) for at, part in parts))
        redacted = redact(data)
        assert guid not in redacted
        assert b"5057" not in redacted
        assert redacted.count(name + b"0" * 32) == 2


class TestStructure:
    @pytest.mark.parametrize(
        "data",
        [
            plain()[:-40] + b"\xff\x10",
            plain()[:200],
            plain()[:3],
            plain()[:20] + b"junk" + plain()[20:],
            plain()[:2] + b"\xff\xd8" + plain()[2:],
            plain()[:2] + b"\xff\xd9",
            photo(b"\xff\xe5\0\1"),
            photo(b"\xff\xe5\xff\xff"),
            photo(b"\xff\xf0\0\4ab"),
            photo(b"\xff\x02\0\4ab"),
            photo(segment(0xDB, bytes(66))),
            photo(segment(0xDB, bytes(65) + _SECRET)),
            photo(segment(0xC4, bytes(17) + _SECRET)),
            photo(segment(0xDD, bytes(4))),
            photo(segment(0xC0, bytes(17) + _SECRET)),
        ],
        ids=range(15),
    )
    def test_a_file_without_an_end_or_with_other_than_a_picture_is_left_alone(self, data: bytes) -> None:
        result = plan(BytesReader(data))
        assert (result.outcome, result.findings) == (Outcome.UNSTRIPPED, ())
        assert result.reason

    @pytest.mark.parametrize("name", ["real/train.jpg", "real/ultraHDR.jpg", "real/Apple_iPhone_6.jpg"])
    @pytest.mark.parametrize("share", [0.3, 0.9])
    def test_a_photo_that_was_cut_in_its_picture_is_redacted_and_shows_the_same(self, name: str, share: float) -> None:
        data = photos.original(name).read_bytes()
        cut = data[: int(len(data) * share)]
        after = redact(cut)
        assert _outcome(cut) is Outcome.CLEAN
        assert after != cut
        assert not plan(BytesReader(after)).findings
        assert after[-(len(cut) // 2) :] == cut[-(len(cut) // 2) :]
        for what, offset, length in photos.listed(name):
            if length > 12 and what.startswith("Exif GPS IFD") and offset + length <= len(cut):
                assert cut[offset : offset + length] not in after

    @pytest.mark.parametrize("tail", [_SECRET + b" somewhere", b"\xff\xd9"[:1] + b"\x10", b"\xff\xe1\0\4ab"])
    def test_what_follows_a_cut_picture_and_is_none_of_it_holds_the_file_back(self, tail: bytes) -> None:
        assert _outcome(plain()[:-2]) is Outcome.CLEAN
        assert _outcome(plain()[:-2] + bytes(range(0x80, 0xFF)) * 9 + tail) is Outcome.UNSTRIPPED

    def test_a_picture_inside_another_file_has_its_end(self) -> None:
        assert _SECRET not in redact(photo(tail=plain()[:-2] + _SECRET))

    def test_fill_bytes_before_a_marker_are_allowed(self) -> None:
        assert _SECRET not in redact(photo(b"\xff\xff\xff" + segment(0xFE, _SECRET)))

    def test_several_scans_and_comments_between_them_are_parsed(self) -> None:
        at = plain().index(b"\xff\xda")
        data = plain()[:-2] + segment(0xFE, _SECRET) + plain()[at:]
        assert redact(data) == data.replace(_SECRET, b" " * len(_SECRET))

    def test_escaped_bytes_and_restart_markers_do_not_end_a_scan(self) -> None:
        data = plain()[:-2] + b"\xff\x00\xff\xd0\xff\xff\x00" * 300_000 + b"\xff\xd9"
        assert _outcome(data) is Outcome.CLEAN
        assert redact(data) == data

    @pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\0", b"BM", b"BM\0\0\0\0"])
    def test_other_kinds_of_files_are_refused(self, data: bytes) -> None:
        with pytest.raises(UnsupportedMedia):
            plan(BytesReader(data))


class TestTail:
    @pytest.mark.parametrize(
        "tail", [_SECRET, b"\xff\xd8\xff" + _SECRET, b"\0\0\0\x20ftypheic" + _SECRET, b"AXS!" + _SECRET]
    )
    def test_what_nobody_understands_goes(self, tail: bytes) -> None:
        assert redact(photo(tail=tail)) == photo(tail=bytes(len(tail)))

    def test_further_pictures_stay_and_are_searched(self) -> None:
        data = photo(tail=b"gap" + photo(_EXIF) + b"\0" + photo(_EXIF) + _SECRET)
        redacted = redact(data)
        assert redacted.count(plain()[2:]) == 3
        assert _LATITUDE not in redacted
        assert _SECRET not in redacted

    def test_a_video_stays_and_is_searched_also_behind_a_picture(self) -> None:
        video = _video()
        redacted = redact(photo(tail=photo(_EXIF) + _SECRET + video))
        assert redacted[-len(video) :] == redact(video)
        assert redacted.count(plain()[2:]) == 2
        assert _SECRET not in redacted

    def test_pictures_of_the_index_are_searched_where_it_says(self) -> None:
        second = photo(_EXIF)

        def indexed(at: int) -> bytes:
            entries = pack(">IIIHH", 0x030000, 0, 0, 0, 0) + pack(">IIIHH", 0, len(second), at, 0, 0)
            main = [
                (0xB000, UNDEFINED, b"0100"), (0xB001, LONG, pack(">I", 2)), (0xB002, UNDEFINED, entries),
                (0xB003, UNDEFINED, _SECRET), (0xB0AA, BYTE, _SECRET),
            ]  # fmt: skip
            return photo(segment(0xE2, b"MPF\0" + block(">", main)), tail=_SECRET)

        at = len(indexed(0)) - indexed(0).index(b"MM\0*")
        redacted = redact(indexed(at) + second + _SECRET)
        assert _SECRET not in redacted
        assert _LATITUDE not in redacted
        assert pack(">II", len(second), at) in redacted
        assert redacted.count(plain()[2:]) == 2

    def test_blocks_of_a_samsung_trailer_lose_their_values_and_keep_the_video(self) -> None:
        video = _video()
        values = [
            (0x0A01, b"Image_UTC_Data", b"1600000000000"),
            (0x0AA1, b"MCC_Data", b"214"),
            (0x0A30, b"MotionPhoto_Data", video),
        ]
        blocks = [pack("<HHI", 0, kind, len(name)) + name + value for kind, name, value in values]
        back = [sum(map(len, blocks[number:])) for number in range(3)]
        directory = b"SEFH" + pack("<II", 107, 3)
        for (kind, _, _), distance, content in zip(values, back, blocks, strict=True):
            directory += pack("<HHII", 0, kind, distance, len(content))
        trailer = b"".join(blocks) + directory + pack("<I", len(directory)) + b"SEFT"
        redacted = redact(photo(tail=trailer))
        expected = trailer.replace(b"1600000000000", bytes(13)).replace(b"MCC_Data214", b"MCC_Data\0\0\0")
        assert redacted == photo(tail=expected.replace(video, redact(video)))

    @pytest.mark.parametrize(
        "damage",
        [
            lambda t: t[:-8] + b"\xff\xff\xff\xffSEFT",
            lambda t: t[:-8] + b"\0\0\0\0SEFT",
            lambda t: t.replace(b"SEFH", b"SEFX"),
            lambda t: t[:-1],
        ],
        ids=["outside", "empty", "no head", "no end"],
    )
    def test_a_broken_samsung_trailer_goes_whole(self, damage: Callable[[bytes], bytes]) -> None:
        directory = b"SEFH" + pack("<II", 107, 1) + pack("<HHII", 0, 0x0AA1, 19, 19)
        trailer = damage(b"\0\0\xa1\n\x08\0\0\0MCC_Data214" + directory + pack("<I", len(directory)) + b"SEFT")
        assert redact(photo(tail=trailer)) == photo(tail=bytes(len(trailer)))

    def test_pictures_nested_too_deep_are_blanked(self) -> None:
        data = photo(_EXIF)
        for _ in range(12):
            data = photo(_EXIF, tail=data)
        redacted = redact(data)
        assert 1 < redacted.count(plain()[2:]) < 13
        assert _LATITUDE not in redacted


_SMALL = [
    name for name in photos.complete() if name.startswith("generated/") and "motion" not in name and "seft" not in name
]


@pytest.mark.slow
@pytest.mark.parametrize("name", _SMALL)
@given(st.data())
def test_any_damage_ends_in_a_plan_that_keeps_the_length(name: str, data: st.DataObject) -> None:
    damaged = bytearray(photos.original(name).read_bytes())
    head = min(len(damaged), 2900)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(3, head - 4))
        junk = data.draw(
            st.binary(min_size=1, max_size=4) | st.sampled_from([b"\xff\xff", b"\0\0", b"\xff\xd8", b"\xff\xd9"])
        )
        damaged[at : at + len(junk)] = junk
    cut = bytes(damaged[: data.draw(st.one_of(st.just(len(damaged)), st.integers(3, len(damaged))))])
    result = plan(BytesReader(cut))
    once = redact(cut)
    assert len(once) == len(cut) == result.size
    if result.outcome is Outcome.CLEAN:
        assert plan(BytesReader(once)).outcome is Outcome.CLEAN
    else:
        assert once == cut
