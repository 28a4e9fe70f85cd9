"""Open the database: durable on commit, one writer at a time, up to date with `migrations`.

The same on SQLite (one machine) and on PostgreSQL (any number of processes and machines): writing transactions follow
each other, so what one of them has read is true until it commits.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from vault.errors import DatabaseUnavailable, SettingsError
from vault.locks import DatabaseLocks, FileLocks, Locks

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
CONNECTIONS: Final = 8  # of PostgreSQL, kept open by one process; as many more come and go
_WRITER: Final = 0x616D7061726F  # the advisory lock under which transactions write
_PATIENCE: Final = 30.0  # seconds for which SQLite waits for whoever writes
_AGAIN: Final = 0.01  # seconds until what SQLite does not wait for is tried again
_READING: Final = "amparo_reading"
# Without these a machine that vanished would keep its locks for hours: here the server lets go after five seconds.
_VANISHED: Final = "-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"


class Database:
    """Transactions on one database. `url` is SQLAlchemy's (`sqlite:///…`, `postgresql://…`); thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = parse_url(url)
        if self._url.get_backend_name() == SQLITE:
            self.engine: Engine = create_engine(self._url)
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            return
        self.engine = create_engine(
            self._url,
            pool_pre_ping=True,  # a server that was started anew is not noticed by who asks first
            pool_size=CONNECTIONS,
            max_overflow=CONNECTIONS,
            connect_args=_connect_args(),
        )
        event.listen(self.engine, "connect", _set_up_postgresql)
        event.listen(self.engine, "begin", _begin_postgresql)

    def locks(self, path: Path) -> Locks:
        """The locks that go with this database; those of SQLite lie in the file `path`."""
        if self._url.get_backend_name() == SQLITE:
            return FileLocks(path)
        return DatabaseLocks(create_engine(self._url, poolclass=NullPool, connect_args=_connect_args()))

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Everything inside is committed together, durably, or not at all; no other writes meanwhile."""
        with _without_values(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One unchanging view of the database, beside whoever writes; for reading alone."""
        with _without_values(), self.engine.connect() as connection:
            options: dict[str, Any] = {_READING: True}
            if connection.dialect.name == POSTGRESQL:
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            connection.execution_options(**options)
            with connection.begin():
                yield connection

    def migrate(self) -> None:
        """Bring the schema up to date; creates it in an empty database."""
        with self.transaction() as connection:
            migrate(connection)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def migrate(connection: Connection) -> None:
    """`Database.migrate` within a transaction."""
    config = Config()
    config.set_main_option("script_location", "vault.database:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def parse_url(url: str) -> URL:
    """The URL of a database that is supported, with its driver; SettingsError."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise SettingsError(_WHICH) from None
    if backend == SQLITE and parsed.database:
        return parsed.set(drivername=SQLITE)
    if backend == POSTGRESQL:
        return parsed.set(drivername="postgresql+psycopg")
    raise SettingsError(_WHICH)


_WHICH: Final = "the database is neither sqlite:///FILE nor postgresql://USER@HOST/NAME; correct it"


@contextmanager
def _without_values() -> Iterator[None]:
    """The library's errors quote statements and their values; none of that may reach a log."""
    try:
        yield
    except IntegrityError:
        raise  # callers handle these
    except DBAPIError:
        raise DatabaseUnavailable("the database does not answer, or has no space") from None


def _connect_args() -> dict[str, Any]:
    return {"options": _VANISHED, "connect_timeout": 10, "keepalives_idle": 2, "tcp_user_timeout": 10_000}


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver shall not begin transactions on its own: `_begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}")
    _begin_wal(cursor)
    for pragma in (
        "synchronous=FULL",  # a commit survives power loss
        "foreign_keys=ON",
        "secure_delete=ON",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_wal(cursor: Any) -> None:
    """Set WAL. Two that do so in a new database at once both hold what the other needs: SQLite then does not wait."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # Taking the write lock at once means that no transaction fails half-way for want of it.
    connection.exec_driver_sql("BEGIN" if _reads(connection) else "BEGIN IMMEDIATE")


def _set_up_postgresql(connection: Any, _: object) -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        if cursor.fetchone()[0] == "off":  # a commit survives power loss, whatever the server's settings say
            cursor.execute("SET synchronous_commit = on")
    connection.autocommit = False


def _begin_postgresql(connection: Connection) -> None:
    if not _reads(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def _reads(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(_READING))
