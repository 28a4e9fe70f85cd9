"""The directories of a file system store: walked name by name from the root, made and synced, pruned and listed.

Every step opens one name relative to the directory before it and refuses symbolic links, so that no link planted in the
store leads out of it.
"""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vault.errors import InvalidKey, NoSpace, NotFound, StoreError, StoreUnavailable, TooLarge
from vault.store.protocol import PARTIAL, is_segment

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# The root alone may be a symbolic link: where it is, is the operator's choice.
_ROOT: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

Folder = tuple[str, ...]


class Directories:
    """The tree under one root; a folder is the tuple of its names below the root."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.abspath(root)  # noqa: PTH100 (Path.resolve would follow a link that may be moved later)

    def check(self) -> None:
        """StoreUnavailable when the root is not a directory that may be read."""
        os.close(self._open_root())

    @contextlib.contextmanager
    def opened(self, folder: Folder) -> Iterator[int]:
        """A descriptor of the folder; NotFound when it, or a directory above it, is missing or no directory."""
        descriptor = self._open_root()
        try:
            for name in folder:
                descriptor = _replace(descriptor, _open_below(descriptor, name))
            yield descriptor
        finally:
            os.close(descriptor)

    def make(self, folder: Folder) -> int:
        """A descriptor of the folder, made where it is missing (0700); the caller closes it. Not yet durable."""
        while True:
            descriptor = self._open_root()
            try:
                for name in folder:
                    descriptor = _replace(descriptor, _make_below(descriptor, name))
            except FileNotFoundError:
                os.close(descriptor)  # a delete pruned a directory above under our feet: once more from the root
            except BaseException:
                os.close(descriptor)
                raise
            else:
                return descriptor

    def free(self) -> int:
        """Bytes that the file system has left for us."""
        descriptor = self._open_root()
        try:
            status = os.fstatvfs(descriptor)
        except OSError as error:
            raise write_failure(error) from None
        finally:
            os.close(descriptor)
        return status.f_bavail * status.f_frsize

    def holds(self, key: str) -> bool:
        """Whether the key is a folder."""
        try:
            with self.opened(tuple(key.split("/"))):
                return True
        except NotFound:
            return False

    def sync(self, key: str) -> None:
        """Make the name of `key`, and of every directory above it, durable.

        All of them, although most are old: a directory that is there already may have been made a moment ago by
        another thread or process that has not synced it yet, and our caller must not depend on that one's survival.
        """
        folder, _ = split(key)
        for depth in range(len(folder), -1, -1):
            # A folder that is gone was pruned by a delete that came after us: nothing is left to keep.
            with contextlib.suppress(NotFound), self.opened(folder[:depth]) as descriptor:
                try:
                    blur_directory(descriptor)
                    os.fsync(descriptor)
                except OSError as error:
                    raise write_failure(error) from None

    def prune(self, folder: Folder) -> None:
        """Remove the folder and those above it, from the bottom, as far as they are empty."""
        while folder:
            *above, name = folder
            folder = tuple(above)
            try:
                with self.opened(folder) as descriptor:
                    os.rmdir(name, dir_fd=descriptor)
                    blur_directory(descriptor)
            except (OSError, StoreError):
                return  # not empty, or gone already: what was to be deleted is deleted

    def _open_root(self) -> int:
        try:
            return os.open(self._root, _ROOT)
        except OSError as error:
            # Never NotFound: with the disk not mounted, every object would seem to be deleted.
            raise StoreUnavailable(_name(error)) from None


def blur(descriptor: int) -> None:
    """Set the times that a file or directory shows to the hour: they tell when something was uploaded.

    Its inode keeps the moment of change all the same (`ctime`, `crtime`), which no program can set.
    """
    hour = int(time.time()) // 3600 * 3600
    os.utime(descriptor, (hour, hour))


def blur_directory(descriptor: int) -> None:
    """As `blur`; a directory that is somebody else's, such as the root of a mounted disk, keeps its times."""
    with contextlib.suppress(PermissionError):
        blur(descriptor)


def split(key: str) -> tuple[Folder, str]:
    """A key's folder and the name in it."""
    *folder, name = key.split("/")
    return tuple(folder), name


def read_failure(error: OSError) -> StoreError:
    """The store's error for the system's; the system's own names a path, so raise this one `from None`."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP):
        return NotFound("no object has this key")
    return StoreUnavailable(_name(error))


def write_failure(error: OSError) -> StoreError:
    """As `read_failure`, for a file that is being written: it missing is a fault of the store, not an answer."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace("the disk or the quota is full")
    if error.errno == errno.EFBIG:
        return TooLarge("an object is longer than the file system can hold")
    return StoreUnavailable(_name(error))


def list_keys(directories: Directories, prefix: str) -> Iterator[str]:
    """The keys that start with `prefix`, in ASCII order, one directory in memory at a time per level."""
    *folder, start = prefix.split("/")
    yield from _walk(directories, tuple(folder), start)


def _walk(directories: Directories, folder: Folder, start: str) -> Iterator[str]:
    # A directory sorts as if its name ended in "/", as its keys do: `a.b` before `a/b`, because "." < "/".
    for entry in sorted(_entries(directories, folder, start)):
        if entry.endswith("/"):
            yield from _walk(directories, (*folder, entry[:-1]), "")
        else:
            yield "/".join((*folder, entry))


def _entries(directories: Directories, folder: Folder, start: str) -> list[str]:
    """Names in a folder that start with `start`, directories with a "/" behind; none when the folder is gone."""
    try:
        with directories.opened(folder) as descriptor, os.scandir(descriptor) as entries:
            return [
                entry.name + ("/" if entry.is_dir(follow_symlinks=False) else "")
                for entry in entries
                if entry.name.startswith(start)
                and is_segment(entry.name)
                and (entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False))
            ]
    except NotFound:
        return []
    except OSError as error:
        raise read_failure(error) from None


def sweep(directories: Directories, folder: Folder = ()) -> int:
    """Remove the partial files that no living writer has locked; how many."""
    removed = 0
    try:
        with directories.opened(folder) as descriptor:
            with os.scandir(descriptor) as entries:
                found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
            for name, is_folder in found:
                if is_folder and is_segment(name):
                    removed += sweep(directories, (*folder, name))
                elif name.startswith(PARTIAL):
                    removed += _remove_if_dead(descriptor, name)
    except NotFound:
        return removed  # pruned meanwhile
    except OSError as error:
        raise read_failure(error) from None
    directories.prune(folder)
    return removed


def _remove_if_dead(directory: int, name: str) -> int:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=directory)
    except (BlockingIOError, FileNotFoundError):
        return 0
    finally:
        os.close(descriptor)
    return 1


def _open_below(directory: int, name: str) -> int:
    try:
        return os.open(name, _DIRECTORY, dir_fd=directory)
    except OSError as error:
        raise read_failure(error) from None


def _make_below(directory: int, name: str) -> int:
    """Open a directory, making it where it is missing; FileNotFoundError when `directory` itself was removed."""
    while True:
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=directory)
            return os.open(name, _DIRECTORY, dir_fd=directory)
        except FileNotFoundError:
            if os.fstat(directory).st_nlink == 0:
                raise
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                raise InvalidKey("a key's folder is an object") from None
            raise write_failure(error) from None


def _replace(old: int, new: int) -> int:
    os.close(old)
    return new


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "EIO")
