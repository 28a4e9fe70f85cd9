"""Files that ffmpeg writes with many codecs and layouts: decoded identically, its own name and the tags gone."""

import subprocess
from pathlib import Path

import pytest

from redaction.blanking import blank
from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.oracles import ffmpeg
from tests.oracles.require import tool

_VARIANTS = [
    "mov -c:v libx264 -c:a aac -movflags faststart",
    "mp4 -c:v libx264 -c:a aac -movflags frag_keyframe",
    "mp4 -c:v libx264 -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof",
    "mp4 -c:v libx264 -c:a aac -movflags frag_keyframe+separate_moof",
    "mp4 -c:v libx264 -c:a aac -movflags dash",
    "mp4 -c:v libx264 -c:a aac -movflags rtphint",
    "mp4 -c:v libx264 -c:a aac -bf 3 -x264-params slices=4:aud=1",
    "mp4 -c:v libx265 -c:a ac3",
    "mov -c:v libx264 -c:a pcm_s16le -timecode 01:02:03:04",
    "mov -c:v mjpeg -c:a pcm_s24be",
    "mov -c:v prores -c:a adpcm_ima_qt",
    "mov -c:v qtrle -c:a pcm_mulaw",
    "mov -c:v png -c:a alac",
    "mov -c:v rawvideo -c:a pcm_u8",
    "3gp -c:v h263 -c:a aac",
    "mp4 -c:v mpeg4 -c:a libmp3lame",
]


@pytest.mark.slow
@pytest.mark.parametrize("variant", _VARIANTS)
def test_what_ffmpeg_writes_decodes_identically_after_redaction(variant: str, tmp_path: Path) -> None:
    suffix, *options = variant.split(" ")
    source, target = tmp_path / f"source.{suffix}", tmp_path / f"target.{suffix}"
    command = [tool("ffmpeg"), "-v", "error", "-f", "lavfi", "-i", "testsrc=s=176x144:r=25:d=0.6"]
    command += ["-f", "lavfi", "-i", "sine=440:r=44100:d=1", "-metadata", "location=+48.8583+002.2944/"]
    command += ["-metadata", "title=Rue de Quelqu'un", *options, str(source)]
    if subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL).returncode:
        pytest.skip("this build of ffmpeg cannot write it")
    data = source.read_bytes()
    found = plan(BytesReader(data))
    after = b"".join(blank([data], found.findings))
    target.write_bytes(after)
    assert (found.outcome, found.reason) == (Outcome.CLEAN, "")
    for word in (b"48.8583", b"Quelqu", b"Lavf", b"x264", b"x265"):
        assert word not in after, word
    for kind in ("v", "a"):
        assert ffmpeg.frames(target, kind) == ffmpeg.frames(source, kind)
    assert plan(BytesReader(after)).findings == ()
