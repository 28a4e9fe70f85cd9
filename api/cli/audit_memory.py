"""The auditor's state file: what was seen last time, and what the rules of custody remember of all earlier events.

An SQLite file, so that a new audit reads and writes only what new events touch, and a crash leaves the old state.
What the rules remember lies in `PIECES` pieces, found by hash; each piece has its SHA-256 in a list, the list has its
own in the head (`AuditState`), and the head its own beside it. So damage, a cut file and an edit by hand show,
whatever part of the file they are in, as soon as that part is read. It is no proof against somebody who makes the
hashes good again: the file belongs where the vault's operator cannot write.

Without a file the same lies in a private temporary database of SQLite's, which has no name.
"""

import contextlib
import hashlib
import os
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from api.cli.failures import CheckFailed
from evidence.audit_state import AuditState
from evidence.errors import EvidenceError

PIECES: Final = 16384
CACHED_BYTES: Final = 96 << 20  # of pieces, before those that changed are written and all are forgotten
CACHED_TEXTS: Final = 1 << 16
LOCK_SECONDS: Final = 1.0  # how long to wait for another audit with the same file
_DIGEST: Final = 16  # bytes of a SHA-256 that name a key, or vouch for a piece
_LENGTH: Final = 2  # bytes; the longest text is a person's line
_APPLICATION: Final = 0x414D5041  # "AMPA"
_VERSION: Final = 2
_IN_THE_WAY: Final = frozenset({"SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_FULL", "SQLITE_IOERR"})


class StateDamaged(Exception):
    """The state file is cut, damaged, edited, or no state file; the text says which."""


class AuditMemory:
    """`custody.Memory` over one file; nothing is kept before `keep`. Use as a context manager."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._texts: dict[str, str | None] = {}
        self._places: dict[str, tuple[bytes, int]] = {}  # of the keys that were looked up
        self._changed: set[str] = set()
        self._pieces: dict[int, bytes] = {}
        self._dirty: set[int] = set()
        self._bytes = 0
        self._digests = bytearray(_DIGEST * PIECES)
        self._existed = path is not None and path.exists()
        if path is not None and not self._existed:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        self._database = sqlite3.connect("" if path is None else path, isolation_level=None, timeout=LOCK_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()  # which rolls back what was not kept
        if self._path is not None and not self._existed:
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()

    def open(self) -> AuditState | None:
        """What was kept; None where there is no file yet. StateDamaged when it is not whole."""
        try:
            self._database.execute("PRAGMA trusted_schema=OFF")
            self._database.execute("BEGIN IMMEDIATE")
            if self._existed:
                return self._head()
            self._create()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname in _IN_THE_WAY:
                raise CheckFailed(
                    "the state file cannot be written, or another audit uses it", "wait for it, or look at the folder"
                ) from None
            raise StateDamaged("the state file is cut or damaged, or is none") from None
        except EvidenceError as error:
            raise StateDamaged(f"the state file was changed by hand or damaged: {error.reason}") from None
        return None

    def clear(self) -> None:
        """Forget everything, as at a log's first event."""
        self._texts.clear()
        self._places.clear()
        self._changed.clear()
        self._pieces.clear()
        self._dirty.clear()
        self._bytes = 0
        self._digests = bytearray(_DIGEST * PIECES)
        self._database.execute("DELETE FROM pieces")

    def get(self, key: str, /) -> str | None:
        """See `custody.Memory`."""
        try:
            return self._texts[key]
        except KeyError:
            text = self._texts[key] = self._look_up(key)
            return text

    def __setitem__(self, key: str, value: str, /) -> None:
        if len(self._texts) >= CACHED_TEXTS:
            self._sort_in()
        self._texts[key] = value
        self._changed.add(key)

    def keep(self, state: AuditState) -> None:
        """Write everything, durably and at once."""
        self._sort_in()
        self._write_pieces()
        digests = bytes(self._digests)
        kept = AuditState(
            state.origin, state.note, state.root, state.tree, state.replayed, state.growth, _sha256(digests).hex()
        )
        head = kept.encode()
        rows = [("head", head), ("head_sha256", _sha256(head)), ("digests", digests)]
        self._database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)
        self._database.execute("COMMIT")
        self._existed = True

    def _create(self) -> None:
        self._database.execute(f"PRAGMA application_id={_APPLICATION}")
        self._database.execute(f"PRAGMA user_version={_VERSION}")
        self._database.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        self._database.execute("CREATE TABLE pieces (number INTEGER PRIMARY KEY, content BLOB NOT NULL)")

    def _head(self) -> AuditState:
        versions = [
            self._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        ]
        if versions != [_APPLICATION, _VERSION]:
            raise StateDamaged("the state file is none, or one of another version")
        rows = dict(self._database.execute("SELECT name, value FROM meta"))
        head, digests = rows.get("head"), rows.get("digests")
        if not isinstance(head, bytes) or not isinstance(digests, bytes) or _sha256(head) != rows.get("head_sha256"):
            raise StateDamaged("the state file was changed by hand or damaged: its head")
        state = AuditState.parse(head)
        if _sha256(digests).hex() != state.memory or len(digests) != _DIGEST * PIECES:
            raise StateDamaged("the state file was changed by hand or damaged: its list of hashes")
        self._digests = bytearray(digests)
        return state

    def _look_up(self, key: str) -> str | None:
        name, number = self._places[key] = _place(key)
        piece = self._piece(number)
        at = _find(piece, name)
        return None if at is None else piece[slice(*at)].decode()

    def _piece(self, number: int) -> bytes:
        piece = self._pieces.get(number)
        if piece is None:
            if self._bytes > CACHED_BYTES:
                self._write_pieces()
                self._pieces.clear()
                self._bytes = 0
            piece = self._pieces[number] = self._read(number)
            self._bytes += len(piece)
        return piece

    def _read(self, number: int) -> bytes:
        digest = self._digests[number * _DIGEST : (number + 1) * _DIGEST]
        if not any(digest):  # nothing was ever put here
            return b""
        try:
            row = self._database.execute("SELECT content FROM pieces WHERE number = ?", (number,)).fetchone()
        except sqlite3.DatabaseError:
            raise StateDamaged("the state file is cut or damaged") from None
        if row is None or not isinstance(row[0], bytes) or _sha256(row[0])[:_DIGEST] != digest:
            raise StateDamaged("the state file was changed by hand or damaged: what it remembers of events")
        return row[0]

    def _sort_in(self) -> None:
        """Put the texts that changed into their pieces, and forget all texts."""
        for key in self._changed:
            text = (self._texts[key] or "").encode()
            name, number = self._places.get(key) or _place(key)
            piece = self._piece(number)
            at = _find(piece, name)
            if at is None:
                new = b"".join((piece, name, len(text).to_bytes(_LENGTH, "big"), text))
            else:
                new = b"".join((piece[: at[0] - _LENGTH], len(text).to_bytes(_LENGTH, "big"), text, piece[at[1] :]))
            self._bytes += len(new) - len(piece)
            self._pieces[number] = new
            self._dirty.add(number)
        self._changed.clear()
        self._places.clear()
        self._texts.clear()

    def _write_pieces(self) -> None:
        for number in self._dirty:
            self._digests[number * _DIGEST : (number + 1) * _DIGEST] = _sha256(self._pieces[number])[:_DIGEST]
        rows = ((number, self._pieces[number]) for number in sorted(self._dirty))
        self._database.executemany("INSERT OR REPLACE INTO pieces VALUES (?, ?)", rows)
        self._dirty.clear()


def _place(key: str) -> tuple[bytes, int]:
    """A key's name in its piece, and the piece's number."""
    name = _sha256(key.encode())[:_DIGEST]
    return name, int.from_bytes(name[:2], "big") % PIECES


def _find(piece: bytes, name: bytes) -> tuple[int, int] | None:
    """Where in a piece the text of this name begins and ends."""
    if name not in piece:
        return None
    at = 0
    while at < len(piece):  # step by step: what merely looks like the name may stand in a text
        start = at + _DIGEST + _LENGTH
        end = start + int.from_bytes(piece[at + _DIGEST : start], "big")
        if piece.startswith(name, at):
            return start, end
        at = end
    return None


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
