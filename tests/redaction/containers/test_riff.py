"""The RIFF family: chunks, WebP and WAV, and what follows the form."""

from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.errors import UnsupportedMedia
from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.redaction.containers import photos
from tests.redaction.containers.pictures import form, frames, noise, profile, riff, saved, wav, webp, webp_picture
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted
from tests.redaction.metadata.tiffs import ASCII, SHORT, block, position

_LATITUDE = position("<")[2][2]
_EXIF = block("<", [(0x010F, ASCII, b"Maker\0"), (0x0112, SHORT, b"\6\0")], gps=position("<"))
_PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>' + SECRET + b"</a></x:xmpmeta>"
_ODD = SECRET + b"1"


def _info(*items: bytes) -> bytes:
    return riff(b"LIST", b"INFO", *items)


class TestWebp:
    @pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
    def test_exif_is_searched_as_often_as_it_stands_there(self, prefix: bytes) -> None:
        exif = riff(b"EXIF", prefix + _EXIF)
        after = clean(webp(exif, exif, riff(b"EXIF"), riff(b"EXIF", b"Exif\0\0")), _LATITUDE)
        assert after.count(prefix + b"II*\0") == 2
        assert after.count(b"Maker") == 2
        assert frames(after) == frames(webp())

    @pytest.mark.parametrize("kind", [b"XMP ", b"XMP\0"])
    def test_xmp_loses_its_values(self, kind: bytes) -> None:
        assert kind in clean(webp(riff(kind, _PACKET)), SECRET)

    def test_a_colour_profile_stays_and_what_follows_it_goes(self) -> None:
        data = saved("WEBP", icc_profile=profile())
        assert clean(data) == data
        longer = form(b"WEBP", riff(b"ICCP", profile() + SECRET), webp_picture())
        assert clean(longer, SECRET) == longer.replace(SECRET, bytes(len(SECRET)))

    @pytest.mark.parametrize("kind", [b"juNK", b"JUNK", b"C2PA", b"ICCP", b"ANIM", b"VP8X", b"ALPH", b"VP8 ", b"VP8L"])
    def test_unknown_second_and_misplaced_chunks_become_filler(self, kind: bytes) -> None:
        after = clean(webp(riff(kind, _ODD), riff(kind, _ODD)), SECRET)
        assert after == webp(riff(b"JUNK", bytes(len(_ODD))), riff(b"JUNK", bytes(len(_ODD))))

    def test_reserved_bytes_and_pad_bytes_go(self) -> None:
        data = bytearray(webp(riff(b"abcd", b"x")))
        data[21:24] = b"abc"
        data[-1:] = b"y"
        assert clean(bytes(data), b"abc", b"xy") == webp(riff(b"JUNK", b"\0"))

    @pytest.mark.parametrize("mode", ["RGB", "RGBA"])
    @pytest.mark.parametrize("lossless", [False, True])
    def test_pictures_stay(self, mode: str, *, lossless: bool) -> None:
        data = saved("WEBP", mode=mode, lossless=lossless)
        assert clean(data) == data

    def test_animations_stay_and_chunks_inside_frames_go(self) -> None:
        data = saved("WEBP", noise(), noise(), duration=100, loop=3)
        assert clean(data) == data
        at = data.index(b"ANMF")
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        frame = riff(b"ANMF", data[at + 8 : at + 8 + length], riff(b"abcd", SECRET), riff(b"VP8 ", SECRET))
        after = clean(form(b"WEBP", data[12:at], frame, data[end:]), SECRET)
        assert frames(after) == frames(data)

    @pytest.mark.parametrize(
        "data",
        [
            form(b"WEBP"),
            form(b"WEBP", riff(b"EXIF", _EXIF)),
            webp(b"abc"),
            webp(b"abcd\xff\xff\xff\x7f"),
            webp()[:-1],
            webp(flags=0x40),
            form(b"WEBP", riff(b"ANMF", bytes(15))),
            form(b"WEBP", riff(b"ANMF", bytes(16))),
            form(b"WEBP", riff(b"ANMF", bytes(16), riff(b"ALPH", bytes(4)))),
        ],
        ids=range(9),
    )
    def test_a_file_without_a_whole_picture_is_left_alone(self, data: bytes) -> None:
        found, after = redacted(data)
        assert (found.outcome, found.findings, after) == (Outcome.UNSTRIPPED, (), data)


class TestTail:
    @pytest.mark.parametrize("whole", [webp(), wav()])
    def test_what_follows_the_form_goes_or_is_searched(self, whole: bytes) -> None:
        assert clean(whole + SECRET, SECRET) == whole + bytes(len(SECRET))
        video = photos.original("generated/mp4_xyz_loci.mp4").read_bytes()
        second = webp(riff(b"EXIF", _EXIF))
        after = clean(whole + second + video, _LATITUDE)
        assert after.endswith(photos.redact(video))
        assert after[len(whole) :].startswith(clean(second))

    def test_a_form_that_counts_too_much_ends_with_the_file(self) -> None:
        data = b"RIFF\xff\xff\xff\x7f" + wav(riff(b"abcd", SECRET))[8:]
        assert clean(data, SECRET).startswith(b"RIFF\xff\xff\xff\x7f")

    @pytest.mark.parametrize("kind", [b"AVIX", b"sfbk", b"RMID", b"CDXA", b"ACON"])
    def test_other_forms_are_refused(self, kind: bytes) -> None:
        with pytest.raises(UnsupportedMedia):
            plan(BytesReader(form(kind, bytes(50))))


class TestWav:
    def test_sound_stays(self) -> None:
        assert redacted(wav())[0].media_type == "audio/wav"
        assert clean(wav(riff(b"fact", bytes(4)))) == wav(riff(b"fact", bytes(4)))

    @pytest.mark.parametrize(
        "kind", [b"iXML", b"id3 ", b"ID3 ", b"cart", b"axml", b"JUNK", b"_PMX", b"cue ", b"smpl", b"LIST", b"abcd"]
    )
    def test_other_chunks_become_filler(self, kind: bytes) -> None:
        after = clean(wav(riff(kind, _ODD)), SECRET)
        assert after == wav(riff(b"JUNK", bytes(len(_ODD))))

    def test_slack_behind_fixed_fields_goes(self) -> None:
        fmt = pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
        data = form(
            b"WAVE", riff(b"fmt ", fmt, b"\2\0ab" + SECRET), riff(b"fact", bytes(4) + SECRET), riff(b"data", b"x")
        )
        assert clean(data, SECRET) == data.replace(SECRET, bytes(len(SECRET)))

    @pytest.mark.parametrize("kind", [b"ICMT", b"ILOC", b"IART", b"ISFT", b"INAM", b"ICRD"])
    def test_values_of_info_go_and_their_names_stay(self, kind: bytes) -> None:
        after = clean(wav(_info(riff(kind, SECRET + b"\0"), riff(kind, LONG))), SECRET, LONG)
        assert after.count(kind) == 2

    def test_unknown_names_of_info_go_too(self) -> None:
        assert b"secr" not in clean(wav(_info(riff(b"secr", SECRET))), SECRET, b"secr")

    def test_an_info_list_that_does_not_add_up_goes_whole(self) -> None:
        assert clean(wav(_info(b"ICMT\xff\xff\0\0" + SECRET)), SECRET, b"ICMT").count(b"JUNK") == 1

    @pytest.mark.parametrize("date", [b"2024-02-29", b"2024-02-29\0", b"2024:02:29 12:30:59", b"2024-02-29T12:30"])
    def test_a_date_without_a_zone_stays(self, date: bytes) -> None:
        assert clean(wav(_info(riff(b"ICRD", date)))) == wav(_info(riff(b"ICRD", date)))

    @pytest.mark.parametrize("date", [b"2024-02-29T12:30:59+02:00", b"2024-02-29T12:30:59Z", b"at noon", b"2024"])
    def test_any_other_goes(self, date: bytes) -> None:
        clean(wav(_info(riff(b"ICRD", date))), date)

    def test_a_broadcast_extension_keeps_its_date(self) -> None:
        head, rest = SECRET.ljust(256, b"x") + b"o" * 64, SECRET.ljust(264, b"z")
        data = wav(riff(b"bext", head, b"2024-02-29", b"12:30:59", rest))
        assert clean(data, SECRET) == wav(riff(b"bext", bytes(320), b"2024-02-29", b"12:30:59", bytes(264)))

    @pytest.mark.parametrize("date", [b"2024-02-29 somewhere", b"", b"2024-02-29"])
    def test_one_without_a_date_goes_whole(self, date: bytes) -> None:
        clean(wav(riff(b"bext", SECRET.ljust(320, b"x") + date)), SECRET, b"bext")

    @pytest.mark.parametrize(
        "data",
        [
            form(b"WAVE"),
            form(b"WAVE", riff(b"data", bytes(9))),
            form(b"WAVE", riff(b"fmt ", bytes(16))),
            form(b"WAVE", riff(b"fmt ", bytes(15)), riff(b"data", bytes(9))),
            wav(riff(b"data", SECRET)),
            wav(riff(b"fmt ", bytes(16))),
            wav()[:-1],
        ],
        ids=range(7),
    )
    def test_a_file_without_one_whole_sound_is_left_alone(self, data: bytes) -> None:
        found, after = redacted(data)
        assert (found.outcome, found.findings, after) == (Outcome.UNSTRIPPED, (), data)


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_any_damage_ends_in_a_plan_that_keeps_the_length(data: st.DataObject) -> None:
    part = st.sampled_from([riff(b"EXIF", _EXIF), riff(b"XMP ", _PACKET), _info(riff(b"ICMT", SECRET)), riff(b"a b ")])
    made = data.draw(st.sampled_from([webp, wav]))
    whole = bytearray(made(*data.draw(st.lists(part, max_size=3))) + data.draw(st.binary(max_size=9)))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(12, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.one_of(st.just(len(whole)), st.integers(12, len(whole))))])
    found, after = redacted(cut)
    assert len(after) == len(cut)
    if found.outcome is Outcome.CLEAN:
        assert plan(BytesReader(after)).findings == ()
        assert plan(BytesReader(after)).outcome is Outcome.CLEAN
