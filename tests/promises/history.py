"""What an operator could do to a stopped vault's history: edit, drop, swap or cut events, or sign another log."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from evidence.canonical import encode
from vault.instance import open_vault

Events = list[bytes]
Change = Callable[[Events], Events]

AT: Final = 6
"""The event that is tampered with: the first exhibit that was sealed."""


def edited(events: Events) -> Events:
    """One event tells another story: a later hour."""
    event = json.loads(events[AT])
    event["time"] = "2031-01-01T00:00:00Z"
    return [*events[:AT], encode(event), *events[AT + 1 :]]


def dropped(events: Events) -> Events:
    return [*events[:AT], *events[AT + 1 :]]


def swapped(events: Events) -> Events:
    return [*events[:AT], events[AT + 1], events[AT], *events[AT + 2 :]]


def cut(events: Events) -> Events:
    return events[: AT + 2]


def inserted(events: Events) -> Events:
    """An event that never happened: the exhibit was looked at."""
    event = {**json.loads(events[AT]), "type": "exhibit.viewed", "detail": {}}
    event["actor"] = {"role": "custodian", "id": "custodian"}
    return [*events[: AT + 1], encode(event), *events[AT + 1 :]]


def in_database(vault: Path, change: Change) -> None:
    """Change the events where they stand in the database; the log's tiles stay."""
    with _database(vault) as connection:
        _replace_rows(connection, change(_rows(connection)))


def in_store(vault: Path, change: Change) -> None:
    """Change the events where they stand in the store; the log's tiles stay."""
    (bundle,) = (path for path in (vault / "store" / "events").rglob("*") if path.is_file())
    events = bundle.read_bytes().splitlines()
    bundle.write_bytes(b"".join(line + b"\n" for line in change(events)))


def in_both(vault: Path, change: Change) -> None:
    in_database(vault, change)
    in_store(vault, change)


def signed_anew(vault: Path, change: Change) -> None:
    """Another whole log, with the vault's own key: database, events, tiles and checkpoint agree with each other."""
    with _database(vault) as connection:
        events = change(_rows(connection))
        connection.execute("delete from events")
        connection.execute("delete from meta")
        for body in events:
            event = json.loads(body)
            row = (event["case"], event["type"], body)
            connection.execute('insert into events ("case", type, body) values (?, ?, ?)', row)
    shutil.rmtree(vault / "store" / "log")
    shutil.rmtree(vault / "store" / "events")
    opened = open_vault(vault)
    try:
        assert opened.sequencer.run_once() == len(events)
    finally:
        opened.close()


@contextmanager
def _database(vault: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(vault / "vault.db")
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def _rows(connection: sqlite3.Connection) -> Events:
    return [bytes(body) for (body,) in connection.execute("select body from events order by position")]


def _replace_rows(connection: sqlite3.Connection, events: Events) -> None:
    connection.execute("delete from events")
    for position, body in enumerate(events):
        event = json.loads(body)
        row = (position, event["case"], event["type"], body)
        connection.execute('insert into events (position, "case", type, body) values (?, ?, ?, ?)', row)
