"""A vault as one stream: a tar of its folder and store, encrypted (age) to the custodians.

Unpacked (by `restoring`, or `age -d -i KEY FILE | tar -x`) it is a vault again; a store that was elsewhere lies in
`store/`. It is consistent while the service runs: the log and the database are taken together, under the sequencer's
lock, and everything that they speak of was stored before them. Of another database than SQLite no copy is taken:
`rebuild` makes it from the store.
"""

import contextlib
import io
import os
import secrets
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy.engine import make_url

from vault.age.stream import NONCE_BYTES, Encryptor
from vault.errors import DatabaseUnavailable, NotFound
from vault.instance import Vault
from vault.locks import SEQUENCER
from vault.sealing import FILE_KEY_BYTES
from vault.sequencer import EVENTS, LOG
from vault.settings import FILE, TRUST_FILE
from vault.store.protocol import StoreReader

Progress = Callable[[int], None]
"""Called with the number of bytes just taken."""

STAGING: Final = "staging/"
"""Uploads under way; whoever sends them sends them again."""

_CHUNK: Final = 1 << 20  # bytes
_STORE: Final = "store/"


def write_backup(vault: Vault, write: Callable[[bytes], object], progress: Progress = lambda _: None) -> int:
    """Hand the encrypted tar to `write` in pieces; how many objects it holds."""
    sealer = _Sealer(vault, write)
    with tarfile.open(mode="w|", fileobj=sealer, format=tarfile.PAX_FORMAT, bufsize=_CHUNK) as tar:
        taking = _Taking(vault, tar, progress)
        taking.folder()
        with vault.locks.hold(SEQUENCER):  # nothing is published: log and database stay at one moment
            taking.database()
            taking.objects(LOG)
            taking.objects(EVENTS)
        taking.objects("", without=(LOG, EVENTS, STAGING))
    sealer.finish()
    return taking.count


class _Sealer(io.RawIOBase):
    """What the tar is written to: seals it with a key that is wrapped to the custodians and then forgotten."""

    def __init__(self, vault: Vault, write: Callable[[bytes], object]) -> None:
        super().__init__()
        file_key = secrets.token_bytes(FILE_KEY_BYTES)
        self._encryptor = Encryptor(file_key, secrets.token_bytes(NONCE_BYTES))
        self._write = write
        self._write(vault.header(file_key))
        self._write(self._encryptor.start())

    def write(self, data: Any, /) -> int:
        """Seal the next bytes."""
        self._write(self._encryptor.update(data))
        return len(data)

    def finish(self) -> None:
        """Seal what is left."""
        self._write(self._encryptor.finish())


class _Readable(Protocol):
    """What a member of the tar is read from."""

    def read(self, size: int = ..., /) -> bytes:
        """The next `size` bytes; fewer at the end only."""
        ...


class _Taking:
    """Puts the parts of one vault into a tar."""

    def __init__(self, vault: Vault, tar: tarfile.TarFile, progress: Progress) -> None:
        self._vault, self._tar, self._progress = vault, tar, progress
        self._store = _store_folder(vault)
        self.count = 0

    def folder(self) -> None:
        """The small files of DIR, the log's signing key and the organisation's texts among them, and an empty spool."""
        settings = self._vault.settings
        own = sorted(path for path in settings.pages.glob("*") if path.is_file() and not path.is_symlink())
        for path in (*(settings.folder / name for name in (FILE, TRUST_FILE, settings.log_key)), *own):
            with path.open("rb") as file:
                self._add(self._place(path), file, os.fstat(file.fileno()).st_size)
        spool = self._member("spool", 0)
        spool.type, spool.mode = tarfile.DIRTYPE, 0o700
        self._tar.addfile(spool)

    def database(self) -> None:
        """A snapshot, if it is SQLite. It holds nothing that is secret from whoever runs the vault."""
        url = make_url(self._vault.settings.database_url)
        if url.get_backend_name() != "sqlite" or not url.database:
            return
        path = Path(url.database)
        with _snapshot(path, self._vault.settings.spool) as copy, copy.open("rb") as file:
            self._add(self._place(path), file, os.fstat(file.fileno()).st_size)

    def _place(self, path: Path) -> str:
        """Where a file of the vault lies in the tar: as in DIR, or by its name alone when it is elsewhere."""
        folder = self._vault.settings.folder.resolve()
        return str(path.resolve().relative_to(folder)) if path.resolve().is_relative_to(folder) else path.name

    def objects(self, prefix: str, without: tuple[str, ...] = ()) -> None:
        """Every object whose key begins with `prefix` and with none of `without`."""
        for key in self._vault.store.list(prefix):
            if key.startswith(without):
                continue
            try:
                reader = self._vault.store.open(key)
            except NotFound:  # withdrawn, or a partial tile overtaken, since it was listed
                continue
            with reader:
                self._add(self._store + key, _Stream(reader, self._progress), reader.size)
            self.count += 1

    def _add(self, name: str, file: _Readable, size: int) -> None:
        self._tar.addfile(self._member(name, size), file)

    def _member(self, name: str, size: int) -> tarfile.TarInfo:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, int(self._vault.now().timestamp())
        return member


class _Stream:
    """A stored object as a file that is read once, from the store in large pieces."""

    def __init__(self, reader: StoreReader, progress: Progress) -> None:
        self._chunks, self._progress = reader.chunks(0, None, _CHUNK), progress
        self._rest = b""

    def read(self, size: int = _CHUNK, /) -> bytes:
        """The next `size` bytes; fewer at the end only."""
        pieces = []
        while size:
            if not self._rest:
                self._rest = next(self._chunks, b"")
                self._progress(len(self._rest))
                if not self._rest:
                    break
            pieces.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(pieces[-1])
        return b"".join(pieces)


def _store_folder(vault: Vault) -> str:
    """Where the unpacked store lies: where the settings look for it, if that is in DIR."""
    place = vault.settings.store.removeprefix("file:")
    inside = vault.settings.store.startswith("file:") and not place.startswith("/") and ".." not in place.split("/")
    return f"{place.rstrip('/')}/" if inside else _STORE


@contextlib.contextmanager
def _snapshot(path: Path, folder: Path) -> Iterator[Path]:
    """A consistent copy of an SQLite database, removed at the end."""
    copy = folder / f"backup-{secrets.token_hex(8)}.db"
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        yield copy
    except sqlite3.Error:
        raise DatabaseUnavailable("the database does not answer, or has no space") from None
    finally:
        copy.unlink(missing_ok=True)
