"""A backup becomes a folder again: the reverse of `backup`, on the computer of a custodian.

Whoever has a custodian's public line can seal a file to it: what is unpacked is not trusted. Only plain files and
folders inside the new folder are made, each once; a file that ends early gives nothing.
"""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from vault.settings import TRUST_FILE

_CHUNK: Final = 1 << 20  # bytes


class MalformedBackup(ValueError):
    """What was opened is no backup of a vault; the message is a fixed phrase."""


def unpack(pieces: Iterator[bytes], folder: Path) -> int:
    """Fill `folder` from a backup's tar, which comes in pieces; how many files it held. MalformedBackup."""
    source = _Pieces(pieces)
    count = 0
    try:
        with tarfile.open(mode="r|", fileobj=io.BufferedReader(source, _CHUNK), bufsize=_CHUNK) as tar:
            for member in tar:
                count += _take(tar, member, folder)
    except tarfile.TarError:
        raise MalformedBackup("what the file holds is no backup of a vault") from None
    source.drain()  # the last piece vouches for the end
    if not (folder / TRUST_FILE).is_file():
        raise MalformedBackup("what the file holds is no vault")
    return count


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> int:
    path = folder.joinpath(*_parts(member.name))
    if member.isdir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return 0
    content = tar.extractfile(member) if member.isreg() else None
    if content is None:
        raise MalformedBackup("the backup holds something that is neither file nor folder")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            while data := content.read(_CHUNK):
                file.write(data)
    except FileExistsError:
        raise MalformedBackup("the backup holds a file twice") from None
    return 1


def _parts(name: str) -> tuple[str, ...]:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise MalformedBackup("the backup names a place outside of its folder")
    return parts


class _Pieces(io.RawIOBase):
    """Pieces as a file that is read once, from its start to its end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """See `io.RawIOBase`."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)

    def drain(self) -> None:
        """Read to the end."""
        for _ in self._pieces:
            pass
