"""Open the database: durable on commit, one writer at a time, up to date with `migrations`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from vault.errors import DatabaseUnavailable, SettingsError


class Database:
    """Transactions on one database. `url` is SQLAlchemy's (`sqlite:///…`); thread-safe."""

    def __init__(self, url: str) -> None:
        if make_url(url).get_backend_name() != "sqlite":
            # The sequencer locks a file, so two machines on one database could fork the log: not until that is built.
            raise SettingsError("this version keeps its database in SQLite only; leave --db out")
        self.engine: Engine = create_engine(url)
        event.listen(self.engine, "connect", _set_up_sqlite)
        event.listen(self.engine, "begin", _begin_immediate)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Everything inside is committed together, durably, or not at all."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except OperationalError:
            # The library's error quotes the statement and its values; none of that may reach a log.
            raise DatabaseUnavailable("the database does not answer, or has no space") from None

    def migrate(self) -> None:
        """Bring the schema up to date; creates it in an empty database."""
        config = Config()
        config.set_main_option("script_location", "vault.database:migrations")
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver shall not begin transactions on its own: `_begin_immediate` does
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a commit survives power loss
        "busy_timeout=30000",
        "foreign_keys=ON",
        "secure_delete=ON",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # Taking the write lock at once means that no transaction fails half-way for want of it.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
