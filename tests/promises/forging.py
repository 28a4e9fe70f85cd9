"""Bundles that somebody worked on: single bytes changed, files exchanged, and the ZIP and manifests made good again."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evidence import bag
from evidence.archive import Entry, layout, parse
from tests.service import Done


@dataclass(frozen=True)
class Memory:
    """Bytes as an archive's source."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def files_of(bundle: Path) -> dict[str, bytes]:
    """Every file of a bundle, by its path in the bag."""
    windows = parse(Memory(bundle.read_bytes()))
    return {name.split("/", 1)[1]: window.read(0, window.size) for name, window in windows.items()}


def zipped(request: str, files: Mapping[str, bytes]) -> bytes:
    """The one ZIP that holds these files."""
    entries = [Entry(f"{request}/{path}", len(data), zlib.crc32(data)) for path, data in sorted(files.items())]
    contents = {f"{request}/{path}": data for path, data in files.items()}
    return b"".join(piece.data if piece.entry is None else contents[piece.entry.name] for piece in layout(entries))


def made_good(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same files with manifests that fit them."""
    files = dict(files)
    payload = {path: bag.digest(data) for path, data in files.items() if path.startswith("data/")}
    files[bag.PAYLOAD_MANIFEST] = bag.manifest(payload)
    tags = {path: bag.digest(data) for path, data in files.items() if not path.startswith("data/")}
    tags.pop(bag.TAG_MANIFEST, None)
    files[bag.TAG_MANIFEST] = bag.manifest(tags)
    return files


def flipped(data: bytes, at: int | None = None) -> bytes:
    """One bit of one byte (the middle one by default) changed."""
    changed = bytearray(data)
    changed[len(data) // 2 if at is None else at] ^= 1
    return bytes(changed)


def failed(done: Done) -> str:
    """The names of the checks that `amparo open` or `verify` shows as failed, in order; empty when all passed."""
    return " ".join(line.split()[2] for line in done.out.splitlines() if line.startswith("✗"))
