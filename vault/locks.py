"""One at a time, whoever asks: uploads to one case get their numbers in order, a bundle is sealed once, one log grows.

Names are locked, not things: a case, a request, the log. The locks of an SQLite vault lie in a file of its folder and
hold among all processes of one machine; those of PostgreSQL lie in the database and hold among all machines. Both are
let go when their holder dies, however it dies, so another takes over at once.
"""

import fcntl
import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from vault.errors import DatabaseUnavailable

SEQUENCER: Final = "sequencer"
"""Held while the log grows."""

StillHeld = Callable[[], None]
"""Raises DatabaseUnavailable when the lock may have been lost meanwhile: its connection broke."""

_FLOCK: Final = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, length, pid


class Locks(Protocol):
    """A lock for each name."""

    def hold(self, name: str) -> AbstractContextManager[StillHeld]:
        """Wait for the name, and keep every other thread, process and machine of this vault out of it meanwhile.

        Not to be taken again by who holds it: that waits for ever.
        """
        ...


class FileLocks:
    """Locks on single bytes of one empty file (fcntl(2), open file description locks): nothing is left behind."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def hold(self, name: str) -> Iterator[StillHeld]:
        """See `Locks.hold`."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            place = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _number(name) >> 1, 1, 0)
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, place)
            yield _always_held
        finally:
            os.close(descriptor)  # which also unlocks


class DatabaseLocks:
    """Advisory locks of PostgreSQL, each on a connection of its own; `engine` must not pool connections."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def hold(self, name: str) -> Iterator[StillHeld]:
        """See `Locks.hold`; DatabaseUnavailable."""
        connection = self._connected(f"SELECT pg_advisory_lock({_signed(name)})")
        try:

            def still_held() -> None:
                try:
                    connection.exec_driver_sql("SELECT 1")
                except DBAPIError:
                    raise DatabaseUnavailable("the connection that held a lock broke") from None

            yield still_held
        finally:
            connection.close()  # without a pool this ends the session, which also unlocks

    def _connected(self, statement: str) -> Connection:
        connection: Connection | None = None
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(statement)
        except DBAPIError:
            if connection is not None:
                connection.close()
            raise DatabaseUnavailable("the database does not answer") from None
        return connection


def _always_held() -> None:
    """The kernel keeps such a lock as long as the file is open."""


def _number(name: str) -> int:
    """64 bits for a name; names never collide by accident, and who could make them collide gains a wait."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def _signed(name: str) -> int:
    """The same as PostgreSQL's bigint."""
    return _number(name) - (1 << 63)
