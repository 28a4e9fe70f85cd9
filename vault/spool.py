"""What has to be read twice waits here: a little in memory, the rest on disk under a key that exists only in memory.

An upload is read once to plan its redaction and once to seal it, and may be larger than memory. Beyond `memory_limit`
it goes, as ChaCha20-Poly1305 chunks (RFC 8439), to a file that has no name: when the process ends, however it ends,
the file and the key are gone. Whoever takes the disk, even of the running machine, gets noise and its length.
"""

import contextlib
import errno
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from vault.errors import Altered, StoreUnavailable
from vault.store.directories import write_failure

MIB: Final = 1 << 20
CHUNK: Final = 256 * 1024  # bytes of plaintext: small enough for parsers that hop, large enough for the cipher
_TAG: Final = 16
_SEALED: Final = CHUNK + _TAG
_CACHED: Final = 4  # decrypted chunks kept for parsers that read a few bytes here and there

# What open(2) answers to O_TMPFILE where the kernel or the file system does not have it.
_NO_TMPFILE: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT})


class MemoryBudget:
    """Bytes of memory that several spools may hold together; a budget within another counts against both."""

    def __init__(self, limit: int, within: "MemoryBudget | None" = None) -> None:
        """Allow `limit` bytes."""
        self._left, self._within = limit, within
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """Bytes that may still be taken."""
        return self._left

    def take(self, count: int) -> bool:
        """Take `count` bytes, or none and say False when so many are not left."""
        with self._lock:
            if count > self._left or (self._within is not None and not self._within.take(count)):
                return False
            self._left -= count
            return True

    def give_back(self, count: int) -> None:
        """Return bytes that were taken."""
        with self._lock:
            self._left += count
        if self._within is not None:
            self._within.give_back(count)


class Spool:
    """Bytes written once, then read any number of times; satisfies `redaction.reader.Reader` once finished.

    For one thread at a time. Use as a context manager: leaving it forgets everything.
    """

    def __init__(
        self,
        directory: Path,
        memory_limit: int = 4 * MIB,
        key: bytes | None = None,
        budget: MemoryBudget | None = None,
    ) -> None:
        """Spill to `directory` beyond `memory_limit` bytes, or earlier when `budget` is used up.

        `key` is 32 bytes for this spool alone (nonces are chunk numbers); by default fresh ones from the system.
        """
        self._directory = directory
        self._limit = memory_limit
        self._budget, self._taken = budget, 0
        self._cipher: ChaCha20Poly1305 | None = ChaCha20Poly1305(os.urandom(32) if key is None else key)
        self._pending = bytearray()  # everything, until the file is opened; then what does not fill a chunk yet
        self._descriptor = -1
        self._sealed = 0  # chunks in the file
        self._size = 0
        self._finished = False
        self._cache: OrderedDict[int, bytes] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._size

    def write(self, data: bytes) -> None:
        """Append. NoSpace or StoreUnavailable when the disk does not take it; the spool is closed then."""
        self._cipher_or_raise()
        if self._finished:
            raise RuntimeError("the spool is finished")
        if self._descriptor < 0 and self._size + len(data) <= self._limit and self._take(len(data)):
            self._pending += data
        else:
            with self._closing_on_failure():
                self._spill(memoryview(data))
        self._size += len(data)

    def finish(self) -> None:
        """Nothing more will be written; from here on it can be read."""
        self._cipher_or_raise()
        if self._descriptor >= 0 and self._pending:
            with self._closing_on_failure():
                self._append(memoryview(self._pending))
            self._pending = bytearray()
        self._finished = True

    def read(self, offset: int, length: int) -> bytes:
        """The bytes of `[offset, offset + length)`, cut at the end; ValueError when either is negative."""
        self._finished_or_raise()
        if offset < 0 or length < 0:
            raise ValueError("offset and length are counted from 0")
        end = min(self._size, offset + length)
        if offset >= end:
            return b""
        if self._descriptor < 0:
            return bytes(memoryview(self._pending)[offset:end])
        first, last = offset // CHUNK, (end - 1) // CHUNK
        pieces = [self._cached(number) for number in range(first, last + 1)]
        pieces[-1] = pieces[-1][: end - last * CHUNK]
        pieces[0] = pieces[0][offset - first * CHUNK :]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def chunks(self, chunk: int = MIB) -> Iterator[bytes]:
        """Everything from the start, in pieces of `chunk` bytes; the last may be shorter."""
        for offset in range(0, self._size, chunk):
            yield self.read(offset, chunk)

    def rest(self) -> None:
        """Let go of decrypted chunks: it will not be read for a while."""
        self._cache.clear()

    def close(self) -> None:
        """Forget everything; may be called twice. Python cannot promise that memory is wiped; what can be is."""
        self._cipher = None
        self._pending[:] = bytes(len(self._pending))
        self._pending = bytearray()
        self._cache.clear()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._give_back()

    def _take(self, count: int) -> bool:
        if self._budget is not None:
            if not self._budget.take(count):
                return False
            self._taken += count
        return True

    def _give_back(self) -> None:
        if self._budget is not None:
            self._budget.give_back(self._taken)
        self._taken = 0

    def _spill(self, data: memoryview) -> None:
        if self._descriptor < 0:
            self._descriptor = _open_nameless(self._directory)
        if self._pending:
            # Fill up to a whole number of chunks, so that the rest of `data` is sealed without being copied.
            missing = -len(self._pending) % CHUNK
            self._pending += data[:missing]
            data = data[missing:]
            with memoryview(self._pending) as pending:
                kept = self._append_whole(pending)
            del self._pending[:kept]
        kept = self._append_whole(data)
        self._pending += data[kept:]
        self._give_back()

    def _append_whole(self, data: memoryview) -> int:
        """Seal all whole chunks at the start of `data`; how many bytes these are."""
        whole = len(data) - len(data) % CHUNK
        for start in range(0, whole, CHUNK):
            self._append(data[start : start + CHUNK])
        return whole

    def _append(self, chunk: memoryview) -> None:
        sealed = memoryview(self._cipher_or_raise().encrypt(_nonce(self._sealed), chunk, None))
        position = self._sealed * _SEALED
        while sealed:
            written = os.pwrite(self._descriptor, sealed, position)
            position += written
            sealed = sealed[written:]
        self._sealed += 1

    def _cached(self, number: int) -> bytes:
        plain = self._cache.get(number)
        if plain is None:
            plain = self._cache[number] = self._unseal(number)
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(number)
        return plain

    def _unseal(self, number: int) -> bytes:
        try:
            sealed = os.pread(self._descriptor, _SEALED, number * _SEALED)
        except OSError as error:
            raise write_failure(error) from None
        try:
            return self._cipher_or_raise().decrypt(_nonce(number), sealed, None)
        except InvalidTag:
            raise Altered("the spool file was changed") from None

    @contextlib.contextmanager
    def _closing_on_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.close()
            raise write_failure(error) from None

    def _cipher_or_raise(self) -> ChaCha20Poly1305:
        if self._cipher is None:
            raise RuntimeError("the spool is closed")
        return self._cipher

    def _finished_or_raise(self) -> None:
        self._cipher_or_raise()
        if not self._finished:
            raise RuntimeError("the spool is not finished")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _nonce(number: int) -> bytes:
    """A chunk's nonce: its number, which the key, being this spool's alone, never sees twice."""
    return number.to_bytes(12, "big")


def _open_nameless(directory: Path) -> int:
    """A file that no directory names, so that it ends with its descriptor."""
    flags = os.O_RDWR | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(directory, flags | os.O_TMPFILE, 0o600)
    except OSError as error:
        if error.errno not in _NO_TMPFILE:
            raise
    # Killed between these two calls, an empty file is left: nothing was written to it yet.
    path = directory / f".spool-{secrets.token_hex(8)}"
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        path.unlink()
    except OSError:
        os.close(descriptor)
        raise StoreUnavailable("a spool file could not be made nameless") from None
    return descriptor
