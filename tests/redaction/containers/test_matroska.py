"""Matroska and WebM: every place in a file where something may hide, put there by hand."""

from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redaction.errors import UnsupportedMedia
from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.redaction.containers import ebml, photos
from tests.redaction.containers.ebml import block, checked, cluster, element, film, group, header, number, tag, track
from tests.redaction.containers.mp4 import AVCC, nal
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted

BANNER = b"\x05" + bytes([16 + len(SECRET)]) + b"U" * 16 + SECRET + b"\x80"


def unstripped(data: bytes) -> bool:
    """Whether a file is left as it is."""
    found, after = redacted(data)
    return found.outcome is Outcome.UNSTRIPPED and after == data


class TestMetadata:
    @pytest.mark.parametrize("name", [b"LOCATION", b"location-eng", b"RECORDING_LOCATION", b"anything"])
    def test_tags_become_voids(self, name: bytes) -> None:
        clean(film(element(ebml.TAGS, tag(name, SECRET))), SECRET, name)

    def test_a_tag_for_a_place_is_named_so(self) -> None:
        found, _ = redacted(film(element(ebml.TAGS, tag(b"LOCATION", SECRET), tag(SECRET, b"+"))))
        assert {finding.what for finding in found.findings} == {"matroska/tags/location", "matroska/tags/tag"}

    def test_tags_of_any_length_become_voids(self) -> None:
        for length in [*range(12), 120, 128, 16_400]:
            simple = element(b"\x67\xc8", element(b"\x44\x87", b"s" * length), width=8)
            clean(film(element(ebml.TAGS, element(b"\x73\x73", simple, element(b"\x67\xc8")))))

    def test_names_and_ids_of_the_file_go_times_stay(self) -> None:
        date = element(b"\x44\x61", b"DATEDATE")
        texts = [element(kind, LONG) for kind in (b"\x7b\xa9", b"\x73\x84", b"\x73\xa4", b"\x4d\x80", b"\x57\x41")]
        after = clean(film(element(ebml.INFO, date, *texts)), LONG)
        assert date in after

    def test_checksums_follow_what_was_blanked(self) -> None:
        after = clean(film(checked(ebml.TAGS, tag(b"TITLE", SECRET))), SECRET)
        place = after.index(b"\xbf\x84") + 2
        end = after.index(ebml.CLUSTER)
        assert int.from_bytes(after[place : place + 4], "little") == crc32(after[place + 4 : end])

    def test_checksums_around_checksums_follow_too(self) -> None:
        attached = checked(b"\x61\xa7", element(b"\x46\x6e", SECRET))
        after = clean(film(checked(ebml.ATTACHMENTS, attached)), SECRET)
        outer, inside = after.index(b"\xbf\x84") + 2, after.rindex(b"\xbf\x84") + 2
        end = after.index(ebml.CLUSTER)
        for place in (outer, inside):
            assert int.from_bytes(after[place : place + 4], "little") == crc32(after[place + 4 : end])

    def test_a_checksum_stays_where_nothing_was_blanked(self) -> None:
        data = film(checked(ebml.INFO, number(b"\x2a\xd7\xb1", 1_000_000)))
        assert redacted(data)[0].findings == ()

    def test_chapters_go(self) -> None:
        text = element(b"\x80", element(b"\x85", SECRET))
        clean(film(element(ebml.CHAPTERS, element(b"\x45\xb9", element(b"\xb6", text)))), SECRET)

    def test_what_is_unknown_goes_at_every_level(self) -> None:
        odd = element(b"\x42\x99", SECRET)
        data = header(b"matroska", odd) + element(
            ebml.SEGMENT, odd, element(ebml.TRACKS, track(1, 1, b"V_VP8", odd), odd), cluster(block(), odd)
        )
        clean(data, SECRET)

    def test_voids_are_emptied(self) -> None:
        clean(film(element(b"\xec", SECRET)), SECRET)

    def test_what_follows_the_last_segment_goes(self) -> None:
        for tail in (SECRET, b"\0", b"x", element(b"\xec", SECRET), LONG):
            clean(film() + tail)

    def test_names_languages_and_links_of_tracks_go(self) -> None:
        texts = [element(kind, LONG) for kind in (b"\x53\x6e", b"\x22\xb5\x9d", b"\x22\xb5\x9c", b"\x25\x86\x88")]
        language = element(b"\x22\xb5\x9c", b"spa")
        assert language in clean(film(tracks=track(1, 1, b"V_VP8", *texts, language)), LONG)


class TestAttachments:
    def test_a_photo_is_searched_its_picture_stays(self) -> None:
        photo = photos.photo(photos.segment(0xFE, SECRET))
        parts = [element(b"\x46\x6e", LONG), element(b"\x46\x60", b"image/jpeg"), element(b"\x46\x5c", photo)]
        parts.append(element(b"\x46\xae", b"hashhash"))
        after = clean(film(element(ebml.ATTACHMENTS, element(b"\x61\xa7", *parts))), SECRET, LONG, b"hashhash")
        assert photos.plain()[2:] in after
        assert b"image/jpeg" in after

    def test_other_files_and_their_types_are_blanked_whole(self) -> None:
        parts = [element(b"\x46\x60", b"text/somebody"), element(b"\x46\x5c", LONG), element(b"\x46\x7e", SECRET)]
        clean(film(element(ebml.ATTACHMENTS, element(b"\x61\xa7", *parts))), SECRET, LONG, b"somebody")


class TestTracks:
    @pytest.mark.parametrize("kind", [0x11, 0x12, 0x21, 0x03, 99])
    def test_tracks_that_are_neither_video_nor_sound_go_with_their_blocks_and_index(self, kind: int) -> None:
        tracks = track() + track(2, kind, b"S_TEXT/UTF8", element(b"\x63\xa2", LONG))
        points = [
            element(b"\xbb", number(b"\xb3", 0), element(b"\xb7", number(b"\xf7", 1), number(b"\xf1", 9))),
            element(b"\xbb", number(b"\xb3", 0), element(b"\xb7", number(b"\xf7", 2), number(b"\xf1", 9))),
        ]
        blocks = cluster(block(2, SECRET), group(2, SECRET, number(b"\x9b", 5)), block(1, b"picture of it"))
        after = clean(film(element(ebml.CUES, *points), blocks, tracks=tracks), SECRET, LONG)
        assert b"picture of it" in after
        assert points[0] in after
        assert points[1] not in after

    def test_blocks_of_no_track_go(self) -> None:
        clean(film(cluster(block(9, SECRET), element(b"\xa3", SECRET[:3]))), SECRET)

    def test_a_codec_of_no_known_form_is_no_video(self) -> None:
        clean(film(cluster(block(2, LONG)), tracks=track() + track(2, 1, SECRET)), SECRET, LONG)

    def test_encoder_banners_in_h264_go(self) -> None:
        config = element(b"\x63\xa2", AVCC)
        picture = nal(b"\x65", b"slice")
        frame = nal(b"\x06", BANNER) + picture
        data = film(cluster(block(1, frame), group(1, frame)), tracks=track(1, 1, b"V_MPEG4/ISO/AVC", config))
        after = clean(data, SECRET)
        assert after.count(picture) == 2

    def test_banners_in_h264_with_start_codes_as_browsers_record_it_go(self) -> None:
        frame = b"\0\0\0\1\x67sps\0\0\1\x06" + BANNER + b"\0\0\1\x65slice"
        after = clean(film(cluster(block(1, frame)), tracks=track(1, 1, b"V_MPEG4/ISO/AVC"), frame=frame), SECRET)
        assert after.count(b"\x65slice") == 2

    def test_comments_in_pictures_of_motion_jpeg_go(self) -> None:
        photo = photos.photo(photos.segment(0xFE, SECRET))
        clean(film(cluster(block(1, photo)), tracks=track(1, 1, b"V_MJPEG"), frame=photos.plain()), SECRET)

    def test_comments_in_vorbis_headers_go(self) -> None:
        comments = b"\x03vorbis" + len(LONG).to_bytes(4, "little") + LONG + bytes(4) + b"\1"
        private = b"\2" + bytes([30, len(comments)]) + b"\1vorbis".ljust(30, b"i") + comments + b"\5vorbis setup"
        after = clean(film(tracks=track() + track(2, 2, b"A_VORBIS", element(b"\x63\xa2", private))), LONG)
        assert b"\5vorbis setup" in after

    def test_additions_of_blocks_go_but_for_transparency(self) -> None:
        def additions(ident: int, data: bytes) -> bytes:
            more = element(b"\xa6", number(b"\xee", ident), element(b"\xa5", data))
            return group(1, b"picture", element(b"\x75\xa1", more))

        alpha = track(1, 1, b"V_VP9", element(b"\xe0", number(b"\x53\xc0", 1)))
        after = clean(film(cluster(additions(1, b"the alpha"), additions(4, SECRET)), tracks=alpha), SECRET)
        assert b"the alpha" in after
        clean(film(cluster(additions(1, SECRET))), SECRET)


class TestAv1:
    PICTURE = b"\x32\x20" + b"\x11" * 32
    UNIT = b"\x2a" + bytes([len(SECRET) + 5]) + b"\x04\xb5\0\x77" + SECRET + b"\x80"
    CONFIG = b"\x81\0\x0c\0"

    def test_user_data_in_frames_and_in_the_configuration_goes_and_pictures_stay(self) -> None:
        described = track(1, 1, b"V_AV1", element(b"\x63\xa2", self.CONFIG, self.UNIT))
        after = clean(film(tracks=described, frame=self.UNIT + self.PICTURE), SECRET)
        assert after.count(self.PICTURE) == 1
        assert self.CONFIG in after

    def test_frames_that_are_not_units_hold_the_film_back(self) -> None:
        assert unstripped(film(tracks=track(1, 1, b"V_AV1"), frame=b"\xff" + SECRET))


class TestLive:
    def test_segments_and_clusters_of_unknown_size_end_where_the_next_begins(self) -> None:
        clusters = [
            ebml.CLUSTER + ebml.UNKNOWN_SIZE + number(b"\xe7", time) + block() + block(9, SECRET) for time in (0, 5)
        ]
        body = element(ebml.TRACKS, track()) + b"".join(clusters) + element(ebml.TAGS, tag(b"LOCATION", LONG))
        after = clean(header(b"webm") + ebml.SEGMENT + ebml.UNKNOWN_SIZE + body, SECRET, LONG)
        assert after.count(b"picture") == 2

    def test_media_types(self) -> None:
        sound = track(1, 2, b"A_OPUS")
        assert plan(BytesReader(film())).media_type == "video/x-matroska"
        assert plan(BytesReader(film(doc_type=b"webm"))).media_type == "video/webm"
        assert plan(BytesReader(film(doc_type=b"webm", tracks=sound))).media_type == "audio/webm"


class TestRefused:
    def test_files_that_end_early(self) -> None:
        whole = film(element(ebml.TAGS, tag(b"LOCATION", SECRET)))
        for length in range(5, len(whole)):
            assert unstripped(whole[:length])

    @pytest.mark.parametrize(
        "data",
        [
            film(doc_type=b"somebody"),
            header(b"matroska", number(b"\x42\xf2", 8)) + element(ebml.SEGMENT, element(ebml.TRACKS, track())),
            header() + element(ebml.SEGMENT, cluster(block()), element(ebml.TRACKS, track())),
            film(element(ebml.TRACKS, track())),
            film(tracks=track() + track()),
            film(tracks=track(1, 17, b"S_TEXT/UTF8")),
            film(tracks=track() + element(b"\xae", number(b"\xd7", 2))),
            film(tracks=track(1, 1, b"V_MPEG4/ISO/AVC")),
            film(tracks=track(1, 1, b"V_MJPEG", element(b"\x6d\x80"))),
            film(cluster(block(1, b"x", 0x84)), tracks=track(1, 1, b"V_MJPEG")),
            film(tracks=track() + track(2, 2, b"A_VORBIS", element(b"\x63\xa2", SECRET))),
            film(cluster(element(b"\xa0", element(b"\xa1", b"\x81\0\0\0x"), element(b"\xa1", b"\x81\0\0\0y")))),
            film(ebml.TAGS + ebml.UNKNOWN_SIZE),
            header(),
        ],
        ids=range(14),
    )
    def test_files_that_contradict_themselves(self, data: bytes) -> None:
        assert unstripped(data)

    def test_countless_elements(self) -> None:
        assert unstripped(film(element(ebml.TAGS, element(b"\x73\x73") * 200_001)))


class Counting(BytesReader):
    """How often it was read."""

    reads = 0

    def read(self, offset: int, length: int) -> bytes:
        self.reads += 1
        return super().read(offset, length)


@pytest.mark.parametrize(
    "filler",
    [b"\xec\x80", block(1, b""), group(1, b""), ebml.CLUSTER + b"\x80"],
    ids=["void", "block", "group", "cluster"],
)
def test_a_file_of_nothing_but_headers_is_given_up_soon(filler: bytes) -> None:
    many = filler * ((8 << 20) // len(filler))
    reader = Counting(film(many if filler.startswith(ebml.CLUSTER) else cluster(many)))
    assert plan(reader).outcome is Outcome.UNSTRIPPED
    assert reader.reads < reader.size // 4


class Sparse:
    """A gigabyte of clusters that is made up as it is read; counts the bytes that were asked for."""

    def __init__(self, head: bytes, number_: int, frame: int) -> None:
        blocks = b"\xa3" + (frame | 1 << 28).to_bytes(4)
        self._unit = blocks + b"\x81\0\0\0"
        self._stride = 5 + frame
        self._number = number_
        cluster_ = ebml.CLUSTER + (number_ * self._stride | 1 << 56).to_bytes(8)
        body = head + cluster_
        length = len(body) + number_ * self._stride
        self._head = header() + ebml.SEGMENT + (length | 1 << 56).to_bytes(8) + body
        self.asked = 0

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._head) + self._number * self._stride

    def read(self, offset: int, length: int) -> bytes:
        """See `Reader.read`."""
        length = max(0, min(length, self.size - offset))
        self.asked += length
        piece = self._head[offset : offset + length]
        while len(piece) < length:
            inside = (offset + len(piece) - len(self._head)) % self._stride
            more = self._unit[inside : inside + length - len(piece)]
            piece += more or bytes(min(length - len(piece), self._stride - inside))
        return piece


def test_a_gigabyte_is_planned_from_less_than_two_percent_of_it() -> None:
    reader = Sparse(element(ebml.TRACKS, track()) + element(ebml.TAGS, tag(b"LOCATION", SECRET)), 50_000, 21_000)
    found = plan(reader)
    assert found.outcome is Outcome.CLEAN
    assert len(found.findings) == 2
    assert reader.size > 1_000_000_000
    assert reader.asked < reader.size // 50


def everything() -> bytes:
    """One file with most of the structures, to be damaged."""
    tracks = track(1, 1, b"V_MPEG4/ISO/AVC", element(b"\x63\xa2", AVCC)) + track(2, 17, b"S_TEXT/UTF8")
    frame = nal(b"\x06", BANNER) + nal(b"\x65", b"slice")
    photo = element(b"\x61\xa7", element(b"\x46\x5c", photos.photo(photos.segment(0xFE, SECRET))[:120]))
    tags = checked(ebml.TAGS, tag(b"LOCATION", SECRET))
    parts = [
        tags,
        element(ebml.ATTACHMENTS, photo),
        cluster(block(1, frame), group(2, SECRET)),
        element(b"\xec", SECRET),
    ]
    return film(*parts, tracks=tracks) + LONG


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_damaged_files_end_in_a_plan_and_never_in_another_error(data: st.DataObject) -> None:
    damaged = bytearray(everything())
    edits = st.lists(st.tuples(st.integers(0, len(damaged) - 1), st.binary(min_size=1, max_size=4)), max_size=4)
    for place, value in data.draw(edits):
        damaged[place : place + len(value)] = value
    whole = bytes(damaged[: data.draw(st.integers(0, len(damaged)) | st.just(len(damaged)))])
    try:
        found, after = redacted(whole)
    except UnsupportedMedia:
        return
    assert len(after) == len(whole)
    if found.outcome is Outcome.CLEAN:
        again = redacted(after)[0]
        assert (again.outcome, again.findings) == (Outcome.CLEAN, ())
