"""What a command prints and writes.

The result goes to standard output. Everything else goes to standard error: lines that begin with `amparo:`, lower case,
without a full stop; the next step on a line that begins with `hint:`. Files and folders get their name only when they
are whole, and never replace what is there.
"""

import contextlib
import errno
import fcntl
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from tqdm import tqdm

from api.cli.failures import WrongUse
from evidence.canonical import Json

_ANOTHER_NAME: Final = "choose another name, or move the old one away"
# What link(2) answers on file systems without hard links (FAT on a memory stick).
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def say(text: str = "") -> None:
    """A line of the result."""
    print(_shown(text))


def warn(text: str, hint: str = "") -> None:
    """A line beside the result, with the next step if there is one."""
    print(_shown(f"amparo: {text}"), file=sys.stderr)
    if hint:
        print(_shown(f"hint: {hint}"), file=sys.stderr)


def note(text: str) -> None:
    """A line beside the result, which programs need not read."""
    print(_shown(text), file=sys.stderr)


def print_json(value: Json) -> None:
    """The result for programs: one JSON value, UTF-8."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


class Progress:
    """How far a long work is: bytes, rate and time left, on standard error and only when that is a terminal.

    `total` is in `unit`s (bytes by default); None when it is not known. Use as a context manager.
    """

    def __init__(self, total: int | None, what: str, unit: str = "B") -> None:
        self._bar = tqdm(
            total=total,
            desc=what,
            unit=unit,
            unit_scale=unit == "B",
            unit_divisor=1024,
            leave=False,
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
        )

    def update(self, done: int) -> None:
        """This much more is done."""
        self._bar.update(done)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()


def counted(pieces: Iterable[bytes], progress: Callable[[int], object]) -> Iterator[bytes]:
    """The pieces as they come, each one's bytes told to `progress` as it passes."""
    for piece in pieces:
        progress(len(piece))
        yield piece


@contextlib.contextmanager
def new_file(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A file to write and to read again, which gets its name, durable, when the block ends well.

    WrongUse when the name is taken.
    """
    require_free(path)
    partial = _beside(path)
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        _name(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    _sync(path.parent)


@contextlib.contextmanager
def kept_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write and read, which gets its name, durable, when the block ends well.

    When the block fails, what was written stays beside it under a hidden name, and the next call hands it out again.
    """
    require_free(path)
    partial = path.parent / f".{path.name}.partial"
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WrongUse(f"{path} is being written by another command", "wait for it to end") from None
        yield file
        file.flush()
        os.fsync(descriptor)
        _name(partial, path)
        partial.unlink(missing_ok=True)
    _sync(path.parent)


@contextlib.contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """A folder (mode 700) to fill, which gets its name when the block ends well; WrongUse when the name is taken.

    When the block fails, nothing of it stays.
    """
    require_free(path)
    partial = _beside(path)
    partial.mkdir(mode=0o700)
    try:
        yield partial
        require_free(path)
        partial.rename(path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync(path.parent)


def _shown(text: str) -> str:
    """Without what would steer a terminal: purposes and reasons are other people's words."""
    return "".join(each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}" for each in text)


def _beside(path: Path) -> Path:
    return path.parent / f".{path.name}.partial-{secrets.token_hex(4)}"


def require_free(path: Path) -> None:
    """WrongUse unless nothing has this name yet, in a folder that exists: ask before long work."""
    if os.path.lexists(path):
        raise WrongUse(f"{path} exists already, and nothing is overwritten", _ANOTHER_NAME)
    if not path.parent.is_dir():
        raise WrongUse(f"{path.parent} is no folder", "make the folder first")


def _name(partial: Path, path: Path) -> None:
    """Give a whole file its name; unlike rename(2), link(2) fails when the name is taken."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise WrongUse(f"{path} exists already, and nothing is overwritten", _ANOTHER_NAME) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        require_free(path)
        partial.rename(path)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError:  # a file system that cannot sync folders
        pass
    finally:
        os.close(descriptor)
