"""Real and generated videos: nothing that locates or identifies is left, picture and sound are as before."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.oracles import exiftool, ffmpeg
from tests.redaction.containers import videos

pytestmark = pytest.mark.parametrize("name", videos.names())

_LOCATES = re.compile(r"gps|latitude|longitude|location|altitude|city|country", re.IGNORECASE)
_IDENTIFIES = re.compile(r"serial|identifier|uuid|firmware|software|encoder|compressorname|author|artist|lens")
_STRUCTURE = {"CompressorName", "HandlerType", "HandlerClass", "HandlerVendorID"}
_ISO6709 = re.compile(rb"[+-]\d{1,3}\.\d{2,}[+-]\d{1,3}\.\d{2,}")
_WORDS = (b"x264", b"x265", b"GPSLatitude", b"EiffelTestName", b"Core Media", b"GoPro", b"DEVC", b"Lavf", b"freeGPS")


@pytest.fixture
def file(name: str, tmp_path: Path) -> Path:
    """The redacted video under its own name."""
    path = tmp_path / Path(name).name
    path.write_bytes(videos.redacted(name))
    return path


def _location(what: str) -> bool:
    """Whether a manifest's entry is the place of a secret, not of the box or table entry around it."""
    return not what.startswith(("timed-metadata track", "Samsung SEFT trailer directory"))


def test_every_video_is_parsed_to_its_end_and_keeps_its_length(name: str) -> None:
    assert videos.planned(name).outcome is Outcome.CLEAN
    assert len(videos.redacted(name)) == videos.original(name).stat().st_size


def test_redacting_again_finds_nothing(name: str) -> None:
    assert plan(BytesReader(videos.redacted(name))).findings == ()


def test_every_listed_place_is_blank_and_its_bytes_are_nowhere_else(name: str) -> None:
    before, after = videos.original(name).read_bytes(), videos.redacted(name)
    for what, offset, length in videos.listed(name):
        found = after[offset : offset + length]
        if what == "loci box":  # the whole box is listed
            assert found[4:8] == b"free"
            assert not any(found[8:])
        elif _location(what):
            assert set(found) <= {0x00, 0x20}, what
            assert before[offset : offset + length] not in after, what
        else:
            assert found != before[offset : offset + length], what


def test_no_coordinates_or_names_are_left_anywhere(name: str) -> None:
    after = videos.redacted(name)
    assert _ISO6709.search(after) is None
    for word in _WORDS:
        assert word not in after, word


def test_exiftool_finds_no_location_and_no_identity(name: str, file: Path) -> None:
    command = [*exiftool.program(), "-j", "-ee3", "-a", "-u", "-G3:1", "-n", str(file)]
    done = subprocess.run(command, capture_output=True, check=True)
    shown = json.loads(done.stdout)[0]
    assert not [tag for tag in shown if tag.rpartition(":")[2] in {"Warning", "Error"}], name
    shown = {tag: value for tag, value in shown.items() if ":System:" not in f":{tag}" and tag != "SourceFile"}
    assert not [tag for tag in shown if _LOCATES.search(tag)]
    named = {tag for tag, value in shown.items() if _IDENTIFIES.search(tag.lower()) and value not in {"", 0}}
    assert {tag for tag in named if tag.rpartition(":")[2] not in _STRUCTURE} == set()


def test_ffprobe_shows_only_times_make_and_model(name: str, file: Path) -> None:
    allowed = {"major_brand", "minor_version", "compatible_brands", "creation_time", "language", "vendor_id"}
    allowed |= {"com.apple.quicktime.make", "com.apple.quicktime.model", "com.android.capture.fps"}
    shown = ffmpeg.tags(file)
    assert set(shown) <= allowed, name
    assert shown.get("vendor_id", "[0][0][0][0]") == "[0][0][0][0]"


def test_video_and_sound_streams_are_all_still_there(name: str, file: Path) -> None:
    before = [stream for stream in ffmpeg.streams(videos.original(name)) if stream[0] in {"video", "audio"}]
    assert ffmpeg.streams(file) == before


def test_pictures_and_sound_decode_exactly_as_before(name: str, file: Path) -> None:
    if name.endswith("init.mp4"):
        return  # only a header: it holds no picture
    for kind in ("v", "a"):
        assert ffmpeg.frames(file, kind) == ffmpeg.frames(videos.original(name), kind)


def test_packets_differ_only_in_size_preserving_sei(name: str, file: Path) -> None:
    if name.endswith("init.mp4"):
        return
    source = videos.original(name)
    assert ffmpeg.packets(file, "a") == ffmpeg.packets(source, "a")
    before, after = ffmpeg.packets(source, "v").splitlines(), ffmpeg.packets(file, "v").splitlines()
    assert [line.split(",")[:5] for line in after] == [line.split(",")[:5] for line in before]
    sei = sum(finding.what == "mp4/sei" for finding in videos.planned(name).findings)
    assert sum(a != b for a, b in zip(before, after, strict=True)) <= sei + (1 if sei else 0)


def test_ffprobe_has_nothing_new_to_complain_of(name: str, file: Path) -> None:
    before = set(ffmpeg.complaints(videos.original(name)))
    assert {line for line in ffmpeg.complaints(file) if not line.startswith("Last message")} <= before
