"""Writing transactions follow each other, reading ones see one moment; what is committed outlives a crash."""

import contextlib
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.databases.place import Place
from tests.oracles import postgresql
from vault.database import schema
from vault.database.connection import Database, parse_url
from vault.errors import DatabaseUnavailable, SettingsError

META = schema.meta


@pytest.fixture
def database(place: Place) -> Database:
    database = place.database()
    database.migrate()
    with database.transaction() as connection:
        connection.execute(insert(META).values(name="count", value="0"))
    return database


def count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(META.c.value).where(META.c.name == "count")).scalar_one())


def add_one(database: Database) -> None:
    """Reads, then writes what depends on it."""
    with database.transaction() as connection:
        value = int(connection.execute(select(META.c.value).where(META.c.name == "count")).scalar_one())
        connection.execute(update(META).where(META.c.name == "count").values(value=str(value + 1)))


def test_what_a_writing_transaction_read_is_true_until_it_commits(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: add_one(database), range(40)))
    assert count(database) == 40


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with contextlib.suppress(ZeroDivisionError), database.transaction() as connection:
        connection.execute(insert(META).values(name="half", value="done"))
        raise ZeroDivisionError
    with database.reading() as connection:
        assert connection.execute(select(META.c.value).where(META.c.name == "half")).first() is None


def test_a_reader_sees_one_moment_and_waits_for_no_writer(database: Database) -> None:
    with database.reading() as connection:
        query = select(META.c.value).where(META.c.name == "count")
        before = connection.execute(query).scalar_one()
        add_one(database)
        assert connection.execute(query).scalar_one() == before
    assert count(database) == 1
    with database.transaction() as connection:
        connection.execute(update(META).values(value="99"))
        assert count(database) == 1


def test_reading_writes_nothing_in_postgresql(postgresql_place: Place) -> None:
    database = postgresql_place.database()
    database.migrate()
    with pytest.raises(DatabaseUnavailable), database.reading() as connection:
        connection.execute(insert(META).values(name="sneaky", value=""))


def test_a_second_row_of_one_key_is_the_callers_to_handle(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as connection:
        connection.execute(insert(META).values(name="count", value="1"))


def test_two_processes_may_bring_one_database_up_to_date_at_once(place: Place) -> None:
    errors = list[BaseException]()

    def migrate() -> None:
        try:
            place.database().migrate()
        except DBAPIError as error:
            errors.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_commit_outlives_a_crash_of_the_server_and_the_pool_finds_its_way_back(tmp_path: Path) -> None:
    with postgresql.running() as server:
        place = Place(server.new_database(), tmp_path / "unused")
        database = place.database()
        database.migrate()
        with database.transaction() as connection:
            connection.execute(insert(META).values(name="count", value="7"))
        server.stop(signal.SIGQUIT)
        with pytest.raises(DatabaseUnavailable):
            count(database)
        server.start()
        assert count(database) == 7
        place.close()


def test_a_server_that_commits_to_memory_alone_is_told_not_to(
    server: postgresql.Server, postgresql_place: Place
) -> None:
    name = postgresql_place.url.rpartition("/")[2]
    with server.connect("postgres") as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with postgresql_place.database().reading() as reading:
        assert reading.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


@pytest.mark.parametrize(
    "url", ["", "mysql://somebody@host/name", "sqlite://", "no url at all", "oracle:///x", "postgres"]
)
def test_another_database_is_refused_without_being_named(url: str) -> None:
    with pytest.raises(SettingsError, match="neither") as caught:
        parse_url(url)
    assert "host" not in str(caught.value).replace("USER@HOST", "")
