"""Where fuzzing a container starts: the small files of the corpus, and files that the tests build."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from redaction.containers.formats import container_of
from redaction.errors import UnsupportedMedia
from redaction.reader import BytesReader
from tests.fuzz.engine import SEED_BYTES
from tests.oracles.require import tool
from tests.paths import CORPUS
from tests.redaction.containers import ebml, mp4, photos, pictures, stills, test_ogg, test_sound_frames
from tests.redaction.containers.redacting import SECRET

_SOUNDS: Final = (
    *("a.mp3", "b.flac", "c.aac", "d.amr", "e.ogg -c:a libvorbis", "f.ogg -c:a libopus -ar 48000", "g.wav"),
    *("h.m4a", "i.mka -c:a libopus -ar 48000", "j.3gp -c:a aac", "k.webm -c:a libopus -ar 48000"),
)

_PICTURES: Final = frozenset({"jpeg", "heif", "tiff", "png", "gif"})  # need none of them
MP3_FRAME: Final = b"\xff\xfb\x90\x64" + bytes(413)  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz


def of_format(name: str) -> Iterator[bytes]:
    """The seeds that the container module of this name reads; its first bytes decide."""
    for seed in _all(sounds=name not in _PICTURES):
        if len(seed) <= SEED_BYTES and format_name(seed) == name:
            yield seed


def format_name(data: bytes) -> str:
    """The container module that reads these bytes, or nothing."""
    try:
        return str(vars(container_of(BytesReader(data)))["__name__"]).rsplit(".", 1)[-1]
    except UnsupportedMedia:
        return ""


def _all(*, sounds: bool) -> Iterator[bytes]:
    for path in sorted(CORPUS.rglob("*")):
        if path.is_file() and path.stat().st_size <= SEED_BYTES:
            yield path.read_bytes()
    for build in _BUILT:
        yield build()
    if sounds:
        yield from _sounds()


def _sounds() -> Iterator[bytes]:
    """Short tones with tags, as ffmpeg writes them; formats that this build lacks are left out."""
    with TemporaryDirectory() as folder:
        for line in _SOUNDS:
            name, *options = line.split()
            path = Path(folder) / name
            tone = ("-v", "error", "-f", "lavfi", "-i", "sine=440:r=8000:d=0.1")
            tags = ("-metadata", "title=a title", "-metadata", "location=+1.5000+2.5000/")
            command = [tool("ffmpeg"), *tone, *tags, *options, str(path)]
            if not subprocess.run(command, check=False, capture_output=True).returncode:
                yield path.read_bytes()


def _elements() -> bytes:
    tags = ebml.element(b"\x12\x54\xc3\x67", ebml.tag(b"LOCATION", SECRET))
    return ebml.film(tags, ebml.element(b"\xec", SECRET))


_BUILT: Final[tuple[Callable[[], bytes], ...]] = (
    lambda: mp4.movie([mp4.video()]),
    lambda: mp4.movie([mp4.video()], extra=mp4.box(b"udta", mp4.box(b"\xa9xyz", SECRET))),
    lambda: mp4.movie([mp4.video()], extra=mp4.meta(mp4.item(b"\0\0\0\1", SECRET), keys=(b"place",))),
    lambda: mp4.fragments(SECRET, b"unclaimed"),
    lambda: mp4.fragments(SECRET, b"unclaimed", relative=False),
    _elements,
    photos.plain,
    lambda: photos.photo(photos.segment(0xFE, SECRET), tail=SECRET),
    lambda: pictures.png(pictures.chunk(b"tEXt", b"a\0" + SECRET), after=pictures.chunk(b"eXIf", stills.EXIF[4:])),
    lambda: pictures.webp(pictures.riff(b"EXIF", stills.EXIF[4:]), pictures.riff(b"XMP ", stills.XMP)),
    lambda: pictures.wav(pictures.riff(b"LIST", b"INFO", pictures.riff(b"ICMT", SECRET))),
    lambda: pictures.gif(b"\x21\xfe" + pictures.sub_blocks(SECRET), tail=SECRET),
    lambda: pictures.gif(pictures.application(b"XMP DataXMP", stills.XMP + b"\1" + bytes(range(255, -1, -1)) + b"\0")),
    lambda: stills.EXIF[4:],
    lambda: stills.still(stills.mime(stills.XMP)),
    stills.avif,
    lambda: stills.avif(frames=2),
    lambda: test_ogg.opus(SECRET, tail=SECRET),
    lambda: test_sound_frames.flac((4, SECRET)),
    lambda: test_sound_frames.flac((4, SECRET)) + test_sound_frames.ape(b"Title", SECRET),
    lambda: (
        test_sound_frames.id3(b"TIT2" + bytes([0, 0, 0, 20, 0, 0]) + bytes(20)) + MP3_FRAME * 3 + b"TAG" + bytes(125)
    ),
    lambda: MP3_FRAME * 3 + test_sound_frames.lyrics(SECRET) + test_sound_frames.ape(b"Title", SECRET),
    lambda: b"#!AMR\n" + bytes([0x3C, *bytes(31)]) * 3,
    lambda: b"#!AMR-WB\n" + bytes([0x24, *bytes(32)]) * 3,
)
