"""What a witness remembers, on disk before it answers: its logs, and of each the newest checkpoint that it cosigned."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evidence.tlog.keys import VerifierKey
from evidence.tlog.merkle import EMPTY_ROOT

FILE: Final = "witness.db"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS logs (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB);
CREATE TABLE IF NOT EXISTS keys (origin TEXT NOT NULL REFERENCES logs, vkey TEXT NOT NULL, PRIMARY KEY (origin, vkey));
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a witness saw a log: size, root (32 bytes), the cosigned note; size 0 and no note before the first."""

    size: int
    root: bytes
    note: bytes


class State:
    """The witness's database; each transaction has a connection of its own, so any number of threads may call."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        with self._transaction() as connection:
            for statement in _SCHEMA.strip().split("\n"):
                connection.execute(statement)

    def add(self, origin: str, key: VerifierKey) -> None:
        """Cosign the log of this origin from now on, when this key signed; a log may have several."""
        with self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO logs VALUES (?, 0, ?, NULL)", (origin, EMPTY_ROOT))
            connection.execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", (origin, key.vkey))

    def keys(self, origin: str) -> list[VerifierKey]:
        """The keys of a log; none when it is unknown."""
        with self._transaction() as connection:
            rows = connection.execute("SELECT vkey FROM keys WHERE origin = ?", (origin,)).fetchall()
        return [VerifierKey.parse(vkey) for (vkey,) in rows]

    def origins(self) -> list[str]:
        """Every log."""
        with self._transaction() as connection:
            return [origin for (origin,) in connection.execute("SELECT origin FROM logs ORDER BY origin")]

    def seen(self, origin: str) -> Seen:
        """How far the log was seen; KeyError when it is unknown."""
        with self._transaction() as connection:
            return _seen(connection, origin)

    @contextmanager
    def moving(self, origin: str) -> Iterator["Move"]:
        """Look and move on as one: no other request sees or changes the log meanwhile. Durable once it is left."""
        with self._transaction() as connection:
            yield Move(connection, origin, _seen(connection, origin))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")  # a commit survives power loss
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


@dataclass(frozen=True, slots=True)
class Move:
    """One log held still; `seen` is where it stands."""

    connection: sqlite3.Connection
    origin: str
    seen: Seen

    def to(self, size: int, root: bytes, note: bytes) -> None:
        """Remember a newer checkpoint."""
        self.connection.execute(
            "UPDATE logs SET size = ?, root = ?, note = ? WHERE origin = ?", (size, root, note, self.origin)
        )


def _seen(connection: sqlite3.Connection, origin: str) -> Seen:
    row = connection.execute("SELECT size, root, note FROM logs WHERE origin = ?", (origin,)).fetchone()
    if row is None:
        raise KeyError(origin)
    return Seen(row[0], bytes(row[1]), bytes(row[2] or b""))
