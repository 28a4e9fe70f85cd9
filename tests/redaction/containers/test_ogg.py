"""Ogg: comments of every codec go, page checksums follow, every packet of sound stays."""

from base64 import b64encode
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

OPUS_HEAD = b"OpusHead\1\1" + pack("<HIH", 0, 48_000, 0) + b"\0"
VORBIS_HEAD = b"\1vorbis".ljust(30, b"i")


def crc(data: bytes) -> int:
    """RFC 3533 section 6, bit by bit."""
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value


def page(*packets: bytes, serial: int = 1, flags: int = 0, ends: bool = True) -> bytes:
    """A page; `ends` is False when its last packet goes on in the next."""
    lacing = b""
    for number, packet in enumerate(packets):
        lacing += b"\xff" * (len(packet) // 255)
        if ends or number + 1 < len(packets):
            lacing += bytes([len(packet) % 255])
    head = b"OggS\0" + bytes([flags]) + bytes(8) + pack("<III", serial, 0, 0) + bytes([len(lacing)]) + lacing
    data = head + b"".join(packets)
    return data[:22] + pack("<I", crc(data)) + data[26:]


def comments(*texts: bytes, vendor: bytes = b"somebody's encoder") -> bytes:
    """A comment header without its signature."""
    listed = b"".join(pack("<I", len(text)) + text for text in texts)
    return pack("<I", len(vendor)) + vendor + pack("<I", len(texts)) + listed


def opus(*texts: bytes, tail: bytes = b"") -> bytes:
    """A recording of one packet."""
    tags = b"OpusTags" + comments(*texts)
    return page(OPUS_HEAD, flags=2) + page(tags) + page(b"a packet of sound") + tail


def packets(path: Path) -> list[list[str]]:
    """Times, sizes and hashes of the packets of sound, without the tags that ffmpeg hands on with the first of them."""
    return [line.split(",")[:6] for line in ffmpeg.packets(path, "a").splitlines() if not line.startswith("#")]


def valid_pages(data: bytes) -> bool:
    """Whether every page has its right checksum."""
    offset = 0
    while offset < len(data):
        assert data[offset : offset + 4] == b"OggS"
        count = data[offset + 26]
        end = offset + 27 + count + sum(data[offset + 27 : offset + 27 + count])
        whole = data[offset : offset + 22] + bytes(4) + data[offset + 26 : end]
        if crc(whole) != int.from_bytes(data[offset + 22 : offset + 26], "little"):
            return False
        offset = end
    return True


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("opus", "libopus"),
        pytest.param("ogg", "libvorbis", marks=pytest.mark.slow),
        pytest.param("oga", "flac", marks=pytest.mark.slow),
        pytest.param("spx", "libspeex", marks=pytest.mark.slow),
    ],
)
def test_recordings_keep_their_sound_and_lose_their_tags(suffix: str, options: str, tmp_path: Path) -> None:
    source, target = tmp_path / f"memo.{suffix}", tmp_path / f"after.{suffix}"
    data = sounds.written(source, "-c:a", options, "-ar", "16000" if options == "libspeex" else "48000")
    after = clean(data)
    target.write_bytes(after)
    assert [word for word in (*sounds.WORDS, b"Lavc") if word in after] == []
    assert valid_pages(after)
    assert ffmpeg.frames(target, "a") == ffmpeg.frames(source, "a")
    assert packets(target) == packets(source)
    assert ffmpeg.complaints(target) == ffmpeg.complaints(source)
    assert exiftool.location(exiftool.tags([target])[target.name]) == {}


class TestComments:
    def test_a_place_is_named_so(self) -> None:
        found, after = redacted(opus(b"LOCATION=" + SECRET))
        assert {finding.what for finding in found.findings} == {"ogg/comments/location", "ogg/checksum/derived"}
        assert b"a packet of sound" in after
        assert found.media_type == "audio/ogg"

    def test_texts_the_encoders_name_and_what_follows_them_go(self) -> None:
        after = clean(page(OPUS_HEAD, flags=2) + page(b"OpusTags" + comments(LONG) + SECRET), LONG, SECRET, b"somebody")
        assert valid_pages(after)

    def test_comments_over_several_pages_go(self) -> None:
        tags = b"\3vorbis" + comments(b"T=" + LONG * 900, b"LOCATION=" + SECRET) + b"\1"
        parts = [tags[at : at + 255 * 200] for at in range(0, len(tags), 255 * 200)]
        data = page(VORBIS_HEAD, flags=2) + page(parts[0], ends=False)
        data += b"".join(page(part, flags=1, ends=False) for part in parts[1:-1])
        data += page(parts[-1], b"\5vorbis setup", flags=1) + page(b"sound")
        after = clean(data, LONG, SECRET)
        assert valid_pages(after)
        assert b"\5vorbis setup" in after

    def test_pictures_in_comments_go(self) -> None:
        picture = b64encode(photos.photo(photos.segment(0xFE, SECRET)))
        clean(opus(b"METADATA_BLOCK_PICTURE=" + picture), picture)

    def test_streams_that_follow_each_other_are_all_searched(self) -> None:
        assert valid_pages(clean(opus(SECRET) + opus(LONG), SECRET, LONG))

    def test_what_follows_the_last_page_goes(self) -> None:
        clean(opus(tail=SECRET), SECRET)

    def test_what_stands_behind_a_head_goes(self) -> None:
        clean(page(OPUS_HEAD + SECRET, flags=2) + page(b"OpusTags" + comments()), SECRET)


class TestRefused:
    def test_files_that_end_early(self) -> None:
        data = opus(SECRET)
        for length in range(4, len(data)):
            found, after = redacted(data[:length])
            whole_pages = length == len(data) - len(page(b"a packet of sound"))
            assert (found.outcome is Outcome.CLEAN) == whole_pages
            assert whole_pages or after == data[:length]

    @pytest.mark.parametrize(
        "data",
        [
            page(b"fishead\0" + bytes(56), flags=2),
            page(OPUS_HEAD, flags=2) + page(b"\3vorbis" + comments()),
            page(OPUS_HEAD, flags=2) + page(b"OpusTags" + comments(), serial=2),
            page(OPUS_HEAD, flags=2) + page(b"OpusTags" + comments(), flags=1),
            page(OPUS_HEAD[:12], flags=2) + page(b"OpusTags" + comments()),
            opus() + SECRET + page(b"more sound"),
            page(b"\x7fFLAC\1\0\0\1fLaC", flags=2),
        ],
        ids=range(7),
    )
    def test_streams_that_are_not_understood(self, data: bytes) -> None:
        found, after = redacted(data)
        assert found.outcome is Outcome.UNSTRIPPED
        assert after == data


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_files_end_in_a_plan_and_never_in_another_error(data: st.DataObject) -> None:
    damaged = bytearray(opus(b"LOCATION=" + SECRET) + page(b"\x7fFLAC\1\0\0\1fLaC\x80\0\0\x22" + bytes(34), flags=2))
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
