"""Look for traces of what must not be on a disk: words in any file, and runs of bytes of a plaintext."""

import base64
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

RUN: Final = 64  # bytes of plaintext in a row that count as a trace
_BLOCK: Final = 32  # every run of 64 bytes in a file holds one whole block of 32, aligned in that file
_DULL: Final = 8  # a block with fewer different bytes (zeros, padding) says nothing


def files(folders: Iterable[Path]) -> Iterator[Path]:
    """Every readable regular file below the folders, hidden ones too."""
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def words(found: Iterable[Path], needles: Iterable[bytes]) -> list[tuple[str, bytes]]:
    """File and needle of every needle that stands in a file or in its name."""
    wanted = list(needles)
    hits = []
    for path in found:
        data = contents(path)
        hits += [(path.name, needle) for needle in wanted if needle in data or needle in path.name.encode()]
    return hits


def runs(found: Iterable[Path], plaintexts: Iterable[bytes]) -> list[str]:
    """Files that hold 64 bytes in a row of a plaintext, at whatever place."""
    holding: dict[bytes, Path] = {}
    for path in found:
        data = contents(path)
        for at in range(0, len(data) - _BLOCK + 1, _BLOCK):
            block = data[at : at + _BLOCK]
            if len(set(block)) >= _DULL:
                holding[block] = path
    return sorted({str(path) for plaintext in plaintexts for path in _sharing(plaintext, holding)})


def _sharing(plaintext: bytes, holding: dict[bytes, Path]) -> Iterator[Path]:
    for at in range(len(plaintext) - _BLOCK + 1):
        path = holding.get(plaintext[at : at + _BLOCK])
        if path is not None:
            starts = range(max(0, at - _BLOCK), min(at, len(plaintext) - RUN) + 1)
            data = contents(path)
            if any(plaintext[start : start + RUN] in data for start in starts):
                yield path


def contents(path: Path) -> bytes:
    """A file's bytes; nothing when it is gone or closed meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def spellings(latitude: float, longitude: float) -> list[bytes]:
    """Ways in which a place (decimal degrees) may stand in a file, each long enough not to occur by chance."""
    found: list[bytes] = []
    for value in (latitude, longitude):
        found += [f"{abs(value):.{digits}f}".encode() for digits in (4, 5, 6, 7)]
        found += [f"{value:+0{width}.4f}".encode() for width in (8, 9)]
        found += [struct.pack(order + "d", sign * value) for order in "<>" for sign in (1, -1)]
    for order in "<>":
        for kind, factor in (("f", 1.0), ("i", 1e7), ("i", 1e6), ("i", 65536.0)):
            numbers = [value * factor if kind == "f" else round(value * factor) for value in (latitude, longitude)]
            found.append(struct.pack(f"{order}2{kind}", *numbers))
            found.append(struct.pack(f"{order}2{kind}", *reversed(numbers)))
    texts = [text for text in found if text.isascii()]
    found += [base64.b64encode(text.ljust(len(text) // 3 * 3)[: len(text) // 3 * 3]) for text in texts if len(text) > 8]
    found += [text.decode("ascii").encode(codec) for text in texts for codec in ("utf-16-le", "utf-16-be")]
    return found
