"""Small MP4 and QuickTime files made of parts, to put something where it should not be."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final

FTYP: Final = b"\0\0\0\x14ftypisom\0\0\2\0isom"
AVCC: Final = bytes.fromhex("0142c00dffe1000467420001010002686e")


def u16(value: int) -> bytes:
    """Big-endian."""
    return struct.pack(">H", value)


def u32(*values: int) -> bytes:
    """Big-endian."""
    return struct.pack(f">{len(values)}I", *values)


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box with a 32-bit size."""
    body = b"".join(parts)
    return u32(8 + len(body)) + kind + body


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with version and flags."""
    return box(kind, u32(version << 24 | flags), *parts)


def nal(*body: bytes) -> bytes:
    """A NAL unit with its length."""
    data = b"".join(body)
    return u32(len(data)) + data


def video_entry(kind: bytes = b"avc1", *more: bytes, config: bytes = AVCC, name: bytes = b"") -> bytes:
    """A visual sample entry."""
    head = bytes(6) + u16(1) + bytes(16) + u16(16) + u16(16) + bytes(14) + name.ljust(32, b"\0") + bytes(4)
    return box(kind, head, box(b"avcC", config) if config else b"", *more)


def sound_entry(
    kind: bytes = b"sowt", channels: int = 1, bits: int = 16, version: int = 0, extra: bytes = b""
) -> bytes:
    """A sound sample entry or description."""
    return box(kind, bytes(6), u16(1), u16(version), bytes(6), u16(channels), u16(bits), bytes(8), extra)


@dataclass
class Spec:
    """A track: its samples by chunk; `constant` sizes them without a table."""

    handler: bytes
    entry: bytes
    chunks: Sequence[Sequence[bytes]] = ()
    number: int = 1
    constant: int = 0
    counts: Sequence[int] = ()
    wide: bool = False
    more: bytes = b""
    media: bytes = b""
    reference: bytes = field(default_factory=lambda: full(b"url ", flags=1))
    offsets: Sequence[int] = ()
    sound_or_table: bytes = b""

    def box(self) -> bytes:
        """The `trak` box."""
        counts = self.counts or [len(chunk) for chunk in self.chunks]
        each = b"" if self.constant else u32(*[len(sample) for chunk in self.chunks for sample in chunk])
        stsc = b"".join(u32(index, count, 1) for index, count in enumerate(counts, 1))
        co64 = full(b"co64", u32(len(self.offsets)), *[struct.pack(">Q", offset) for offset in self.offsets])
        stco = b"" if self.wide else full(b"stco", u32(len(self.offsets)), u32(*self.offsets))
        table = box(
            b"stbl",
            full(b"stsd", u32(1), self.entry),
            full(b"stts", u32(1), u32(sum(counts), 1)),
            full(b"stsc", u32(len(counts)), stsc),
            full(b"stsz", u32(self.constant, sum(counts)), each),
            co64 if self.wide else stco,
            self.sound_or_table if self.sound_or_table[4:8] != b"smhd" else b"",
        )
        header = self.sound_or_table if self.sound_or_table[4:8] == b"smhd" else b""
        dinf = box(b"dinf", full(b"dref", u32(1), self.reference))
        hdlr = full(b"hdlr", bytes(4), self.handler, bytes(12), b"Somebody's Recorder\0")
        mdia = box(b"mdia", full(b"mdhd", bytes(20)), hdlr, box(b"minf", header, dinf, table), self.media)
        return box(b"trak", full(b"tkhd", u32(0, 0, self.number), bytes(68)), mdia, self.more)


def movie(
    tracks: Sequence[Spec],
    *,
    ftyp: bytes = FTYP,
    before: bytes = b"",
    extra: bytes = b"",
    after: bytes = b"",
    gap: bytes = b"",
) -> bytes:
    """A file: brands, `before`, media data (chunk by chunk, `gap` after each), `moov` with `extra`, `after`."""
    position = len(ftyp) + len(before) + 8
    data = b""
    placed: list[Spec] = []
    for spec in tracks:
        lengths = [len(b"".join(chunk) + gap) for chunk in spec.chunks]
        starts = list(accumulate(lengths, initial=position + len(data)))[: len(lengths)]
        data += b"".join(b"".join(chunk) + gap for chunk in spec.chunks)
        placed.append(Spec(**{**vars(spec), "offsets": spec.offsets or starts}))
    moov = box(b"moov", full(b"mvhd", bytes(96)), *[spec.box() for spec in placed], extra)
    return ftyp + before + box(b"mdat", data) + moov + after


def picture(size: int = 40) -> bytes:
    """A sample of one slice."""
    return nal(b"\x65" + b"\x11" * size)


def video(**changes: Any) -> Spec:
    """A video track of two chunks."""
    spec = Spec(b"vide", video_entry(), [[picture()], [picture(60), picture(20)]])
    return Spec(**{**vars(spec), **changes})


def meta(*items: bytes, keys: tuple[bytes, ...] = (), handler: bytes = b"mdta", plain: bool = False) -> bytes:
    """A metadata box with items; `plain` is QuickTime's way, without version and flags."""
    hdlr = full(b"hdlr", bytes(4), handler, bytes(12), b"Somebody's App\0")
    names = full(b"keys", u32(len(keys)), *[box(b"mdta", key) for key in keys])
    parts = (hdlr, names if keys else b"", box(b"ilst", *items))
    return box(b"meta", *parts) if plain else full(b"meta", *parts)


def item(kind: bytes, *values: bytes) -> bytes:
    """A metadata item with text values."""
    return box(kind, *[box(b"data", u32(1, 0), value) for value in values])


def fragments(secret: bytes, unclaimed: bytes, *, relative: bool = True, sized: bool = True) -> bytes:
    """A video and a metadata track in two fragments; offsets count from the fragment or (not `relative`) from 0."""
    trex = box(b"mvex", *[full(b"trex", u32(number, 1, 0, len(secret), 0)) for number in (1, 2)])
    data = movie([video(chunks=[]), Spec(b"meta", box(b"mett", bytes(8)), number=2)], extra=trex)
    for _ in range(2):
        place = len(data)
        length = len(_moof(secret, 0, 0, relative=relative, sized=sized))
        data += _moof(secret, place, length + 8, relative=relative, sized=sized)
        data += box(b"mdat", picture(), secret, unclaimed)
    return data


def _moof(secret: bytes, place: int, data_at: int, *, relative: bool, sized: bool) -> bytes:
    runs = []
    for number, size, at in ((1, len(picture()), 0), (2, len(secret), len(picture()))):
        base = b"" if relative else struct.pack(">Q", place)
        tfhd = full(b"tfhd", u32(number), base, flags=0x20000 if relative else 0x1)
        sizes = u32(size) if sized or number == 1 else b""
        trun = full(b"trun", u32(1, data_at + at), sizes, flags=0x201 if sizes else 0x1)
        runs.append(box(b"traf", tfhd, trun, box(b"udta", box(b"\xa9xyz", secret))))
    return box(b"moof", full(b"mfhd", u32(1)), *runs)
