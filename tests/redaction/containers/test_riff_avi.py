"""AVI: headers, streams, samples, indexes, what cameras put between them; and films that ffmpeg makes."""

import subprocess
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.oracles import ffmpeg
from tests.oracles.require import tool
from tests.redaction.containers import photos
from tests.redaction.containers.pictures import form, riff
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted
from tests.redaction.metadata.tiffs import SHORT, block, position

_AVIH = pack("<14I", 100_000, 9000, 0, 0x10, 2, 0, 2, 0, 64, 48, 0, 0, 0, 0)
_LATITUDE = position("<")[2][2]
_EXIF = b"Exif\0\0" + block("<", [(0x0112, SHORT, b"\1\0")], gps=position("<"))


def _strh(kind: bytes, handler: bytes = b"\0\0\0\0", language: int = 0) -> bytes:
    return kind + handler + pack("<IHHIIIIIIIIHHHH", 0, 0, language, 0, 1, 10, 0, 2, 9000, 0, 0, 0, 0, 64, 48)


def _bitmap(compression: bytes = b"DIB ", more: bytes = b"") -> bytes:
    return pack("<IiiHH4sIiiII", 40, 64, 48, 1, 24, compression, 9216, 0, 0, 0, 0) + more


_SOUND = pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)


def _strl(header: bytes, described: bytes, *more: bytes) -> bytes:
    return riff(b"LIST", b"strl", riff(b"strh", header), riff(b"strf", described), *more)


def _streams(*more: bytes, compression: bytes = b"DIB ", extension: bytes = b"") -> tuple[bytes, ...]:
    return (
        _strl(_strh(b"vids"), _bitmap(compression, extension), *more),
        _strl(_strh(b"auds"), _SOUND),
        _strl(_strh(b"txts"), SECRET),
    )


_PICTURE, _TONE = riff(b"00dc", bytes(range(90))), riff(b"01wb", bytes(range(40)))


def _avi(
    *beside: bytes,
    streams: tuple[bytes, ...] = _streams(),
    header: tuple[bytes, ...] = (),
    movie: tuple[bytes, ...] = (_PICTURE, _TONE),
) -> bytes:
    head = riff(b"LIST", b"hdrl", riff(b"avih", _AVIH), *streams, *header)
    return form(b"AVI ", head, riff(b"LIST", b"movi", *movie), *beside)


_PLAIN = clean(_avi())


def _jpeg(*segments: bytes) -> bytes:
    return photos.photo(*segments)


class TestHeaders:
    def test_the_description_of_a_text_stream_goes_with_its_codec(self) -> None:
        streams = (*_streams()[:2], _strl(_strh(b"txts", b"abcd"), SECRET))
        assert clean(_avi(streams=streams), SECRET, b"abcd") == _PLAIN

    def test_reserved_fields_and_the_language_go(self) -> None:
        streams = (
            _strl(_strh(b"vids", language=0x0C0A) + SECRET, _bitmap()),
            *_streams()[1:],
        )
        header = (riff(b"LIST", b"odml", riff(b"dmlh", pack("<I", 2) + SECRET), riff(b"abcd", SECRET)),)
        after = clean(_avi(streams=streams, header=header), SECRET, b"\x0a\x0c", b"abcd")
        assert pack("<I", 2) + bytes(len(SECRET)) in after

    @pytest.mark.parametrize("kind", [b"strd", b"strn", b"vprp", b"indx", b"JUNK", b"abcd", b"strf", b"strh"])
    def test_what_else_a_stream_has_goes(self, kind: bytes) -> None:
        after = clean(_avi(streams=_streams(riff(kind, SECRET))), SECRET)
        assert riff(b"JUNK", bytes(len(SECRET))) in after

    def test_video_properties_stay_in_their_length(self) -> None:
        properties = riff(b"vprp", bytes(32) + pack("<I", 1) + bytes(range(32)))
        assert properties in clean(_avi(streams=_streams(properties)))
        longer = riff(b"vprp", bytes(32) + pack("<I", 1) + bytes(range(32)) + SECRET)
        clean(_avi(streams=_streams(longer)), SECRET)

    def test_entries_of_an_index_stay_and_room_behind_them_goes(self) -> None:
        index = pack("<HBBI4s12x", 4, 0, 0, 2, b"00dc") + bytes(range(32))
        after = clean(_avi(streams=_streams(riff(b"indx", index + SECRET))), SECRET)
        assert riff(b"indx", index + bytes(len(SECRET))) in after

    def test_configuration_of_a_codec_stays_but_not_that_of_jpeg(self) -> None:
        assert SECRET in redacted(_avi(streams=_streams(compression=b"FFV1", extension=SECRET)))[1]
        movie = (riff(b"00dc", _jpeg()),)
        clean(_avi(streams=_streams(compression=b"MJPG", extension=LONG), movie=movie), LONG)


class TestBeside:
    @pytest.mark.parametrize(
        "chunk",
        [
            *(riff(b"LIST", kind, SECRET) for kind in (b"hydt", b"pntx", b"ncdt", b"exif", b"hdrl")),
            *(riff(kind, SECRET) for kind in (b"JUNK", b"IDIT", b"ISMP", b"GPS ", b"idx1", b"LIST")),
            riff(b"LIST", b"INFO", riff(b"ICMT", SECRET), riff(b"IDIT", SECRET)),
            riff(b"_PMX", b"<a>" + SECRET + b"</a>"),
        ],
    )
    def test_what_cameras_and_editors_add_goes(self, chunk: bytes) -> None:
        clean(_avi(chunk, header=(chunk,)), SECRET)

    @pytest.mark.parametrize(
        "date",
        [b"Mon Mar 10 15:04:43 2003\n\0", b"2005:08:17 11:42:43\0", b"2005/08/17 11:42", b"Sat Mar  1 05:04:43 2003"],
    )
    def test_the_date_of_recording_stays(self, date: bytes) -> None:
        data = _avi(header=(riff(b"IDIT", date),))
        assert riff(b"IDIT", date) in clean(data)

    def test_entries_of_the_old_index_stay_unless_they_name_no_chunk(self) -> None:
        entries = [pack("<4s3I", kind, 16, 4, 90) for kind in (b"00dc", b"01wb", b"ix00", b"rec ", b"abcd", SECRET[:4])]
        after = clean(_avi(riff(b"idx1", *entries, SECRET[:7])), entries[4], entries[5], SECRET[:7])
        assert riff(b"idx1", *entries[:4], bytes(32), bytes(7)) in after


class TestMovie:
    @pytest.mark.parametrize("chunk", [b"02tx", b"00tx", b"01dc", b"03dc", b"JUNK", b"gps0", b"LIST", b"99wb"])
    def test_samples_of_other_streams_and_other_chunks_go(self, chunk: bytes) -> None:
        after = clean(_avi(movie=(_PICTURE, riff(chunk, SECRET), _TONE)), SECRET)
        assert _PICTURE in after
        assert _TONE in after

    def test_chunks_in_record_lists_are_searched_too(self) -> None:
        record = riff(b"LIST", b"rec ", _PICTURE, riff(b"02tx", SECRET), _TONE)
        after = clean(_avi(movie=(record, record)), SECRET)
        assert after.count(_PICTURE) == after.count(_TONE) == 2

    def test_indexes_in_the_movie_stay_without_room_behind_them(self) -> None:
        index = pack("<HBBI4s12x", 2, 0, 1, 1, b"00dc") + bytes(range(8))
        after = clean(_avi(movie=(_PICTURE, riff(b"ix00", index + SECRET))), SECRET)
        assert riff(b"ix00", index + bytes(len(SECRET))) in after

    def test_pad_bytes_go(self) -> None:
        odd = riff(b"01wb", b"abc")[:-1]
        assert odd + b"\0" in clean(_avi(movie=(_PICTURE, odd + b"Z")), odd + b"Z")

    def test_application_segments_of_jpeg_pictures_go(self) -> None:
        picture = _jpeg(
            photos.segment(0xE1, _EXIF), photos.segment(0xFE, SECRET), photos.segment(0xE0, b"AVI1\1\0\0\0")
        )
        after = clean(_avi(streams=_streams(compression=b"MJPG"), movie=(riff(b"00dc", picture),)), SECRET, _LATITUDE)
        assert b"AVI1\1" in after

    def test_supplemental_information_of_h264_goes(self) -> None:
        sei = b"\0\0\0\1\6\5" + bytes([16 + len(SECRET)]) + b"u" * 16 + SECRET + b"\x80"
        sample = riff(b"00dc", b"\0\0\0\1\x09\xf0" + sei + b"\0\0\1\x65" + b"pixels" * 9)
        for compression in (b"H264", b"X264"):
            after = clean(_avi(streams=_streams(compression=compression), movie=(sample,)), SECRET)
            assert b"pixels" * 9 in after

    def test_a_film_in_several_forms_is_searched_to_its_end(self) -> None:
        more = form(b"AVIX", riff(b"LIST", b"movi", _PICTURE, riff(b"02tx", SECRET)), riff(b"JUNK", SECRET))
        after = clean(_avi() + more + more + SECRET, SECRET)
        assert after.count(_PICTURE) == 3

    def test_what_follows_the_film_goes_or_is_searched(self) -> None:
        assert clean(_avi() + SECRET, SECRET).endswith(bytes(len(SECRET)))

    def test_more_samples_than_findings_are_no_trouble(self) -> None:
        movie = riff(b"01wb", b"abc") * 150_000
        assert redacted(_avi(movie=(movie,)))[0].outcome is Outcome.CLEAN

    @pytest.mark.parametrize(
        "data",
        [
            form(b"AVI "),
            form(b"AVI ", riff(b"LIST", b"movi", _PICTURE)),
            form(b"AVI ", riff(b"LIST", b"hdrl", *_streams())),
            _avi(streams=_streams()[2:]),
            _avi(streams=()),
            _avi(streams=(riff(b"LIST", b"strl"),)),
            _avi(streams=(riff(b"LIST", b"strl", riff(b"strf", _SOUND)),)),
            _avi(streams=(_strl(_strh(b"auds"), b"short"),)),
            _avi(movie=(b"00dc\xff\xff\0\0",)),
            _avi(b"abc"),
            _avi()[:-1],
            _avi(streams=_streams(compression=b"MJPG")),
        ],
        ids=range(12),
    )
    def test_a_file_without_a_whole_film_is_left_alone(self, data: bytes) -> None:
        found, after = redacted(data)
        assert (found.outcome, found.findings, after) == (Outcome.UNSTRIPPED, (), data)


_CODECS = [
    ("mjpeg", "pcm_s16le"), ("libx264", "libmp3lame"), ("mpeg4", "ac3"), ("huffyuv", "pcm_alaw"),
    ("ffv1", "adpcm_ms"), ("rawvideo", "pcm_u8"), ("msmpeg4v3", "adpcm_ima_wav"),
]  # fmt: skip


@pytest.mark.slow
class TestMadeByFfmpeg:
    def _made(self, path: Path, *codecs: str) -> Path:
        inputs = ["-f", "lavfi", "-i", "sine=d=1"]
        if path.suffix == ".avi":
            inputs = ["-f", "lavfi", "-i", "testsrc=d=1:s=64x48:r=10,format=yuv420p", *inputs]
        words = ["-metadata", "comment=SECRETPLACE", "-metadata", "title=SECRETNAME", "-metadata", "artist=SECRETNAME"]
        subprocess.run([tool("ffmpeg"), "-y", "-v", "error", *inputs, *words, *codecs, str(path)], check=True)
        return path

    def _redacted(self, path: Path) -> Path:
        after = path.with_stem("redacted")
        after.write_bytes(clean(path.read_bytes(), b"SECRET", b"Lavf"))
        return after

    @pytest.mark.parametrize(("video", "audio"), _CODECS)
    def test_films_decode_as_before(self, video: str, audio: str, tmp_path: Path) -> None:
        before = self._made(tmp_path / "film.avi", "-c:v", video, "-c:a", audio, "-shortest")
        after = self._redacted(before)
        assert b"x264" not in after.read_bytes()
        assert ffmpeg.frames(after, "v") == ffmpeg.frames(before, "v") != ""
        assert ffmpeg.packets(after, "a") == ffmpeg.packets(before, "a") != ""
        assert ffmpeg.complaints(after) == ffmpeg.complaints(before)

    @pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_f32le", "adpcm_ms", "adpcm_ima_wav", "libmp3lame", "pcm_alaw"])
    def test_sounds_decode_as_before(self, codec: str, tmp_path: Path) -> None:
        before = self._made(tmp_path / "sound.wav", "-c:a", codec)
        after = self._redacted(before)
        assert ffmpeg.packets(after, "a") == ffmpeg.packets(before, "a") != ""
        assert not [value for value in ffmpeg.tags(after).values() if value]


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_any_damage_ends_in_a_plan_that_keeps_the_length(data: st.DataObject) -> None:
    parts = st.lists(
        st.sampled_from([riff(b"JUNK", SECRET), riff(b"idx1", bytes(40)), riff(b"_PMX", b"<a/>")]), max_size=2
    )
    whole = bytearray(
        _avi(*data.draw(parts), header=tuple(data.draw(parts)), movie=(_PICTURE, *data.draw(parts), _TONE))
    )
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(12, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.one_of(st.just(len(whole)), st.integers(12, len(whole))))])
    found, after = redacted(cut)
    assert len(after) == len(cut)
    if found.outcome is Outcome.CLEAN:
        assert plan(BytesReader(after)).findings == ()
        assert plan(BytesReader(after)).outcome is Outcome.CLEAN
