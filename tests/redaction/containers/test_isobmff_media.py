"""Timed tracks, fragments, unclaimed bytes and messages inside the streams."""

import pytest

from redaction.finding import Outcome
from tests.redaction.containers.mp4 import (
    FTYP,
    Spec,
    box,
    fragments,
    full,
    movie,
    nal,
    picture,
    sound_entry,
    u16,
    u32,
    video,
    video_entry,
)
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted


class TestTimedTracks:
    @pytest.mark.parametrize("handler", [b"meta", b"text", b"sbtl", b"subt", b"tmcd", b"camm", b"hint", b"\0\0\0\0"])
    @pytest.mark.parametrize("wide", [False, True])
    def test_a_track_that_is_no_video_or_sound_goes_with_its_samples(self, handler: bytes, wide: bool) -> None:
        track = Spec(
            handler, box(b"gpmd", bytes(8)), [[SECRET, SECRET], [SECRET]], number=2, wide=wide, more=box(b"abcd")
        )
        data = movie([video(), track])
        after = clean(data, SECRET, b"gpmd")
        assert all(sample in after for chunk in video().chunks for sample in chunk)

    def test_bytes_that_a_kept_track_claims_too_stay(self) -> None:
        base = movie([video()])
        start = base.index(b"mdat") + 4
        track = Spec(b"meta", box(b"mett", bytes(8)), counts=[1], constant=30, number=2, offsets=[start + 10])
        after = clean(movie([video(), track]))
        assert all(sample in after for chunk in video().chunks for sample in chunk)

    def test_bytes_that_no_sample_claims_go(self) -> None:
        after = clean(movie([video(), Spec(b"soun", sound_entry(), [[b"\1\2"] * 9], number=2)], gap=SECRET), SECRET)
        assert b"\1\2" * 9 in after

    def test_a_withheld_track_of_unsure_place_leaves_the_file_unstripped(self) -> None:
        track = Spec(b"meta", box(b"mett", bytes(8)), counts=[5], constant=30, number=2, offsets=[])
        assert redacted(movie([video(), track]))[0].outcome is Outcome.UNSTRIPPED

    def test_old_compressed_sound_keeps_its_bytes_though_the_table_counts_fewer(self) -> None:
        sound = bytes(range(1, 201))  # 34 bytes hold 64 samples of IMA 4:1, the table says one byte each
        spec = Spec(
            b"soun", sound_entry(b"ima4", version=1, extra=bytes(16)), [[sound]], counts=[64], constant=1, number=2
        )
        text = Spec(b"text", box(b"text", bytes(8)), [[SECRET]], number=3)
        assert sound in clean(movie([video(), spec, text]), SECRET)

    def test_sound_of_plain_samples_is_cut_exactly(self) -> None:
        spec = Spec(b"soun", sound_entry(b"sowt", 2), [[b"\1\2\3\4"] * 8], counts=[8], constant=4, number=2)
        assert b"\1\2\3\4" * 8 in clean(movie([video(), spec], gap=SECRET), SECRET)

    def test_media_data_without_a_movie_header_is_not_understood(self) -> None:
        assert redacted(FTYP + box(b"mdat", picture()))[0].outcome is Outcome.UNSTRIPPED
        assert redacted(FTYP + box(b"moov", box(b"cmov", b"x")) + box(b"mdat", b"x"))[0].outcome is Outcome.UNSTRIPPED


class TestFragments:
    @pytest.mark.parametrize("relative", [True, False])
    @pytest.mark.parametrize("sized", [True, False])
    def test_samples_of_withheld_tracks_and_unclaimed_bytes_go(self, relative: bool, sized: bool) -> None:
        after = clean(fragments(SECRET, LONG, relative=relative, sized=sized), SECRET, LONG)
        assert after.count(picture()) == 2

    def test_fragments_of_a_track_that_no_header_names_go(self) -> None:
        data = fragments(SECRET, LONG).replace(
            full(b"tfhd", u32(1), flags=0x20000), full(b"tfhd", u32(7), flags=0x20000)
        )
        after = clean(data, SECRET, picture())
        assert after.count(b"traf") == 0


class TestSei:
    BANNER = b"\x05" + bytes([16 + len(SECRET)]) + b"U" * 16 + SECRET + b"\x80"

    @pytest.mark.parametrize("place", [0, 1])
    def test_user_data_before_and_after_the_picture_goes_and_the_picture_stays(self, place: int) -> None:
        parts = [nal(b"\x09\xf0"), picture(), picture(9)]
        parts.insert(1 + place, nal(b"\x06", self.BANNER))
        assert picture() in clean(movie([video(chunks=[[b"".join(parts)]])]), SECRET, b"U" * 16)

    def test_hevc_prefix_and_suffix_messages_go(self) -> None:
        config = bytes(21) + b"\x03\x01" + b"\x27" + u16(1) + u16(2 + len(self.BANNER)) + b"\x4e\x01" + self.BANNER
        entry = video_entry(b"hvc1", box(b"hvcC", config), config=b"")
        sample = nal(b"\x4e\x01", self.BANNER) + nal(b"\x26\x01" + b"\x11" * 30) + nal(b"\x50\x01", self.BANNER)
        after = clean(movie([video(entry=entry, chunks=[[sample]])]), SECRET)
        assert nal(b"\x26\x01" + b"\x11" * 30) in after

    def test_messages_in_fragments_go(self) -> None:
        sample = nal(b"\x06", self.BANNER) + picture()
        trex = box(b"mvex", full(b"trex", u32(1, 1, 0, 0, 0)))
        head = movie([video(chunks=[])], extra=trex)
        tfhd = full(b"tfhd", u32(1), flags=0x20000)
        size = len(box(b"moof", box(b"traf", tfhd, full(b"trun", u32(1, 0, 0)))))
        moof = box(b"moof", box(b"traf", tfhd, full(b"trun", u32(1, size + 8, len(sample)), flags=0x201)))
        assert picture() in clean(head + moof + box(b"mdat", sample), SECRET)

    def test_a_byte_stream_inside_a_unit_is_searched(self) -> None:
        sample = nal(b"\x6e\xc0\x80\x0f\0\0\0\1\x06", self.BANNER, b"\0\0\0\1\x65" + b"\x11" * 40)
        assert b"\0\0\0\1\x65" + b"\x11" * 40 in clean(movie([video(chunks=[[sample]])]), SECRET)

    @pytest.mark.parametrize("kind", [0, 12, 16, 22, 24, 29, 31])
    def test_units_of_unknown_kinds_and_filler_with_content_go(self, kind: int) -> None:
        sample = nal(bytes([0x60 | kind]), SECRET, b"\x80") + picture()
        assert picture() in clean(movie([video(chunks=[[sample]])]), SECRET)

    @pytest.mark.parametrize("kind", [10, 22, 38, 41, 48, 61])
    def test_units_of_unknown_kinds_in_hevc_go(self, kind: int) -> None:
        entry = video_entry(b"hvc1", box(b"hvcC", bytes(21) + b"\x03\0"), config=b"")
        kept = nal(b"\x26\x01" + b"\x11" * 30)
        after = clean(movie([video(entry=entry, chunks=[[nal(bytes([kind << 1, 1]), SECRET) + kept]])]), SECRET)
        assert kept in after

    def test_filler_that_is_nothing_but_filler_and_dolby_vision_stay(self) -> None:
        sample = nal(b"\x0c" + b"\xff" * 90 + b"\x80") + nal(b"\x7c" + b"\x19" * 40) + picture()
        assert sample in clean(movie([video(chunks=[[sample]])]))

    def test_a_message_whose_length_passes_its_sample_goes(self) -> None:
        sample = picture() + u32(900) + b"\x06" + self.BANNER
        assert picture() in clean(movie([video(chunks=[[sample]])]), SECRET)


class TestAv1:
    PICTURE = b"\x32\x20" + b"\x11" * 32
    SECRET_UNIT = b"\x2a" + bytes([len(SECRET) + 5]) + b"\x04\xb5\0\x77" + SECRET + b"\x80"
    CONFIG = box(b"av1C", b"\x81\0\x0c\0")

    def _film(self, sample: bytes, config: bytes = CONFIG) -> bytes:
        return movie([video(entry=video_entry(b"av01", config, config=b""), chunks=[[sample, sample]])])

    def test_user_data_becomes_padding_and_pictures_stay(self) -> None:
        after = clean(self._film(b"\x12\0" + self.SECRET_UNIT + self.PICTURE), SECRET)
        assert after.count(self.PICTURE) == 2

    def test_user_data_in_the_decoder_configuration_goes(self) -> None:
        clean(self._film(self.PICTURE, box(b"av1C", b"\x81\0\x0c\0", self.SECRET_UNIT)), SECRET)

    def test_how_to_show_the_picture_stays(self) -> None:
        kept = b"\x2a\x09\x04\xb5\0\x3c\0\1\4\1\x80" + self.PICTURE
        assert clean(self._film(kept)).count(kept) == 2

    def test_samples_that_are_not_units_are_held_back(self) -> None:
        assert redacted(self._film(b"\xff" + SECRET))[0].outcome is Outcome.UNSTRIPPED


class TestMotionJpeg:
    HEAD = b"\xff\xd8\xff\xe0\0\x06AVI1"
    SCAN = b"\xff\xda\0\x02\x11\x22\xff\xd9"

    @pytest.mark.parametrize("marker", [b"\xff\xe1", b"\xff\xe2", b"\xff\xed", b"\xff\xfe"])
    def test_application_segments_and_comments_of_every_picture_go(self, marker: bytes) -> None:
        sample = self.HEAD + marker + u16(2 + len(SECRET)) + SECRET + self.SCAN
        entry = video_entry(b"jpeg", config=b"")
        after = clean(movie([video(entry=entry, chunks=[[sample], [sample, sample]])]), SECRET)
        assert after.count(self.HEAD) == after.count(self.SCAN) == 3

    def test_what_decoders_need_stays(self) -> None:
        fields = b"\xff\xe1\0\x2a" + bytes(4) + b"mjpg" + b"\1" * 32
        sample = self.HEAD + fields + b"\xff\xee\0\x0eAdobe" + b"\1" * 7 + self.SCAN
        assert sample in clean(movie([video(entry=video_entry(b"mjpa", config=b""), chunks=[[sample]])]))


class TestUncertainty:
    def test_unclaimed_bytes_stay_where_encryption_may_keep_data_that_is_not_followed(self) -> None:
        saio = full(b"saio", u32(1, 100))
        assert LONG in clean(movie([video(sound_or_table=saio)], gap=LONG))

    def test_unclaimed_bytes_stay_when_a_kept_track_lies_in_another_file(self) -> None:
        assert LONG in clean(movie([video(reference=full(b"url ", b"file:///Jane"))], gap=LONG), b"Jane")
