"""Which files are accepted, and hiding places in boxes that no corpus file has."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.containers import isobmff
from redaction.errors import UnsupportedMedia
from redaction.finding import Outcome
from redaction.limits import HEAD_BYTES
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.redaction.containers.mp4 import (
    box,
    full,
    item,
    meta,
    movie,
    u16,
    u32,
    video,
    video_entry,
)
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted


class TestRecognition:
    @pytest.mark.parametrize("brand", [b"crx ", b"jp2 ", b"jpx ", b"j2ki"])
    def test_brands_of_raw_photos_and_jpeg_2000_are_refused(self, brand: bytes) -> None:
        with pytest.raises(UnsupportedMedia):
            plan(BytesReader(box(b"ftyp", brand, bytes(4), brand)))

    @pytest.mark.parametrize(
        ("brand", "media_type"),
        [
            (b"isom", "video/mp4"),
            (b"mp42", "video/mp4"),
            (b"M4V ", "video/mp4"),
            (b"qt  ", "video/quicktime"),
            (b"3gp4", "video/3gpp"),
            (b"3g2a", "video/3gpp"),
        ],
    )
    def test_the_major_brand_tells_the_media_type(self, brand: bytes, media_type: str) -> None:
        assert plan(BytesReader(movie([video()], ftyp=box(b"ftyp", brand, bytes(4), b"isom")))).media_type == media_type

    def test_old_quicktime_without_brands_is_accepted(self) -> None:
        data = movie([video()], ftyp=box(b"wide"))
        assert plan(BytesReader(data)).media_type == "video/quicktime"
        clean(data)

    @given(st.binary(max_size=HEAD_BYTES))
    def test_any_head_gets_an_answer(self, head: bytes) -> None:
        assert isobmff.matches(head) in {True, False}


class TestBoxes:
    @pytest.mark.parametrize("kind", [b"free", b"skip", b"wide", b"abcd", b"emsg", b"udta", b"PICT", b"mpvd"])
    def test_top_level_boxes_that_no_player_needs_are_emptied(self, kind: bytes) -> None:
        clean(movie([video()], after=box(kind, SECRET)), SECRET)
        clean(movie([video()], before=box(kind, SECRET)), SECRET)

    @pytest.mark.parametrize("kind", [b"free", b"abcd", b"udta", b"txas", b"load"])
    def test_unknown_boxes_at_every_level_are_emptied(self, kind: bytes) -> None:
        secret = box(kind, box(b"abcd", SECRET))
        clean(movie([video(more=secret)], extra=secret), SECRET)
        clean(movie([video(media=secret)]), SECRET)
        clean(movie([video(entry=video_entry(b"avc1", secret))]), SECRET)

    def test_names_of_unknown_types_do_not_reach_the_plan(self) -> None:
        data = movie([video()], extra=box(b"udta", box(b"Jane", SECRET)), after=box(b"Jane", SECRET))
        found, _ = redacted(data)
        assert {finding.what for finding in found.findings} >= {"mp4/udta/unknown", "mp4/unknown"}
        assert not any("Jane" in finding.what for finding in found.findings)

    def test_large_sizes_are_read(self) -> None:
        large = u32(1) + b"uuid" + struct.pack(">Q", 16 + 16 + len(SECRET)) + b"U" * 16 + SECRET
        clean(movie([video()], after=large), SECRET, b"U" * 16)

    def test_the_last_box_may_reach_to_the_end(self) -> None:
        clean(movie([video()], after=u32(0) + b"free" + SECRET), SECRET)

    def test_a_box_that_was_cut_leaves_the_file_unstripped(self) -> None:
        whole = movie([video()])
        found, after = redacted(whole[:-1])
        assert found.outcome is Outcome.UNSTRIPPED
        assert after == whole[:-1]

    @pytest.mark.parametrize("tail", [b"x", SECRET, b"\xff" * 40, bytes(8) + SECRET, b"\0\0\0\5SEFT" + SECRET])
    def test_what_follows_the_last_box_is_emptied(self, tail: bytes) -> None:
        after = clean(movie([video()], after=tail))
        assert not any(after[-len(tail) :])

    @pytest.mark.parametrize("kind", [b"mdia", b"tkhd", b"udta"])
    def test_a_second_copy_of_a_single_box_is_not_kept(self, kind: bytes) -> None:
        found, after = redacted(movie([video(more=box(kind, SECRET))]))
        assert found.outcome is Outcome.UNSTRIPPED or SECRET not in after

    def test_what_follows_the_boxes_inside_a_box_is_emptied(self) -> None:
        clean(movie([video(more=box(b"edts", full(b"elst", u32(0)), b"JANE"))]), b"JANE")
        clean(movie([video(more=b"JANE")], extra=b"Jack"), b"JANE", b"Jack")

    @pytest.mark.parametrize("table", [full(b"stss", u32(1, 1)), full(b"ctts", u32(1, 1, 1)), box(b"smhd", bytes(8))])
    def test_what_follows_the_entries_inside_a_table_is_emptied(self, table: bytes) -> None:
        grown = box(table[4:8], table[8:], SECRET)
        clean(movie([video(sound_or_table=grown)]), SECRET)


class TestUserData:
    @pytest.mark.parametrize(
        "kind",
        [b"\xa9xyz", b"\xa9swr", b"\xa9too", b"loci", b"name", b"CAME", b"GPMF", b"smta", b"auth", b"XMP_", b"zzzz"],
    )
    def test_user_data_is_emptied_in_movie_and_track(self, kind: bytes) -> None:
        udta = box(b"udta", box(kind, SECRET), bytes(4))
        clean(movie([video(more=udta)], extra=udta), SECRET)

    @pytest.mark.parametrize("kind", [b"\xa9mak", b"\xa9mod", b"manu", b"modl"])
    def test_make_and_model_stay(self, kind: bytes) -> None:
        kept = box(kind, u16(5), u16(0x15C7), b"Canon")
        assert kept in clean(movie([video()], extra=box(b"udta", kept)))

    def test_a_long_text_posing_as_make_is_emptied(self) -> None:
        clean(movie([video()], extra=box(b"udta", box(b"\xa9mak", LONG * 4))), LONG)

    def test_several_positions_in_several_languages_all_go(self) -> None:
        xyz = box(b"\xa9xyz", u16(len(SECRET)), u16(0x15C7), SECRET, u16(len(SECRET)), u16(0), SECRET)
        clean(movie([video()], extra=box(b"udta", xyz, xyz) + box(b"udta", xyz)), SECRET)

    def test_user_data_that_cannot_be_parsed_is_emptied_whole(self) -> None:
        clean(movie([video()], extra=box(b"udta", u32(999) + b"\xa9xyz", SECRET)), SECRET)


class TestMetadata:
    @pytest.mark.parametrize("plain", [False, True])
    def test_keys_decide_what_stays(self, plain: bool) -> None:
        keys = (b"com.apple.quicktime.model", b"com.apple.quicktime.location.ISO6709", b"com.somebody.app.place")
        items = [item(u32(number), value) for number, value in ((1, b"iPhone X"), (2, SECRET), (3, b"Rue X"))]
        box_ = meta(*items, keys=keys, plain=plain)
        after = clean(movie([video(more=box_)], extra=box_), SECRET, b"Rue X", b"com.somebody", b"Somebody's App")
        assert after.count(b"iPhone X") == 2

    def test_a_kept_key_with_several_values_or_a_long_one_goes(self) -> None:
        keys = (b"com.apple.quicktime.model",)
        double = meta(item(u32(1), b"iPhone X", SECRET), keys=keys)
        clean(movie([video()], extra=double), SECRET)
        clean(movie([video()], extra=meta(item(u32(1), LONG * 3), keys=keys)), LONG)

    @pytest.mark.parametrize("number", [0, 2, 0x7FFFFFFF])
    def test_items_without_a_key_go(self, number: int) -> None:
        box_ = meta(item(u32(number), SECRET), keys=(b"com.apple.quicktime.make",))
        clean(movie([video()], extra=box_), SECRET)

    def test_itunes_items_all_go(self) -> None:
        free_form = box(b"----", full(b"mean", b"com.app"), full(b"name", b"place"), box(b"data", u32(1, 0), SECRET))
        box_ = meta(item(b"\xa9xyz", SECRET), free_form, handler=b"mdir")
        clean(movie([video()], extra=box(b"udta", box_)), SECRET, b"place")

    @pytest.mark.parametrize("kind", [b"xml ", b"bxml", b"iloc", b"iinf", b"idat", b"zzzz"])
    def test_other_contents_of_a_metadata_box_go(self, kind: bytes) -> None:
        hdlr = full(b"hdlr", bytes(4), b"mp7t", bytes(13))
        clean(movie([video()], after=full(b"meta", hdlr, full(kind, SECRET))), SECRET)

    def test_a_metadata_box_that_cannot_be_parsed_is_emptied_whole(self) -> None:
        clean(movie([video()], extra=box(b"meta", SECRET)), SECRET)


class TestNamesAndPaths:
    def test_compressor_vendor_and_handler_names_are_emptied(self) -> None:
        entry = video_entry(b"avc1", name=b"\x0bJane's Cam.")
        clean(movie([video(entry=entry)]), b"Jane's Cam.", b"Somebody's Recorder")

    def test_paths_of_data_references_are_emptied(self) -> None:
        clean(movie([video(reference=full(b"alis", b"Macintosh HD/Jane", flags=1))]), b"Jane")

    def test_the_software_of_spherical_video_is_emptied(self) -> None:
        sv3d = box(b"sv3d", full(b"svhd", b"Stitcher of Jane\0"), box(b"proj", full(b"prhd", bytes(12))))
        after = clean(movie([video(entry=video_entry(b"avc1", sv3d))]), b"Jane")
        assert box(b"proj", full(b"prhd", bytes(12))) in after

    def test_only_extensions_that_decoding_needs_stay(self) -> None:
        sample_encryption = box(b"uuid", bytes.fromhex("a2394f525a9b4f14a2446c427c648df4"), b"needed")
        data = movie([video(more=sample_encryption)], extra=box(b"uuid", b"J" * 16, SECRET))
        assert sample_encryption in clean(data, SECRET, b"J" * 16)
