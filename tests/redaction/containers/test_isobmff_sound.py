"""Sound in MP4 and 3GP: voice memos and recordings are known as what they are, and searched like films."""

from pathlib import Path

import pytest

from redaction.planner import plan
from redaction.reader import BytesReader
from tests.oracles import exiftool, ffmpeg
from tests.redaction.containers import sounds
from tests.redaction.containers.mp4 import Spec, box, movie, sound_entry, video
from tests.redaction.containers.redacting import clean


def sound() -> Spec:
    """One track of sound."""
    return Spec(b"soun", sound_entry(), [[b"sound"]], counts=[5], constant=1)


@pytest.mark.parametrize(
    ("brand", "media_type"),
    [(b"M4A ", "audio/mp4"), (b"isom", "audio/mp4"), (b"3gp4", "audio/3gpp"), (b"qt  ", "video/quicktime")],
)
def test_a_file_that_only_has_sound_is_sound(brand: bytes, media_type: str) -> None:
    data = movie([sound()], ftyp=box(b"ftyp", brand, bytes(4), b"isom"))
    assert plan(BytesReader(data)).media_type == media_type


def test_a_film_with_sound_is_a_film() -> None:
    assert plan(BytesReader(movie([video(), sound()]))).media_type == "video/mp4"


@pytest.mark.parametrize(
    "options",
    [
        "-c:a aac -f ipod",
        pytest.param("-c:a aac -f mp4", marks=pytest.mark.slow),
        pytest.param("-c:a alac -f ipod", marks=pytest.mark.slow),
        pytest.param("-c:a aac -f 3gp", marks=pytest.mark.slow),
    ],
)
def test_recordings_keep_their_sound_and_lose_their_tags(options: str, tmp_path: Path) -> None:
    source, target = tmp_path / "memo.m4a", tmp_path / "after.m4a"
    data = sounds.written(source, *options.split(" "))
    after = clean(data)
    target.write_bytes(after)
    assert plan(BytesReader(data)).media_type.startswith("audio/")
    assert [word for word in sounds.WORDS if word in after] == []
    assert ffmpeg.frames(target, "a") == ffmpeg.frames(source, "a")
    assert exiftool.location(exiftool.tags([target])["after.m4a"]) == {}
