"""The HEIF and AVIF files of the corpus, redacted once for all tests, and small ones made of parts for one test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from struct import pack
from typing import Final

from PIL import Image

from redaction.blanking import blank
from redaction.planner import Plan, plan
from redaction.reader import BytesReader
from tests.oracles.require import folder
from tests.paths import CORPUS
from tests.redaction.containers.mp4 import box, full, nal, u16, u32
from tests.redaction.metadata.tiffs import ASCII, SHORT, block, position

_SUFFIXES: Final = {".heic", ".heif", ".avif"}
HVCC: Final = bytes([1]) + bytes(20) + b"\x03\0"
PICTURE: Final = nal(b"\x28\x01" + b"\x11" * 60)
EXIF: Final = b"\0\0\0\6Exif\0\0" + block(
    "<", [(0x0112, SHORT, b"\6\0"), (0x0131, ASCII, b"somebody's app\0")], gps=position("<")
)
XMP: Final = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:p="http://ns.adobe.com/photoshop/1.0/" p:City="Somewhere"/></rdf:RDF></x:xmpmeta>'
)


def names() -> list[str]:
    """The files as `real/…` and `generated/…`; one that is missing when the corpus is (the tests then say so)."""
    found = sorted(path for path in CORPUS.glob("*/*") if path.suffix.lower() in _SUFFIXES)
    return [f"{path.parent.name}/{path.name}" for path in found] or ["corpus"]


def original(name: str) -> Path:
    """The file itself."""
    return folder(CORPUS) / name


@cache
def planned(name: str) -> Plan:
    """The plan of one file."""
    return plan(BytesReader(original(name).read_bytes()))


@cache
def redacted(name: str) -> bytes:
    """One file after its redaction."""
    return b"".join(blank([original(name).read_bytes()], planned(name).findings))


@dataclass(frozen=True)
class Part:
    """An item of a made-up file. `cuts` split its data into that many bytes and the rest, with `gap` between them."""

    kind: bytes
    data: bytes = b""
    number: int = 1
    name: bytes = b""
    more: bytes = b""
    method: int = 0
    cuts: Sequence[int] = ()
    properties: Sequence[int] = ()
    places: Sequence[tuple[int, int]] | None = None
    unlocated: bool = False
    unlisted: bool = False

    def pieces(self) -> list[bytes]:
        """The data as it is cut."""
        starts = [0, *self.cuts, len(self.data)]
        return [self.data[low:high] for low, high in pairwise(starts)]


MAIN: Final = Part(b"hvc1", PICTURE, properties=(1, 2))
HIDDEN: Final = Part(b"Exif", EXIF, 2)


def mime(data: bytes, number: int = 3, kind: bytes = b"application/rdf+xml", encoding: bytes = b"") -> Part:
    """An item of a MIME type."""
    return Part(b"mime", data, number, more=kind + b"\0" + encoding + b"\0")


@dataclass(frozen=True)
class Still:
    """A file: brands, catalogue, media data, and boxes after them."""

    parts: Sequence[Part] = (MAIN, HIDDEN)
    brand: bytes = b"heic"
    version: int = 1
    properties: Sequence[bytes] = (box(b"hvcC", HVCC), full(b"ispe", u32(64, 64)))
    references: bytes = b""
    inside: bytes = b""
    gap: bytes = b""
    after: bytes = b""
    primary: int = 1
    base: int = 0
    dref: bytes = b""
    handler: bytes = b"pict"
    slack: bytes = b""

    def make(self) -> bytes:
        """The file."""
        head = box(b"ftyp", self.brand, bytes(4), b"mif1" + self.brand)
        start = len(head) + len(self._meta(0)) + 8
        data = b"".join(piece + self.gap for part in self.parts if not part.method for piece in part.pieces())
        return head + self._meta(start) + box(b"mdat", data) + self.after

    def _meta(self, start: int) -> bytes:
        hdlr = full(b"hdlr", bytes(4), self.handler, bytes(12), b"\0")
        idat = b"".join(part.data for part in self.parts if part.method == 1)
        boxes = [
            hdlr,
            full(b"pitm", u16(self.primary), self.slack),
            self._infos(),
            self._locations(start),
            box(b"iprp", box(b"ipco", *self.properties), self._associations()),
            full(b"iref", self.references) if self.references else b"",
            box(b"idat", idat) if idat else b"",
            self.dref,
            self.inside,
        ]
        return full(b"meta", *boxes)

    def _infos(self) -> bytes:
        infos = [
            full(b"infe", u16(part.number), u16(0), part.kind, part.name + b"\0", part.more, self.slack, version=2)
            for part in self.parts
            if not part.unlisted
        ]
        return full(b"iinf", u16(len(infos)), *infos)

    def _associations(self) -> bytes:
        entries = [
            u16(part.number) + bytes([len(part.properties), *part.properties]) for part in self.parts if part.properties
        ]
        return full(b"ipma", u32(len(entries)), *entries, self.slack)

    def _locations(self, start: int) -> bytes:
        located = [part for part in self.parts if not part.unlocated]
        wide = self.version == 2
        number = u32 if wide else u16
        entries = b""
        inside = 0
        for part in self.parts:
            places = part.places
            if places is None:
                places = []
                for piece in part.pieces():
                    if part.method == 1:
                        places.append((inside, len(piece)))
                        inside += len(piece)
                    else:
                        places.append((max(start - self.base, 0), len(piece)))
                        start += len(piece + self.gap)
            if part.unlocated:
                continue
            method = u16(part.method) if self.version else b""
            base = self.base if not part.method and part.places is None else 0
            entries += number(part.number) + method + u16(1 if self.dref else 0) + u32(base) + u16(len(places))
            entries += b"".join(u32(*place) for place in places)
        body = pack(">H", 0x4440) + number(len(located)) + entries
        return full(b"iloc", body, self.slack, version=self.version)


def still(*parts: Part, **changes: object) -> bytes:
    """A file of a picture and these further items."""
    made = Still((MAIN, *parts))
    return replace(made, **changes).make()  # type: ignore[arg-type]  # the fields are as various as their names


def reference(kind: bytes, number: int, *to: int, slack: bytes = b"") -> bytes:
    """A reference of an item to others."""
    return box(kind, u16(number), u16(len(to)), b"".join(map(u16, to)), slack)


@cache
def noise(seed: int = 0) -> Image.Image:
    """A small picture."""
    return Image.effect_noise((48, 32), 60 + seed).convert("RGB")


def avif(*, frames: int = 1, alpha: bool = False) -> bytes:
    """A real AVIF file with Exif and XMP, written by Pillow, which cannot turn the pictures of a sequence."""
    pictures = [noise(seed).copy() for seed in range(frames)]
    if alpha:
        for picture in pictures:
            picture.putalpha(picture.convert("L"))
    buffer = BytesIO()
    exif = EXIF[4:].replace(b"\6\0\0\0", b"\1\0\0\0", 1) if frames > 1 else EXIF[4:]
    pictures[0].save(
        buffer, "AVIF", save_all=frames > 1, append_images=pictures[1:], exif=exif, xmp=XMP, speed=8, duration=100
    )
    return buffer.getvalue()
