"""Nothing hides behind what decoders need in the boxes of a sample entry, or behind the entries of tables."""

import pytest

from redaction.finding import Outcome
from tests.redaction.containers.mp4 import (
    AVCC,
    Spec,
    box,
    full,
    movie,
    picture,
    sound_entry,
    u16,
    u32,
    video,
    video_entry,
)
from tests.redaction.containers.redacting import SECRET, clean, redacted

_CONFIG = b"\x12\x10"  # AAC, 44.1 kHz, two channels


def _descriptor(tag: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return bytes([tag, len(data)]) + data


def _esds(config: bytes = _CONFIG, more: bytes = b"", in_decoder: bytes = b"", kind: bytes = b"\x40\x15") -> bytes:
    decoder = _descriptor(4, kind + bytes(11), _descriptor(5, config), in_decoder)
    return _descriptor(3, u16(1) + b"\0", decoder, _descriptor(6, b"\2"), more)


def _with_sound(*boxes: bytes, kind: bytes = b"mp4a") -> bytes:
    sound = Spec(b"soun", sound_entry(kind, extra=b"".join(boxes)), [[b"\x21\x10\x05aaaa"]], number=2)
    return movie([video(), sound])


_ADDRESS = _descriptor(
    3,
    u16(1) + b"\x40" + bytes([len(SECRET)]) + SECRET,
    _descriptor(4, b"\x40\x15" + bytes(11), _descriptor(5, _CONFIG)),
    _descriptor(6, b"\2"),
)
_SOUND = {
    "esds, behind": full(b"esds", _esds(), SECRET),
    "esds, a long configuration": full(b"esds", _esds(_CONFIG + bytes(6) + SECRET)),
    "esds, a descriptor of the stream": full(b"esds", _esds(more=_descriptor(0x43, SECRET))),
    "esds, a descriptor of the decoder": full(b"esds", _esds(in_decoder=_descriptor(0x14, SECRET))),
    "esds, an address": full(b"esds", _ADDRESS),
    "esds, another descriptor": full(b"esds", _esds(), _descriptor(0x40, SECRET)),
    "wave": box(b"wave", box(b"frma", b"mp4a"), full(b"esds", _esds()), box(b"zzzz", SECRET), box(bytes(4))),
    "wave, frma": box(b"wave", box(b"frma", b"mp4a" + SECRET), full(b"esds", _esds()), box(bytes(4))),
    "dOps": box(b"dOps", b"\0\1\1\x38\0\0\xbb\x80\0\0\0" + SECRET),
    "dOps with a mapping": box(b"dOps", b"\0\2\1\x38\0\0\xbb\x80\0\0\1\2\0\0\1" + SECRET),
    "dfLa": full(b"dfLa", b"\0\0\0\x22" + bytes(34) + b"\x84\0\0\x20" + SECRET.ljust(32)),
    "alac": box(b"alac", bytes(28) + SECRET),
    "chan": box(b"chan", bytes(16) + SECRET),
    "SA3D": box(b"SA3D", bytes(12) + SECRET),
    **{
        kind.decode(): box(kind, bytes(length) + SECRET)
        for kind, length in {b"srat": 8, b"pcmC": 6, b"btrt": 12, b"dac3": 3, b"damr": 9, b"enda": 2}.items()
    },
}


@pytest.mark.parametrize("name", _SOUND)
def test_nothing_stays_behind_what_sound_needs(name: str) -> None:
    clean(
        _with_sound(full(b"esds", _esds()) if "esds" not in name and "wave" not in name else b"", _SOUND[name]), SECRET
    )


def test_what_sound_needs_stays() -> None:
    needed = full(b"esds", _esds(_CONFIG + b"\x56\xe5\x00"))
    layout = box(b"chan", bytes(4) + u32(0, 0, 1) + bytes(20))
    assert needed + layout in clean(_with_sound(needed, layout))


_HEVC = bytes(21) + b"\x03"
_PICTURE = {
    "avcC": (b"avc1", box(b"avcC", AVCC + SECRET)),
    "hvcC, behind": (b"hvc1", box(b"hvcC", _HEVC + b"\0" + SECRET)),
    "hvcC, an unknown unit": (b"hvc1", box(b"hvcC", _HEVC + b"\1\x30" + u16(1) + u16(24) + b"\x60\1" + SECRET)),
    "colr, nclc": (b"avc1", box(b"colr", b"nclc" + bytes(6) + SECRET)),
    "colr, nclx": (b"avc1", box(b"colr", b"nclx" + bytes(7) + SECRET)),
    "colr, no profile": (b"avc1", box(b"colr", b"prof" + SECRET)),
    "colr, unknown": (b"avc1", box(b"colr", SECRET)),
    "vexu": (b"avc1", box(b"vexu", box(b"eyes", full(b"stri", b"\3"), box(b"zzzz", SECRET)))),
    "vexu, a value": (b"avc1", box(b"vexu", box(b"eyes", full(b"stri", b"\3" + bytes(16) + SECRET)))),
    "glbl": (b"m2v1", box(b"glbl", bytes(256) + SECRET)),
    "esds, user data": (
        b"mp4v",
        full(b"esds", _esds(b"\0\0\1\xb0\1\0\0\1\xb2" + SECRET + b"\0\0\1\x20\0", kind=b"\x20\x11")),
    ),
    **{
        kind.decode(): (b"avc1", box(kind, bytes(length) + SECRET))
        for kind, length in {
            b"pasp": 8,
            b"clap": 32,
            b"btrt": 12,
            b"fiel": 2,
            b"gama": 4,
            b"mdcv": 24,
            b"clli": 4,
            b"dvcC": 24,
            b"st3d": 5,
            b"amve": 8,
            b"ccst": 8,
            b"vpcC": 12,
            b"hfov": 4,
        }.items()
    },
}


@pytest.mark.parametrize("name", _PICTURE)
def test_nothing_stays_behind_what_pictures_need(name: str) -> None:
    kind, hiding = _PICTURE[name]
    config = AVCC if kind == b"avc1" and not name.startswith("avcC") else b""
    after = clean(movie([video(entry=video_entry(kind, hiding, config=config))]), SECRET)
    assert kind == b"hvc1" or picture() in after


@pytest.mark.parametrize(
    "hiding",
    [
        full(b"sgpd", b"abcd" + SECRET),
        full(b"sgpd", b"roll" + u32(2, 1) + b"\xff\xff" + SECRET, version=1),
        full(b"sgpd", b"roll" + u32(40, 1) + SECRET.ljust(40), version=1),
        full(b"sbgp", b"roll" + u32(1, 1, 1) + SECRET),
        full(b"sbgp", b"abcd" + SECRET),
        full(b"cslg", bytes(20) + SECRET),
        *(full(kind, u32(0) + SECRET) for kind in (b"subs", b"padb", b"stdp", b"stsh", b"csgp")),
    ],
)
def test_nothing_stays_behind_or_beside_the_tables_of_samples(hiding: bytes) -> None:
    clean(movie([video(sound_or_table=hiding)]), SECRET)


def test_nothing_stays_behind_edits_indexes_and_in_the_name_of_a_language() -> None:
    clean(movie([video(more=box(b"edts", full(b"elst", u32(1, 1, 0, 65536), SECRET)))]), SECRET)
    clean(movie([video(media=full(b"elng", SECRET + b"\0"))]), SECRET)
    clean(movie([video()], after=full(b"sidx", u32(1, 1, 0, 0) + u16(0) + u16(1) + bytes(12) + SECRET)), SECRET)
    clean(movie([video()], before=full(b"prft", bytes(20) + SECRET)), SECRET)


def test_a_decoder_configuration_that_is_not_understood_holds_the_film_back() -> None:
    for wrong in (full(b"dfLa", b"\x84\0\0\x20" + SECRET.ljust(32)), full(b"esds", b"\3\x7f" + SECRET)):
        assert redacted(_with_sound(wrong))[0].outcome is Outcome.UNSTRIPPED
