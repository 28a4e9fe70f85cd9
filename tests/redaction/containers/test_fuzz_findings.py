"""What fuzzing (tests/fuzz) found once: each input here broke a property that must hold of all bytes."""

from typing import Final

import pytest

from redaction.blanking import blank
from redaction.containers.formats import descend
from redaction.disjoint import disjoint
from redaction.finding import Finding, Outcome
from redaction.metadata import exif
from redaction.planner import changing
from redaction.reader import BytesReader
from redaction.walk import Walk
from tests.fuzz.redaction_property import holds
from tests.redaction.containers import mp4, pictures
from tests.redaction.containers.redacting import clean, redacted

EXIF: Final = {
    "a withheld value over its own offset": (
        "49492a0008000000010031010200100000001200000000000000000000000000612063616d657261"
    ),
    "a withheld value over a date": (
        "49492a00080000000200310102000a0000002600000032010200140000002c00000000000000"
        "63616d657261323032343a30313a30322030333a30343a303500"
    ),
    "a withheld value over an entry whose own value is outside": (
        "49492a000800000003001201030001000000060000000e010200840300004141414131010200060000001c00000000000000"
    ),
    "a pointer into the middle of a place's directory": (
        "49492a0008000000020069870400010000002c00000025880400010000002600000000000000"
        "010001000200ffff00004e0000000000000000" + "00" * 59
    ),
}


def in_exif(data: bytes) -> tuple[Finding, ...]:
    reader = BytesReader(data)
    return changing(reader, disjoint(exif.find(reader, Walk(descend), "exif")))


@pytest.mark.parametrize("digits", EXIF.values(), ids=EXIF)
def test_blanking_exif_leaves_nothing_that_reads_as_something_else(digits: str) -> None:
    data = bytes.fromhex(digits)
    findings = in_exif(data)
    assert findings
    assert in_exif(b"".join(blank([data], findings))) == ()


def test_a_message_in_a_sample_outside_the_media_data_is_not_blanked_into_the_structure() -> None:
    message = mp4.nal(b"\x06\x05\x10" + bytes(range(1, 17)) + b"\x80")
    track = mp4.video(chunks=[[message]], offsets=[len(mp4.FTYP) + 8])
    outside = mp4.movie([track], before=mp4.box(b"free", message))
    found, after = redacted(outside)
    assert (found.outcome, after) == (Outcome.UNSTRIPPED, outside)


def _shortened(kind: bytes, payload: bytes) -> bytes:
    """A movie in which the first box of a kind has this payload, and a `free` box fills what it had before."""
    whole = mp4.movie([mp4.video()])
    start = whole.index(kind) - 4
    end = start + int.from_bytes(whole[start : start + 4])
    short = mp4.box(kind, payload)
    return whole[:start] + short + mp4.box(b"free", bytes(end - start - len(short) - 8)) + whole[end:]


@pytest.mark.parametrize(
    "data",
    [
        _shortened(b"hdlr", bytes(8)),
        _shortened(b"dref", bytes(4)),
        _shortened(b"tkhd", b""),
        mp4.movie([mp4.video(reference=mp4.box(b"url ") + mp4.box(b"\0\0\0\1"))]),
    ],
    ids=["handler", "data references", "track header", "data reference"],
)
def test_a_box_that_ends_before_its_fields_is_not_read_on_into_the_next_one(data: bytes) -> None:
    found, _ = redacted(data)
    assert found.outcome == Outcome.UNSTRIPPED


def test_a_tag_that_begins_inside_sound_is_not_made_to_add_up_by_what_is_blanked_behind_it() -> None:
    footer = b"APETAGEX" + bytes(4) + b"D\0\0\0\1\0\0\0\0\0\0\x80" + bytes(8)
    item = (22).to_bytes(4, "little") + bytes(4) + b"Title\0" + bytes(22)
    tag = item + footer
    frame = b"\xff\xfb\x90\0" + bytes(413 - len(tag) + 9) + tag[:-9]
    found, _ = redacted(frame + tag[-9:])
    assert found.outcome == Outcome.UNSTRIPPED


def test_a_picture_that_reaches_further_once_a_video_behind_it_is_blanked_is_read_again() -> None:
    picture = b"RIFF" + (60_000).to_bytes(4, "little") + pictures.webp()[8:]
    no_video = b"\0\0\0\x18ftypheic" + b"not a video" * 5
    clean(pictures.wav() + picture + no_video, b"not a video")


def test_samples_that_share_bytes_are_read_again_after_blanking() -> None:
    inner = mp4.picture(10)
    message = mp4.nal(b"\x06\x05" + bytes([16 + len(inner)]) + bytes(range(1, 17)) + inner + b"\x80")
    start = len(mp4.FTYP) + 8
    shared = start + message.index(inner)
    after = clean(
        mp4.movie([mp4.video(chunks=[[message + mp4.picture()], [inner + bytes(6)]], offsets=[start, shared])])
    )
    assert inner not in after[start : start + len(message)]


@pytest.mark.parametrize(
    "picture",
    [b"\xff\xd8" + b"\xff\xff\xd0" * 60_000, b"\xff\xd8" + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" * 60_000],
    ids=["markers with fill bytes", "empty scans"],
)
def test_a_jpeg_of_many_short_stretches_costs_no_large_read_for_each(picture: bytes) -> None:
    holds(picture)
