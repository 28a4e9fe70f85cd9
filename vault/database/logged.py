"""The rows of the log's events, written many at a time.

Here alone statements are handed to the driver as they are: SQLAlchemy would take three times as long to bind the
values of a row as SQLite to store it.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection


def insert_events(connection: Connection, rows: Sequence[tuple[str, str, bytes]]) -> None:
    """Add events that have no position yet: case, type and bytes of each."""
    mark = _mark(connection)
    statement = f'INSERT INTO events ("case", type, body) VALUES ({mark}, {mark}, {mark})'  # noqa: S608 -- no value
    connection.exec_driver_sql(statement, list(rows))


def place_events(connection: Connection, numbers: Sequence[int], first: int) -> None:
    """Give the events with these ids, ascending, the positions from `first` on."""
    mark = _mark(connection)
    statement = f"UPDATE events SET position = id + {mark} WHERE id BETWEEN {mark} AND {mark}"  # noqa: S608 -- no value
    place = first
    for low, high in _runs(numbers):
        connection.exec_driver_sql(statement, (place - low, low, high))
        place += high - low + 1


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of numbers that follow each other."""
    low = previous = None
    for number in numbers:
        if low is None or previous is None:
            low = number
        elif number != previous + 1:
            yield low, previous
            low = number
        previous = number
    if low is not None and previous is not None:
        yield low, previous


def _mark(connection: Connection) -> str:
    """How the driver writes the place of a value."""
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"
