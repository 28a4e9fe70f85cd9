"""Matroska files of the corpus and of ffmpeg's many codecs: decoded identically, names, tags and text gone."""

import subprocess
from pathlib import Path
from zlib import crc32

import pytest

from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from redaction.second_reader import second_opinion
from tests.oracles import exiftool, ffmpeg
from tests.oracles.require import folder, tool
from tests.paths import CORPUS
from tests.redaction.containers import videos
from tests.redaction.containers.redacting import clean, redacted

_CORPUS = ["generated/matroska_tags_attachment.mkv", "generated/webm_tags.webm"]
_VARIANTS = [
    "mkv -c:v libx264 -c:a aac",
    "mkv -c:v libx264 -bf 3 -x264-params slices=4:aud=1 -c:a libmp3lame -cues_to_front 1 -reserve_index_space 4096",
    "mkv -c:v libx265 -c:a flac",
    "mkv -c:v mjpeg -c:a pcm_s16le",
    "mkv -c:v ffv1 -c:a libvorbis",
    "mkv -c:v libtheora -c:a ac3",
    "webm -c:v libvpx -c:a libvorbis",
    "webm -c:v libvpx-vp9 -deadline realtime -c:a libopus -live 1 -cluster_time_limit 200",
    "webm -c:v libsvtav1 -c:a libopus",
    "webm -c:v libvpx -pix_fmt yuva420p -auto-alt-ref 0 -c:a libopus",
]
_WORDS = (b"48.8583", b"Quelqu", b"Lavf", b"x264", b"x265", b"spoken")


def checksums_hold(data: bytes) -> bool:
    """Whether each top-level element that begins with a CRC-32 has the right one, found by its bytes alone."""
    for kind in (
        b"\x15\x49\xa9\x66",
        b"\x16\x54\xae\x6b",
        b"\x12\x54\xc3\x67",
        b"\x1c\x53\xbb\x6b",
        b"\x1f\x43\xb6\x75",
    ):
        place = data.find(kind)
        while place >= 0:
            width = 9 - data[place + 4].bit_length() if place + 4 < len(data) else 9
            size = int.from_bytes(data[place + 4 : place + 4 + width]) & ((1 << 7 * width) - 1)
            body = data[place + 4 + width :][:size]
            if body[:2] == b"\xbf\x84" and crc32(body[6:]) != int.from_bytes(body[2:6], "little"):
                return False
            place = data.find(kind, place + 4)
    return True


def _check(source: Path, target: Path) -> bytes:
    data = source.read_bytes()
    after = clean(data)
    target.write_bytes(after)
    assert [word for word in _WORDS if word in after] == []
    assert checksums_hold(after)
    for kind in ("v", "a"):
        assert ffmpeg.frames(target, kind) == ffmpeg.frames(source, kind)
    assert set(ffmpeg.complaints(target)) <= set(ffmpeg.complaints(source))
    assert exiftool.location(exiftool.tags([target])[target.name]) == {}
    return after


@pytest.mark.parametrize("name", _CORPUS)
def test_files_of_the_corpus(name: str, tmp_path: Path) -> None:
    source = folder(CORPUS) / name
    after = _check(source, tmp_path / source.name)
    found, _ = redacted(source.read_bytes())
    for what, offset, length in videos.listed(name):
        assert set(after[offset : offset + length]) <= {0}, what
    before = BytesReader(source.read_bytes())
    assert second_opinion(before, found.findings, BytesReader(after), found.media_type) == ()


@pytest.mark.slow
@pytest.mark.parametrize("variant", _VARIANTS)
def test_what_ffmpeg_writes_decodes_identically_after_redaction(variant: str, tmp_path: Path) -> None:
    suffix, *options = variant.split(" ")
    source, target = tmp_path / f"source.{suffix}", tmp_path / f"target.{suffix}"
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:00,500\nspoken here\n")
    chapters = tmp_path / "chapters.txt"
    chapters.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=400\ntitle=Rue de Quelqu'un\n")
    command = [tool("ffmpeg"), "-v", "error", "-f", "lavfi", "-i", "testsrc=s=176x144:r=25:d=0.6"]
    command += ["-f", "lavfi", "-i", "sine=440:r=48000:d=1", "-i", str(words), "-i", str(chapters)]
    command += ["-map", "0", "-map", "1", "-map", "2", "-map_chapters", "3", "-metadata", "location=+48.8583+002.2944/"]
    command += ["-metadata:s:v", "title=Rue de Quelqu'un", "-c:s", "webvtt" if suffix == "webm" else "srt"]
    if subprocess.run([*command, *options, str(source)], capture_output=True, check=False).returncode:
        pytest.skip("this build of ffmpeg cannot write it")
    assert b"spoken" in source.read_bytes()
    _check(source, target)
    assert plan(BytesReader(source.read_bytes())).outcome is Outcome.CLEAN
