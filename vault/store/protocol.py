"""What an object store promises, whichever it is.

There is no common base class: each store is held to these promises by the one contract suite in `tests/stores`.
Stores are synchronous and may be used by many threads at once; readers and writers belong to one thread each.

A key is a strict relative path: segments of `[A-Za-z0-9._-]`, at most 255 bytes each, joined by `/`, at most 512 bytes
in all; no segment is `.` or `..` or starts with `.partial-`. No key may be the folder of another (`a` and `a/b`): a
directory cannot hold both.

Every method may raise `StoreUnavailable`; those that write, `NoSpace`; all that take a key, `InvalidKey`.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Final, Protocol, Self

from vault.errors import InvalidKey

MIB: Final = 1 << 20
MAX_KEY: Final = 512  # bytes
MAX_READ: Final = 64 * MIB  # bytes that `Store.read` returns unless told otherwise
PARTIAL: Final = ".partial-"  # how names of unfinished objects start

_SEGMENT: Final = r"(?!\.{1,2}(?:/|\Z))(?!\.partial-)[A-Za-z0-9._-]{1,255}"
_KEY: Final = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_ONE_SEGMENT: Final = re.compile(_SEGMENT)


class StoreReader(Protocol):
    """One version of one object, open for reading; satisfies `redaction.reader.Reader`.

    Deleting or replacing the object meanwhile never mixes two versions: reads go on from the old, or raise Conflict.
    """

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """The bytes of `[offset, offset + length)`, cut at the end; ValueError when either is negative."""
        ...

    def chunks(self, offset: int = 0, length: int | None = None, chunk: int = MIB) -> Iterator[bytes]:
        """The bytes of `[offset, offset + length)` (None: to the end) in pieces of `chunk`; the last may be shorter."""
        ...

    def close(self) -> None:
        """Let go of the object; may be called twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class StoreWriter(Protocol):
    """An object being written. It exists, whole, once `commit` returns; left without, nothing of it remains."""

    def write(self, data: bytes) -> None:
        """Append; after an error the writer is abandoned."""
        ...

    def commit(self) -> None:
        """Make the object appear (or replace the old one), durable on return; RuntimeError when called twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Store(Protocol):
    """Bytes under keys."""

    def put(self, key: str, data: bytes, *, media_type: str = "application/octet-stream") -> None:
        """Store or replace, in one step; durable on return. `media_type` is for stores that tell it to browsers."""
        ...

    def create(self, key: str, data: bytes) -> None:
        """Store where nothing is; no-op when the same bytes are there, else AlreadyExists. Durable on return."""
        ...

    def write(self, key: str) -> StoreWriter:
        """Store or replace an object too big for memory; use as a context manager."""
        ...

    def read(self, key: str, max_bytes: int = MAX_READ) -> bytes:
        """The whole object; NotFound, or TooLarge when it is longer than `max_bytes`."""
        ...

    def open(self, key: str) -> StoreReader:
        """Ranges of an object; NotFound. Use as a context manager."""
        ...

    def size(self, key: str) -> int:
        """Length in bytes; NotFound."""
        ...

    def exists(self, key: str) -> bool:
        """Whether an object has this key."""
        ...

    def stored_at(self, key: str) -> datetime:
        """When the object was stored, to the hour or finer, in UTC; NotFound."""
        ...

    def delete(self, key: str) -> None:
        """Remove; no-op when nothing is there. Durable on return."""
        ...

    def list(self, prefix: str = "") -> Iterator[str]:
        """The keys that start with `prefix` (any beginning of a key), in ASCII order, whole objects only.

        Objects that appear or vanish meanwhile may be listed or not.
        """
        ...

    def free(self) -> int | None:
        """Bytes that may still be stored; None where the store does not tell."""
        ...

    def sweep(self) -> int:
        """Remove what writers that died left behind; how many. Safe beside living writers on the same machine."""
        ...


def checked_key(key: str) -> str:
    """The key, if it is spelt as the head of this module says; else InvalidKey."""
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        raise InvalidKey("a key is not a strict relative path")
    return key


def checked_prefix(prefix: str) -> str:
    """The prefix, if some key could start with it; else InvalidKey."""
    # What a prefix lacks to be a key is, at most, the rest of its last segment.
    if prefix and (len(prefix) > MAX_KEY or not (_KEY.fullmatch(prefix) or _KEY.fullmatch(prefix + "x"))):
        raise InvalidKey("a prefix is not the beginning of a strict relative path")
    return prefix


def is_segment(name: str) -> bool:
    """Whether a name could be one segment of a key; others (`lost+found`) are not ours to list."""
    return _ONE_SEGMENT.fullmatch(name) is not None
