"""The store that is a directory of one POSIX file system with hard links (ext4, XFS, Btrfs, ZFS)."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from vault.errors import AlreadyExists, InvalidKey, NotFound, StoreUnavailable, TooLarge
from vault.store.directories import (
    Directories,
    blur,
    blur_directory,
    list_keys,
    read_failure,
    split,
    sweep,
    write_failure,
)
from vault.store.protocol import MAX_READ, MIB, PARTIAL, checked_key, checked_prefix

_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a named pipe put in our way must not stop us; regular files ignore it.
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FilesystemStore:
    """A directory; each object is a file whose path is its key.

    Its thief gets sealed objects, their sizes and times, and the names of keys: no content. It is trusted to keep what
    it was given and to forget what was deleted; it is *not* trusted to keep it unaltered (fixity finds out).

    Files are 0600, directories 0700. Symbolic links below the root are never followed.
    """

    def __init__(self, root: Path) -> None:
        """Use `root`, which must be a directory: a missing disk must not turn into an empty store."""
        self._directories = Directories(root)
        self._directories.check()

    def put(self, key: str, data: bytes, *, media_type: str = "application/octet-stream") -> None:  # noqa: ARG002 (a file has none)
        """See `Store.put`."""
        with self.write(key) as writer:
            writer.write(data)
            writer.commit()

    def create(self, key: str, data: bytes) -> None:
        """See `Store.create`."""
        while True:
            with self.write(key) as writer:
                writer.write(data)
                if writer.commit_new():
                    return
            # Looked at after losing, not before: between two creators the file system alone decides.
            with contextlib.suppress(NotFound):  # deleted in between, so nothing is in our way any more
                self._same_or_refuse(key, data)
                return

    def _same_or_refuse(self, key: str, data: bytes) -> None:
        try:
            same = self.read(key, len(data)) == data
        except TooLarge:
            same = False
        if not same:
            raise AlreadyExists("an object with other content has this key")
        # The winner may not have reached its own fsync yet, and our caller is about to rely on the object.
        self._directories.sync(key)

    def write(self, key: str) -> "FilesystemWriter":
        """See `Store.write`."""
        return FilesystemWriter(self._directories, checked_key(key))

    def read(self, key: str, max_bytes: int = MAX_READ) -> bytes:
        """See `Store.read`."""
        with self.open(key) as reader:
            if reader.size > max_bytes:
                raise TooLarge("an object is longer than the caller's cap")
            return reader.read(0, reader.size)

    def open(self, key: str) -> "FilesystemReader":
        """See `Store.open`."""
        folder, name = split(checked_key(key))
        with self._directories.opened(folder) as directory:
            try:
                return FilesystemReader(_open_quietly(name, directory))
            except OSError as error:
                raise read_failure(error) from None

    def size(self, key: str) -> int:
        """See `Store.size`."""
        with self.open(key) as reader:
            return reader.size

    def exists(self, key: str) -> bool:
        """See `Store.exists`."""
        try:
            self.open(key).close()
        except NotFound:
            return False
        return True

    def stored_at(self, key: str) -> datetime:
        """See `Store.stored_at`: the hour that the file shows."""
        with self.open(key) as reader:
            return reader.stored_at

    def delete(self, key: str) -> None:
        """See `Store.delete`. Directories left empty go too, so that no name outlives its objects."""
        folder, name = split(checked_key(key))
        try:
            with self._directories.opened(folder) as directory:
                try:
                    with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                        os.unlink(name, dir_fd=directory)
                    blur_directory(directory)
                    # Even when it was gone already: whoever removed it may not have synced yet.
                    os.fsync(directory)
                except OSError as error:
                    raise write_failure(error) from None
        except NotFound:
            return
        self._directories.prune(folder)

    def list(self, prefix: str = "") -> Iterator[str]:
        """See `Store.list`."""
        return list_keys(self._directories, checked_prefix(prefix))

    def free(self) -> int:
        """See `Store.free`."""
        return self._directories.free()

    def sweep(self) -> int:
        """See `Store.sweep`. A living writer holds a lock on its file; what nobody locks was left by a dead one."""
        return sweep(self._directories)


class FilesystemReader:
    """See `StoreReader`. The open file is one version for good: replacing or deleting touches only names."""

    def __init__(self, descriptor: int) -> None:
        """Take over the descriptor; NotFound when it is no regular file."""
        self._descriptor = descriptor
        try:
            status = os.fstat(descriptor)
        except OSError as error:
            self.close()
            raise read_failure(error) from None
        if status.st_mode & 0o170000 != 0o100000:
            self.close()
            raise NotFound("no object has this key")
        self._size = status.st_size
        self.stored_at = datetime.fromtimestamp(status.st_mtime, UTC)
        """When the file was written, to the hour."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """See `StoreReader.read`."""
        if offset < 0 or length < 0:
            raise ValueError("offset and length are counted from 0")
        pieces: list[bytes] = []
        left = min(length, max(0, self._size - offset))
        while left:
            piece = self._pread(left, offset)
            if not piece:
                raise StoreUnavailable("a file ended before its length")
            pieces.append(piece)
            offset += len(piece)
            left -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _pread(self, length: int, offset: int) -> bytes:
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise read_failure(error) from None

    def chunks(self, offset: int = 0, length: int | None = None, chunk: int = MIB) -> Iterator[bytes]:
        """See `StoreReader.chunks`."""
        end = self._size if length is None else min(self._size, offset + length)
        for start in range(offset, end, chunk):
            yield self.read(start, min(chunk, end - start))

    def close(self) -> None:
        """See `StoreReader.close`."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FilesystemWriter:
    """See `StoreWriter`. Writes to a partial file beside the key, and gives it its name when it is whole and synced.

    Killed before the rename: a partial file is left, which nothing lists and `sweep` removes.
    Power lost after the rename but before the directory's fsync: the old object, or nothing, or the new one whole,
    because its bytes were synced first; and nobody was told yet that it is stored.
    """

    def __init__(self, directories: Directories, key: str) -> None:
        self._directories = directories
        self._key = key
        folder, self._name = split(key)
        self._partial = PARTIAL + secrets.token_hex(8)
        self._directory, self._descriptor = self._start(folder)

    def _start(self, folder: tuple[str, ...]) -> tuple[int, int]:
        while True:
            directory = self._directories.make(folder)
            descriptor = -1
            try:
                descriptor = os.open(self._partial, _CREATE, 0o600, dir_fd=directory)
                fcntl.flock(descriptor, fcntl.LOCK_EX)  # tells `sweep` that we live
                if os.fstat(descriptor).st_nlink:
                    return directory, descriptor
            except FileNotFoundError:
                pass  # a delete pruned the directory between `make` and here
            except OSError as error:
                _close(descriptor, directory)
                self._directories.prune(folder)
                raise write_failure(error) from None
            # Or `sweep` took the partial before it was locked. Either way, once more.
            _close(descriptor, directory)

    def write(self, data: bytes) -> None:
        """See `StoreWriter.write`."""
        descriptor = self._alive()
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(descriptor, view) :]
        except OSError as error:
            self._abandon()
            raise write_failure(error) from None

    def commit(self) -> None:
        """See `StoreWriter.commit`."""
        descriptor = self._alive()
        try:
            blur(descriptor)
            os.fsync(descriptor)
            os.rename(self._partial, self._name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        except IsADirectoryError:
            self._abandon()
            raise InvalidKey("a key is the folder of another") from None
        except OSError as error:
            self._abandon()
            raise write_failure(error) from None
        self._release()
        self._directories.sync(self._key)

    def commit_new(self) -> bool:
        """Like `commit`, but False, and nothing of it remains, when something already has the key."""
        descriptor = self._alive()
        try:
            blur(descriptor)
            os.fsync(descriptor)
            # link(2), unlike rename(2), fails when the name is taken.
            os.link(self._partial, self._name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        except FileExistsError:
            if self._directories.holds(self._key):
                raise InvalidKey("a key is the folder of another") from None
            return False
        except OSError as error:
            raise write_failure(error) from None
        finally:
            self._abandon()  # the partial name only: once linked, the file lives on under the key
        self._directories.sync(self._key)
        return True

    def _alive(self) -> int:
        if self._descriptor < 0:
            raise RuntimeError("the writer is committed or abandoned")
        return self._descriptor

    def _abandon(self) -> None:
        if self._descriptor < 0:
            return
        try:
            os.unlink(self._partial, dir_fd=self._directory)
        except OSError:
            pass  # an unreachable disk; `sweep` takes it when it is back
        finally:
            self._release()
        self._directories.prune(split(self._key)[0])

    def _release(self) -> None:
        with contextlib.suppress(OSError):  # an unreachable disk
            blur_directory(self._directory)
        _close(self._descriptor, self._directory)
        self._descriptor = self._directory = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandon()


def _open_quietly(name: str, directory: int) -> int:
    """Open for reading, without a trace of when it was read; files of another owner cannot be opened so."""
    try:
        return os.open(name, _READ | os.O_NOATIME, dir_fd=directory)
    except PermissionError:
        return os.open(name, _READ, dir_fd=directory)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        if descriptor >= 0:
            os.close(descriptor)
