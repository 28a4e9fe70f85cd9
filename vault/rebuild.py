"""Make the database anew from the store alone, believing only what the log's signature covers.

The checkpoint's signature is checked first, then every event against its log entry and the tree against the root, then
every rule of custody. The new database takes the old one's place only when all of that held; the old one is kept, of
SQLite as a file beside it, in PostgreSQL as a schema.
What the store does not have is lost: events that were recorded but never published (nobody was told of them), and the
memory of used request nonces, which live for minutes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

from sqlalchemy import Connection, insert, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateSchema

from evidence.errors import DocumentError, TileError
from evidence.event import commitment
from evidence.tlog import checkpoint, tiles
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.merkle import Frontier, leaf_hash
from evidence.tlog.tiles import TILE_WIDTH
from evidence.trust import FILE_LIMIT, Trust
from vault.clock import Clock, SystemClock
from vault.database import schema
from vault.database.connection import Database, migrate
from vault.errors import NotFound, SettingsError
from vault.locks import SEQUENCER
from vault.receipts import stored_verifier
from vault.replay import Replay
from vault.sequencer import CHECKPOINT_KEY, LOG, set_value, stored_events
from vault.settings import TRUST_FILE, Settings, load
from vault.setup import TRUST_KEY
from vault.store.locate import S3Credentials, open_store
from vault.store.protocol import Store
from vault.unfinished import note_everything

Progress = Callable[[int], None]
"""Called with the number of events just read."""

_REBUILDING: Final = ".rebuilding"
_BATCH: Final = 1000  # rows written at once
_SIDE_FILES: Final = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The result. `lost_receipts` are cases whose source cannot come back; `old` says where the old database went."""

    events: int
    cases: int
    exhibits: int
    lost_receipts: tuple[str, ...]
    old: str


def rebuild(
    folder: Path,
    clock: Clock | None = None,
    credentials: tuple[str, str] | None = None,
    progress: Progress = lambda _: None,
) -> Rebuilt:
    """Rebuild the database of the vault in `folder`, whose service must be stopped.

    An EvidenceError or StoreError when the store is not what the log's signature covers: then nothing was changed.
    """
    settings = load(folder)
    trust = _trust(folder)
    store = open_store(settings.store, folder, None if credentials is None else S3Credentials(*credentials))
    if store.read(TRUST_KEY, FILE_LIMIT) != trust.encode():
        raise DocumentError(f"the store keeps another trust anchor than {TRUST_FILE}")
    locks = Database(settings.database_url).locks(settings.lock)
    with locks.hold(SEQUENCER):  # a service that was not stopped cannot publish meanwhile
        rebuilding = _Rebuilding(store, trust, progress)
        stamp = f"{(clock or SystemClock()).now():%Y%m%dT%H%M%SZ}"
        path = _sqlite_path(settings)
        if path is None:
            return rebuilding.beside(settings.database_url, f"amparo_old_{stamp.lower()}")
        return rebuilding.instead(path, path.with_name(f"{path.name}.old-{stamp}"))


def _trust(folder: Path) -> Trust:
    try:
        with (folder / TRUST_FILE).open("rb") as file:
            return Trust.parse(file.read(FILE_LIMIT))
    except OSError:
        raise SettingsError(f"{TRUST_FILE} cannot be read") from None


class _Rebuilding:
    def __init__(self, store: Store, trust: Trust, progress: Progress) -> None:
        self._store, self._trust, self._progress = store, trust, progress
        self._note = store.read(CHECKPOINT_KEY)
        self._head: Checkpoint = checkpoint.verify(self._note, [trust.log], trust.origin).checkpoint
        self._lost: list[str] = []

    def instead(self, path: Path, old: Path) -> Rebuilt:
        """Fill a new SQLite file, and put it in the place of the one at `path`, which becomes `old`."""
        if old.exists():
            raise SettingsError("an old database of this very second is there; try again")
        fresh = path.with_name(path.name + _REBUILDING)
        _remove(fresh)
        database = Database(f"sqlite:///{fresh}")
        try:
            database.migrate()
            with database.transaction() as connection:
                replay = self._fill(connection)
        except BaseException:
            database.close()
            _remove(fresh)
            raise
        database.close()
        kept = path.exists()
        if kept:
            _move(path, old)
        fresh.replace(path)
        return self._rebuilt(replay, str(old) if kept else "")

    def beside(self, url: str, schema_name: str) -> Rebuilt:
        """Move what is in a PostgreSQL database to a schema of that name and fill it anew, in one transaction."""
        database = Database(url)
        try:
            with database.transaction() as connection:
                tables = inspect(connection).get_table_names()
                if tables:
                    connection.execute(CreateSchema(schema_name))
                for table in tables:
                    # The names are the database's own, quoted by its rules.
                    quoted = connection.dialect.identifier_preparer.quote(table)
                    connection.exec_driver_sql(f"ALTER TABLE {quoted} SET SCHEMA {schema_name}")
                migrate(connection)
                replay = self._fill(connection)
        finally:
            database.close()
        return self._rebuilt(replay, f"in the schema {schema_name}" if tables else "")

    def _fill(self, connection: Connection) -> Replay:
        replay = self._events(connection)
        for table, rows in replay.rows(self._verifier):
            for start in range(0, len(rows), _BATCH):
                connection.execute(insert(table), [dict(row) for row in rows[start : start + _BATCH]])
        note_everything(connection)
        return replay

    def _rebuilt(self, replay: Replay, old: str) -> Rebuilt:
        return Rebuilt(self._head.size, len(replay.cases), len(replay.exhibits), tuple(self._lost), old)

    def _events(self, connection: Connection) -> Replay:
        replay, tree, rows = Replay(self._trust), Frontier(), list[dict[str, Any]]()
        for position, body in enumerate(self._committed()):
            event = replay.apply(body)
            tree.append(leaf_hash(commitment(body)))
            rows.append({"position": position, "case": event.case, "type": event.type.value, "body": body})
            if len(rows) == _BATCH:
                connection.execute(insert(schema.events), rows)
                rows.clear()
            self._progress(1)
        if rows:
            connection.execute(insert(schema.events), rows)
        if (tree.size, tree.root()) != (self._head.size, self._head.root):
            raise TileError("the events in the store do not give the root of the signed checkpoint")
        values = {
            "committed_size": str(tree.size),
            "published_size": str(tree.size),
            "edge": "".join(node.hex() for node in tree.edge),
            "checkpoint": self._note.decode(),
        }
        for name, value in values.items():
            set_value(connection, name, value)
        return replay

    def _committed(self) -> Iterator[bytes]:
        """The events of the store, each of them the one that its log entry commits to."""
        size, entries = self._head.size, list[bytes]()
        for position, body in enumerate(stored_events(self._store, size)):
            index, place = divmod(position, TILE_WIDTH)
            if place == 0:
                entries = tiles.fetch_entries(size, index, self._fetch)
            if commitment(body) != entries[place]:
                raise TileError(f"event {position} in the store is not the one that the log committed to")
            yield body

    def _fetch(self, path: str) -> bytes:
        try:
            return self._store.read(LOG + path)
        except NotFound:
            if ".p/" in path:  # a longer one may be there, which `tiles` asks for
                raise LookupError(path) from None
            raise

    def _verifier(self, case: str) -> bytes:
        verifier = stored_verifier(self._store, case)
        if verifier is None:
            # The case and its exhibits are worth more than its receipt: nobody's receipt has these random bytes.
            self._lost.append(case)
            return token_bytes(32)
        return verifier


def _sqlite_path(settings: Settings) -> Path | None:
    url = make_url(settings.database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _move(path: Path, target: Path) -> None:
    # The write-ahead log goes first: a database must never find another one's.
    for side in (*_SIDE_FILES, ""):
        each = path.with_name(path.name + side)
        if each.exists():
            each.rename(target.with_name(target.name + side))


def _remove(path: Path) -> None:
    for side in (*_SIDE_FILES, ""):
        path.with_name(path.name + side).unlink(missing_ok=True)
