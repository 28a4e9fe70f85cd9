"""What a vault costs as it grows: a model, fitted at one size, that is checked against measurements at others.

Run as `python -m tests.bench.scale [SIZE…]`; docs/scale.md explains the columns. Everything measured is real: the
vault's own database and log, filled with the events of `history` and the rows that they give.
"""

import math
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Table, insert

from api.cli.audit_memory import PIECES
from evidence.event import Event, EventType
from evidence.fields import rfc3339
from evidence.tlog.tiles import TILE_WIDTH
from tests.bench import history, log
from tests.vault.making import new_vault, person, report, running
from tests.vault.media import PHOTO
from vault.database import schema
from vault.instance import Vault, open_vault
from vault.sequencer import BATCH
from vault.store.protocol import Store

FIT: Final = 100_000
SIZES: Final = (10_000, FIT, 1_000_000)
LARGEST: Final = 1_000_000_000
_HASH: Final = 32
_PUTS: Final = 4  # a tile, the entries, the events, and the checkpoint
_STATE: Final = PIECES * 16  # bytes of the auditor's state that do not grow
_REQUESTS: Final = {
    "put": "PUT",
    "create": "PUT",
    "write": "PUT",
    "read": "GET",
    "open": "GET",
    "exists": "HEAD",
    "size": "HEAD",
    "delete": "DELETE",
    "list": "LIST",
}


@dataclass(frozen=True)
class Measured:
    """A vault whose log has `events` events. Bytes are of the SQLite file, by dbstat, indexes included."""

    events: int
    rows: int
    table_bytes: dict[str, int]
    log_objects: int
    log_bytes: int
    one_more: dict[str, int]
    """Requests to the store for a checkpoint over one more event."""
    audit_seconds: float
    state_bytes: int

    @property
    def database_bytes(self) -> int:
        """All tables."""
        return sum(self.table_bytes.values())


@dataclass(frozen=True)
class Predicted:
    """What the model says."""

    events: int
    rows: float
    database_bytes: float
    log_objects: int
    log_bytes: float
    puts: int
    """Writes for a checkpoint over one more event that ends no tile."""
    proof_hashes: int
    audit_seconds: float
    state_bytes: float


@dataclass(frozen=True)
class Model:
    """Costs that grow with the events, as one measurement gives them; the rest follows from how the log is built."""

    fitted: Measured

    def at(self, events: int) -> Predicted:
        """The costs of a log of so many events, with exhibits in the proportion of what was measured."""
        grown, fitted = events / self.fitted.events, self.fitted
        own = fitted.log_bytes - _hashed_bytes(fitted.events)
        return Predicted(
            events,
            fitted.rows * grown,
            fitted.database_bytes * grown,
            log_objects(events),
            _hashed_bytes(events) + own * grown,
            _PUTS,
            math.ceil(math.log2(max(events, 2))),
            fitted.audit_seconds * grown,
            _STATE + (fitted.state_bytes - _STATE) * grown,
        )


def log_objects(events: int) -> int:
    """Full and partial tiles, entry bundles and event bundles, and the checkpoint; older partial ones are gone."""
    tiles, width = 0, events
    while width:
        tiles += -(-width // TILE_WIDTH)
        width //= TILE_WIDTH
    return tiles + 2 * -(-events // TILE_WIDTH) + 1


def _hashed_bytes(events: int) -> int:
    """Bytes of tiles and entry bundles; an entry has two bytes of length."""
    hashes, width = 0, events
    while width:
        hashes += width
        width //= TILE_WIDTH
    return hashes * _HASH + events * (_HASH + 2)


class Counted:
    """A store that counts what is asked of it, as requests of S3's kinds."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.requests = Counter[str]()

    def __getattr__(self, name: str) -> Any:
        if name in _REQUESTS:
            self.requests[_REQUESTS[name]] += 1
        return getattr(self._store, name)


def grow(vault: Vault, events: Iterable[Event]) -> int:
    """Put events into the vault's log and database, with the rows that they give; how many rows."""
    rows, remaining = 0, iter(events)
    while batch := list(islice(remaining, BATCH)):
        vault.sequencer.record(lambda _, batch=batch: batch)  # type: ignore[misc]  # bound now, on purpose
        with vault.database.transaction() as connection:
            for table, found in _rows(batch).items():
                connection.execute(insert(table), found)
                rows += len(found)
        vault.sequencer.run_once()
        rows += len(batch)
    return rows


def _rows(batch: Sequence[Event]) -> dict[Table, list[dict[str, Any]]]:
    found: dict[Table, list[dict[str, Any]]] = {}
    for event in batch:
        for table, row in _rows_of(event):
            found.setdefault(table, []).append(row)
    return found


def _rows_of(event: Event) -> Iterable[tuple[Table, dict[str, Any]]]:
    detail: dict[str, Any] = dict(event.detail)
    if event.type is EventType.CASE_OPENED:
        opened = {"case": event.case, "state": "open", "opened": rfc3339(event.time), "exhibits": 2, "statements": 1}
        yield schema.cases, {**opened, "receipt_verifier": event.nonce * 2}
    elif event.type is EventType.EXHIBIT_SEALED:
        sealed = {"exhibit": event.exhibit, "case": event.case, "number": detail["number"]}
        yield schema.exhibits, {**sealed, "state": "sealed", "outcome": "clean"}
    elif event.type is EventType.RELEASE_REQUESTED:
        asked = {"request": detail["request"], "case": event.case, "partner": event.actor, "purpose": event.purpose}
        yield schema.requests, {**asked, "state": "sealed", "time": rfc3339(event.time)}
    elif event.type is EventType.RELEASE_APPROVED:
        given = {"request": detail["request"], "custodian": event.actor}
        yield schema.approvals, {**given, "objects_sha256": event.nonce * 2}
    for item in detail.get("objects", ()) if event.type in _WITH_OBJECTS else ():
        stored = {"key": item["key"], "case": event.case, "exhibit": event.exhibit, "bytes": item["bytes"]}
        yield schema.objects, {**stored, "sha256": bytes.fromhex(item["sha256"])}


_WITH_OBJECTS: Final = {EventType.EXHIBIT_SEALED, EventType.STATEMENT_SEALED}


def measure_at(folder: Path, events: int, *, audited: bool = True) -> Measured:
    """Make a vault of that size in `folder` and measure it."""
    new_vault(folder / "vault", person("custodian"))
    vault = open_vault(folder / "vault")
    begun = vault.sequencer.run_once()
    rows = grow(vault, islice(history.events(), events - begun))
    counted = Counted(vault.store)
    vault.sequencer._store = counted  # counts, and hands on
    grow(vault, islice(history.events(), 1))
    files = [path for name in ("log", "events") for path in (folder / "vault" / "store" / name).rglob("*")]
    sizes = [path.stat().st_size for path in files if path.is_file()]
    vault.close()
    seconds, state = _audit(folder, events) if audited else (0.0, 0)
    tables = _table_bytes(folder / "vault" / "vault.db")
    return Measured(events, rows, tables, len(sizes), sum(sizes), dict(counted.requests), seconds, state)


def _intake(folder: Path) -> dict[str, int]:
    """Requests to the store for a case with one photo, its place in the log aside."""
    new_vault(folder, person("custodian"))
    with running(folder) as vault:
        counted = Counted(vault.store)
        report(replace(vault, store=cast("Store", counted)), PHOTO)
        return dict(counted.requests)


def _audit(folder: Path, events: int) -> tuple[float, int]:
    made = history.History(folder / "history")
    made.grow(events)
    result = log._audited(made.folder, folder / "state")
    return float(result["seconds"]), (folder / "state").stat().st_size


def _table_bytes(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as connection:
        query = (
            "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema s ON s.name = d.name GROUP BY s.tbl_name"
        )
        return dict(connection.execute(query).fetchall())


_COLUMNS: Final[tuple[tuple[str, Callable[[Predicted], str], Callable[[Measured], str] | None], ...]] = (
    ("rows", lambda each: f"{each.rows:,.0f}", lambda each: f"{each.rows:,}"),
    ("database", lambda each: _bytes(each.database_bytes), lambda each: _bytes(each.database_bytes)),
    ("objects of the log", lambda each: f"{each.log_objects:,}", lambda each: f"{each.log_objects:,}"),
    ("bytes of the log", lambda each: _bytes(each.log_bytes), lambda each: _bytes(each.log_bytes)),
    ("writes a checkpoint", lambda each: str(each.puts), lambda each: str(each.one_more["PUT"])),
    ("hashes in a proof", lambda each: str(each.proof_hashes), None),
    ("full audit", lambda each: _seconds(each.audit_seconds), lambda each: _seconds(each.audit_seconds)),
    ("auditor's state", lambda each: _bytes(each.state_bytes), lambda each: _bytes(each.state_bytes)),
)


def main(words: Sequence[str]) -> None:
    """Print what was measured beside what the model says, then what it says of sizes that nobody measured."""
    sizes = [int(word) for word in words] or list(SIZES)
    measured = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="amparo-scale-") as folder:
            began = time.perf_counter()
            measured.append(measure_at(Path(folder), size))
            print(f"{size:,} events: {time.perf_counter() - began:.0f} s, {measured[-1].table_bytes}", file=sys.stderr)
    model = Model(next((each for each in measured if each.events == FIT), measured[0]))
    print("| events | | " + " | ".join(name for name, _, _ in _COLUMNS) + " |")
    print("|---" * (2 + len(_COLUMNS)) + "|")
    for each in measured:
        said = model.at(each.events)
        print(f"| {each.events:,} | measured | " + " | ".join(m(each) if m else "" for _, _, m in _COLUMNS) + " |")
        print("| | model | " + " | ".join(p(said) for _, p, _ in _COLUMNS) + " |")
    size = max(sizes) * 10
    while size <= LARGEST:
        print(f"| {size:,} | model | " + " | ".join(p(model.at(size)) for _, p, _ in _COLUMNS) + " |")
        size *= 10
    with tempfile.TemporaryDirectory(prefix="amparo-scale-") as folder:
        print(f"\nRequests to the store for a case with one photo: {_intake(Path(folder) / 'vault')}")
    print(f"and for its checkpoint: {measured[-1].one_more}")


def _bytes(count: float) -> str:
    unit = next((unit for unit in ("kB", "MB", "GB") if count < 1000 * _UNITS[unit]), "TB")
    return f"{count / _UNITS[unit]:.1f} {unit}"


_UNITS: Final = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 600 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    main(sys.argv[1:])
