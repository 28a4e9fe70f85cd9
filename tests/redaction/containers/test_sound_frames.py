"""MP3, AAC, AMR and FLAC: tags around the sound go, every frame stays."""

from collections.abc import Callable
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.errors import UnsupportedMedia
from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.oracles import exiftool, ffmpeg
from tests.redaction.containers import photos, sounds
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted

MP3_FRAME = b"\xff\xfb\x90\xc4".ljust(417, b"s")
ADTS_FRAME = b"\xff\xf1\x50\x80\x02\xff\xfc".ljust(23, b"s")
AMR_FRAME = b"\x3c".ljust(32, b"\x91")
WIDE_FRAME = b"\x44".ljust(61, b"\x91")
STREAM_INFO = b"\0\0\0\x22".ljust(38, b"i")


def crc16(data: bytes) -> int:
    """RFC 9639 section 9.3."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ (0x8005 if value & 0x8000 else 0)) & 0xFFFF
    return value


def flac_frame() -> bytes:
    """A frame header with its checksum, some bytes, and theirs."""
    head = b"\xff\xf8\x69\x08\x00\x0f"
    value = 0
    for byte in head:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ (0x07 if value & 0x80 else 0)) & 0xFF
    body = head + bytes([value]) + b"subframes of sound"
    return body + pack(">H", crc16(body))


def flac(*blocks: tuple[int, bytes]) -> bytes:
    """A stream with metadata blocks (type and data)."""
    parts = [STREAM_INFO, *(bytes([kind]) + len(data).to_bytes(3) + data for kind, data in blocks)]
    parts[-1] = bytes([parts[-1][0] | 0x80]) + parts[-1][1:]
    return b"fLaC" + b"".join(parts) + flac_frame() * 2


def id3(body: bytes, version: int = 3, flags: int = 0) -> bytes:
    """An ID3v2 tag."""
    size = len(body)
    return b"ID3" + bytes([version, 0, flags, size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + body


def ape(key: bytes, value: bytes, *, header: bool = True) -> bytes:
    """An APEv2 tag of one item."""
    item = pack("<II", len(value), 0) + key + b"\0" + value

    def edge(flags: int) -> bytes:
        return b"APETAGEX" + pack("<IIII", 2000, len(item) + 32, 1, flags) + bytes(8)

    return (edge(0xA0000000) if header else b"") + item + edge(0x80000000 if header else 0)


def lyrics(text: bytes) -> bytes:
    """A Lyrics3 v2 tag."""
    body = b"LYRICSBEGIN" + text
    return body + b"%06d" % len(body) + b"LYRICS200"


ID3V1 = b"TAG" + SECRET.ljust(124, b"\0") + b"\x11"
SOUNDS = {
    "mp3": (MP3_FRAME * 3, "audio/mpeg"),
    "aac": (ADTS_FRAME * 3, "audio/aac"),
    "flac": (flac(), "audio/flac"),
}


@pytest.mark.parametrize(
    "options",
    [
        "mp3 -c:a libmp3lame -write_id3v1 1",
        pytest.param("mp3 -c:a libmp3lame -id3v2_version 4 -ar 44100 -ac 2", marks=pytest.mark.slow),
        pytest.param("mp3 -c:a libmp3lame -write_xing 0 -ar 48000", marks=pytest.mark.slow),
        pytest.param("mp2 -c:a mp2 -ar 44100", marks=pytest.mark.slow),
        pytest.param("aac -c:a aac -ar 44100", marks=pytest.mark.slow),
        pytest.param("aac -c:a aac -write_id3v2 1", marks=pytest.mark.slow),
        "flac -c:a flac -ar 44100",
    ],
)
def test_recordings_keep_their_sound_and_lose_their_tags(options: str, tmp_path: Path) -> None:
    suffix, *rest = options.split(" ")
    source, target = tmp_path / f"memo.{suffix}", tmp_path / f"after.{suffix}"
    data = sounds.written(source, *rest)
    after = clean(data)
    target.write_bytes(after)
    assert [word for word in sounds.WORDS if word in after] == []
    assert ffmpeg.frames(target, "a") == ffmpeg.frames(source, "a")
    assert ffmpeg.complaints(target) == ffmpeg.complaints(source)
    assert exiftool.location(exiftool.tags([target])[target.name]) == {}


class TestTags:
    @pytest.mark.parametrize("kind", SOUNDS)
    @pytest.mark.parametrize("version", [2, 3, 4])
    def test_tags_before_sound_become_padding(self, kind: str, version: int) -> None:
        sound, media_type = SOUNDS[kind]
        data = id3(SECRET, version, 0xC0) + id3(LONG) + sound
        assert plan(BytesReader(data)).media_type == media_type
        after = clean(data, SECRET, LONG)
        assert after.startswith(b"ID3" + bytes([version, 0, 0]))
        assert after.endswith(sound)

    def test_a_footer_becomes_padding_too(self) -> None:
        after = clean(id3(SECRET, 4, 0x10) + b"3DI\4\0\x10" + bytes(3) + b"\x16" + MP3_FRAME, SECRET)
        assert after[9] == len(SECRET) + 10
        assert after.endswith(MP3_FRAME)

    @pytest.mark.parametrize("kind", SOUNDS)
    @pytest.mark.parametrize(
        "tail",
        [
            ID3V1,
            b"TAG+" + SECRET.ljust(223, b"x") + ID3V1,
            ape(b"Location", SECRET),
            ape(b"Location", SECRET, header=False) + ID3V1,
            lyrics(SECRET) + ID3V1,
            ape(b"Title", SECRET) + lyrics(SECRET) + ape(b"Artist", SECRET) + ID3V1,
            id3(SECRET, 4, 0x10) + b"3DI\4\0\x10" + bytes(3) + b"\x16",
            b"APETAGEX" + SECRET + ape(SECRET, b"x" * 9)[-32:],
        ],
        ids=range(8),
    )
    def test_tags_behind_sound_are_blanked_in_their_form(self, kind: str, tail: bytes) -> None:
        sound, _ = SOUNDS[kind]
        if kind == "flac" and tail.startswith(b"APETAGEX+"):
            assert redacted(sound + tail)[0].outcome is Outcome.UNSTRIPPED  # what is no tag cannot be told from sound
            return
        after = clean(sound + tail, SECRET)
        assert after.startswith(sound)
        if tail.endswith(ID3V1):
            assert after[-128:] == b"TAG" + bytes(124) + b"\xff"

    @pytest.mark.parametrize("kind", ["mp3", "aac"])
    def test_bytes_behind_sound_are_blanked(self, kind: str) -> None:
        sound, _ = SOUNDS[kind]
        assert clean(sound + SECRET, SECRET).startswith(sound)

    @pytest.mark.parametrize("kind", ["mp3", "aac"])
    def test_bytes_between_frames_are_refused(self, kind: str) -> None:
        sound, _ = SOUNDS[kind]
        data = sound + SECRET + sound
        found, after = redacted(data)
        assert (found.outcome, after) == (Outcome.UNSTRIPPED, data)

    def test_tags_without_sound_are_refused(self) -> None:
        for data in (id3(SECRET), id3(SECRET) + LONG, id3(SECRET) + ID3V1):
            assert redacted(data)[0].outcome is Outcome.UNSTRIPPED


class TestInfo:
    def test_the_encoders_name_goes_what_players_need_stays(self) -> None:
        numbers = b"\0\0\0\x0f" + bytes(8) + bytes(100) + bytes(4)
        lame = b"LAME3.100" + bytes(range(25)) + b"\xab\xcd"
        frame = (b"\xff\xfb\x90\xc4" + bytes(17) + b"Info" + numbers + lame + SECRET).ljust(417, b"\0")
        after = clean(frame + MP3_FRAME, b"3.100", SECRET)
        assert b"LAME     " + bytes(range(25)) in after
        assert after.endswith(MP3_FRAME)

    def test_names_of_unknown_encoders_go_whole(self) -> None:
        frame = (b"\xff\xfb\x90\xc4" + bytes(17) + b"Xing\0\0\0\0" + SECRET[:9] + bytes(27)).ljust(417, b"\0")
        clean(frame + MP3_FRAME, SECRET[:9])


class TestFlac:
    def test_comments_applications_and_unknown_blocks_go(self) -> None:
        comments = pack("<I", len(SECRET)) + SECRET + pack("<II", 1, len(LONG)) + LONG
        clean(flac((4, comments), (2, SECRET), (5, LONG), (1, SECRET), (99, LONG)), SECRET, LONG)

    def test_a_picture_is_searched_and_stays(self) -> None:
        photo = photos.photo(photos.segment(0xFE, SECRET))
        kind = b"image/jpeg"
        head = pack(">II", 3, len(kind)) + kind + pack(">I", len(LONG)) + LONG + bytes(16)
        after = clean(flac((6, head + pack(">I", len(photo)) + photo)), SECRET, LONG)
        assert photos.plain()[2:] in after

    @pytest.mark.parametrize("kind", [b"image/jpeg", b"somebody"])
    def test_pictures_that_cannot_be_read_go(self, kind: bytes) -> None:
        head = pack(">II", 3, len(kind)) + kind + bytes(4) + bytes(16)
        clean(flac((6, head + pack(">I", len(SECRET)) + SECRET), (6, SECRET)), SECRET)

    def test_the_seek_table_stays(self) -> None:
        assert clean(flac((3, b"p" * 36))) == flac((3, b"p" * 36))

    @pytest.mark.parametrize(
        "data", [flac()[:-3], flac() + SECRET, flac((0, bytes(34))), b"fLaC\x84\0\0\0", b"fLaC" + STREAM_INFO]
    )
    def test_streams_that_do_not_end_with_a_frame_are_refused(self, data: bytes) -> None:
        found, after = redacted(data)
        assert (found.outcome, after) == (Outcome.UNSTRIPPED, data)


class TestAmr:
    @pytest.mark.parametrize(
        ("magic", "frame", "media_type"),
        [(b"#!AMR\n", AMR_FRAME, "audio/amr"), (b"#!AMR-WB\n", WIDE_FRAME, "audio/amr-wb")],
    )
    def test_frames_stay_and_what_follows_goes(self, magic: bytes, frame: bytes, media_type: str) -> None:
        sound = magic + frame * 49 + b"\x7c" + frame
        assert plan(BytesReader(sound)).media_type == media_type
        assert clean(sound) == sound
        for tail in (SECRET, LONG, b"<" + LONG, b"\xff" + SECRET, ID3V1):
            assert clean(sound + tail).startswith(sound)
            assert SECRET not in clean(sound + tail)
            assert LONG not in clean(sound + tail)

    def test_sound_that_goes_on_behind_something_else_is_refused(self) -> None:
        data = b"#!AMR\n" + AMR_FRAME + b"\xff" + AMR_FRAME * 200
        assert redacted(data)[0].outcome is Outcome.UNSTRIPPED
        assert redacted(b"#!AMR\n" + SECRET)[0].outcome is Outcome.UNSTRIPPED

    def test_ffmpeg_decodes_the_same(self, tmp_path: Path) -> None:
        source, target = tmp_path / "before.amr", tmp_path / "after.amr"
        data = b"#!AMR\n" + AMR_FRAME * 50 + SECRET
        source.write_bytes(data[: -len(SECRET)])
        target.write_bytes(clean(data, SECRET))
        before, after = ffmpeg.frames(source, "a").splitlines(), ffmpeg.frames(target, "a").splitlines()
        assert after[: len(before)] == before


@pytest.mark.parametrize(
    "start", [MP3_FRAME, ADTS_FRAME, b"#!AMR\n" + AMR_FRAME, flac((4, SECRET), (6, LONG)), id3(SECRET) + MP3_FRAME]
)
def test_damaged_files_end_in_a_plan_and_never_in_another_error(start: bytes) -> None:
    @settings(max_examples=80, deadline=None)
    @given(st.data())
    def damage(data: st.DataObject) -> None:
        damaged = bytearray(start + start[-20:] + ape(b"Title", SECRET) + ID3V1)
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
            assert plan(BytesReader(after)).findings == ()

    run: Callable[[], None] = damage
    run()
