"""Read files that a person named: ranges of regular files, nothing else."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from api.cli.failures import WrongUse

CHUNK: Final = 1 << 20  # bytes


class FileReader:
    """Random access to one open file; satisfies `evidence.archive.Source` and `redaction.reader.Reader`."""

    def __init__(self, path: Path | int) -> None:
        """Open it (a descriptor: what is open there); OSError, or WrongUse when it is not a regular file."""
        # A named pipe must not stop us: O_NONBLOCK.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
        self._descriptor = os.dup(path) if isinstance(path, int) else os.open(path, flags)
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise WrongUse(f"{path} is not a file", "check the path, and try again")
        self._size = status.st_size

    @property
    def size(self) -> int:
        """Length in bytes when it was opened."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """The bytes of `[offset, offset + length)`, cut at the end."""
        pieces = []
        left = max(0, min(length, self._size - offset))
        while left:
            piece = os.pread(self._descriptor, left, offset)
            if not piece:
                break  # cut short since it was opened: whoever hashes it will see
            pieces.append(piece)
            offset, left = offset + len(piece), left - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def chunks(self) -> Iterator[bytes]:
        """Everything from the start, in pieces of `CHUNK` bytes; the last may be shorter."""
        for offset in range(0, self._size, CHUNK):
            yield self.read(offset, CHUNK)

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
