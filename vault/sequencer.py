"""Puts events into the log: assigns positions, signs the checkpoint, publishes tiles.

Order of writes, and why (the same code runs after a crash):
1. the caller's transaction commits the state change and its event together (`record`);
2. one transaction gives waiting events their positions and commits the signed checkpoint that covers them. Before this
   nobody has seen that checkpoint; after it, it is the only one of its size that can ever exist;
3. tiles, entry bundles and event bundles are written to the store. They follow from the database alone, so writing them
   again writes the same bytes;
4. log witnesses are asked to cosign the checkpoint; who does not answer is waited for no longer than a few seconds;
5. `log/checkpoint` is replaced: the log has grown for everybody;
6. the database notes that it is published, and those who wait are told.
A crash after 2 leaves a committed size above the published one, and the next run goes on with 3.

The log grows at fixed moments only (`cadence_seconds`), so that watching it does not tell when somebody uploaded, and
it is cosigned anew at least once an hour.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from evidence.event import Event, commitment
from evidence.tlog import tiles
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.merkle import HASH_BYTES, Frontier, leaf_hash, prove_consistency
from evidence.tlog.note import Note, Signer
from evidence.tlog.tiles import TILE_WIDTH
from vault.database import schema
from vault.database.connection import Database
from vault.database.logged import insert_events, place_events
from vault.errors import DatabaseBehind, NotFound, SequencerStalled
from vault.locks import SEQUENCER, Locks, StillHeld
from vault.store.protocol import Store
from vault.witnesses import Standing, Witnesses

LOG: Final = "log/"
CHECKPOINT_KEY: Final = "log/checkpoint"
EVENTS: Final = "events/"
WRITERS: Final = 8  # files written at once
BATCH: Final = 16384  # events in one checkpoint at the most
WAIT_SECONDS: Final = 60.0  # and three cadences
FAILING_SECONDS: Final = 10.0  # the same for a log whose last run failed
POLL_SECONDS: Final = 0.5  # how often a waiting thread looks for what another process published
_ALARMED: Final = "alarmed"
REFRESH_SECONDS: Final = 3600  # after which a checkpoint is published again, with new cosignatures


@dataclass(frozen=True, slots=True)
class _Fresh:
    """Events that were just given their places, from `first` on, with the entries and leaf hashes that they give."""

    first: int
    bodies: list[bytes]
    entries: list[bytes]
    leaves: list[bytes]

    @classmethod
    def of(cls, first: int, bodies: list[bytes]) -> "_Fresh":
        entries = [commitment(body) for body in bodies]
        return cls(first, bodies, entries, [leaf_hash(entry) for entry in entries])


class Sequencer:
    """The log of one vault. Any number may run on one database; a lock lets one work at a time."""

    def __init__(
        self,
        database: Database,
        store: Store,
        origin: str,
        signer: Signer,
        locks: Locks,
        *,
        cadence: float,
        witnesses: Witnesses,
    ) -> None:
        self._database, self._store, self._origin, self._signer = database, store, origin, signer
        self._locks, self._cadence, self._witnesses = locks, cadence, witnesses
        self._published = threading.Condition()
        self._newest: Note | None = None
        self.alarm_event: Callable[[str, int], Event] | None = None
        """Makes the event that says which log witness saw another history, and how large ours was."""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.failing = False
        """Whether the last run failed; `/health` tells."""

    def record(self, change: Callable[[Connection], Sequence[Event]]) -> int:
        """Run `change` and store the events that it returns, in one transaction; the number of the newest event.

        Where `change` returns none, because it was done before a crash, that is the newest one of before.
        """
        with self._database.transaction() as connection:
            rows = [(event.case, event.type.value, event.encode()) for event in change(connection)]
            if rows:
                insert_events(connection, rows)
            newest = connection.execute(select(func.max(schema.events.c.id))).scalar_one()
        return int(newest)

    def wait(self, number: int, seconds: float = WAIT_SECONDS) -> int:
        """Return the event's position once a published checkpoint covers it; SequencerStalled when that takes long."""
        began, most = time.monotonic(), seconds + 3 * self._cadence
        while True:
            with self._published:
                position = self._position(number)
                if position is not None:
                    return position
                if time.monotonic() - began > (min(most, FAILING_SECONDS) if self.failing else most):
                    raise SequencerStalled("the custody log does not move; try again later")
                self._published.wait(min(POLL_SECONDS, most))

    def record_and_wait(self, change: Callable[[Connection], Sequence[Event]]) -> int:
        """`record`, then `wait`: what may be acknowledged."""
        return self.wait(self.record(change))

    def unpublished(self, case: str) -> list[Event]:
        """The events of a case that no published checkpoint covers yet, oldest first."""
        events = schema.events
        with self._database.reading() as connection:
            # The size first: what is published meanwhile is called unpublished once more, never the other way round.
            size = _number(connection, "published_size")
            uncovered = events.c.position.is_(None) | (events.c.position >= size)
            query = select(events.c.body).where(events.c.case == case, uncovered).order_by(events.c.id)
            return [Event.parse(bytes(body)) for (body,) in connection.execute(query)]

    def start(self) -> None:
        """Begin working in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and end the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run_once(self) -> int:
        """Publish everything that waits; the size of the published log."""
        with self._locks.hold(SEQUENCER) as still_held:
            self.require_store_agrees()
            self._publish(still_held)
            while (fresh := self._commit()) is not None:
                self._publish(still_held, fresh)
            self._refresh(still_held)
            return self.published_size()

    def published_size(self) -> int:
        """How many events the newest published checkpoint covers."""
        with self._database.reading() as connection:
            return _number(connection, "published_size")

    def nodes(self) -> tuple[int, bytes, tiles.TileNodes]:
        """The published log's size, signed checkpoint and tree."""
        note = self._store.read(CHECKPOINT_KEY)
        size = Checkpoint.parse(Note.parse(note).text).size
        return size, note, tiles.TileNodes(size, self.fetch)

    def fetch(self, path: str) -> bytes:
        """A file of the log from the store; LookupError when it is not there."""
        try:
            return self._store.read(LOG + path)
        except NotFound:
            raise LookupError(path) from None

    def _run(self) -> None:
        while not self._stop.wait(_until_tick(self._cadence)):
            try:
                if self._due():
                    self.run_once()
                self.failing = False
            except Exception:  # noqa: BLE001 -- whatever it is, the thread must not end while the service goes on
                # Nothing is lost: events stay recorded, those who wait get SequencerStalled, and the next run retries.
                self.failing = True
            with self._published:
                self._published.notify_all()  # also of what another process published

    def _due(self) -> bool:
        """Whether something waits to be published, or the checkpoint is an hour old."""
        with self._database.reading() as connection:
            waiting = connection.execute(select(schema.events.c.id).where(schema.events.c.position.is_(None)).limit(1))
            behind = _number(connection, "published_size") != _number(connection, "committed_size")
            age = time.time() - _number(connection, "published_at")
            waits = waiting.first() is not None or behind
        return waits or not 0 <= age < REFRESH_SECONDS or self._wanting()

    def _wanting(self) -> bool:
        """Whether a witness may be asked again that did not cosign what we last published."""
        return self._newest is not None and self._witnesses.wanting(self._newest)

    def _position(self, number: int) -> int | None:
        with self._database.reading() as connection:
            row = connection.execute(select(schema.events.c.position).where(schema.events.c.id == number)).scalar()
            return row if row is not None and row < _number(connection, "published_size") else None

    def require_store_agrees(self) -> None:
        """DatabaseBehind unless the store's checkpoint is one that this database knows."""
        with self._database.reading() as connection:
            committed, published = _number(connection, "committed_size"), _number(connection, "published_size")
            note = _value(connection, "checkpoint", "")
        try:
            text = Note.parse(self._store.read(CHECKPOINT_KEY)).text
            stored = Checkpoint.parse(text).size
        except NotFound:
            text, stored = "", 0
        same = stored != committed or not note or Note.parse(note.encode()).text == text
        if not (published <= stored <= committed and same):
            raise DatabaseBehind("the store's checkpoint is not the database's; run: amparo rebuild DIR")

    def _commit(self) -> _Fresh | None:
        """Step 2; what was committed, None when nothing waits."""
        with self._database.transaction() as connection:
            waiting = connection.execute(
                select(schema.events.c.id, schema.events.c.body)
                .where(schema.events.c.position.is_(None))
                .order_by(schema.events.c.id)
                .limit(BATCH)
            ).all()
            if not waiting:
                return None
            size = _number(connection, "committed_size")
            tree = Frontier(size, _edge(_value(connection, "edge", "")))
            fresh = _Fresh.of(size, [bytes(body) for _, body in waiting])
            tree.extend(fresh.leaves)
            place_events(connection, [number for number, _ in waiting], size)
            text = Checkpoint(self._origin, tree.size, tree.root()).encode()
            set_value(connection, "checkpoint", self._signer.sign(text).encode().decode())
            set_value(connection, "committed_size", str(tree.size))
            set_value(connection, "edge", "".join(node.hex() for node in tree.edge))
        return fresh

    def _publish(self, still_held: StillHeld, fresh: _Fresh | None = None) -> None:
        """Steps 3 to 6, for what was just committed; or for what a crash left, which the database tells."""
        with self._database.reading() as connection:
            old, new = _number(connection, "published_size"), _number(connection, "committed_size")
            if old == new:
                return
            note = _value(connection, "checkpoint", "")
            if fresh is None or (fresh.first, len(fresh.bodies)) != (old, new - old):
                fresh = _Fresh.of(old, _bodies(connection, old, new))
        first, before = self._newest_bundle(old)
        log = chain(
            tiles.new_tiles(old, fresh.leaves, self.fetch),
            tiles.new_entry_bundles(old, fresh.entries, self.fetch),
        )
        files = [(LOG + path, data) for path, data in log]
        files += event_bundles(first, [*before, *fresh.bodies])
        with ThreadPoolExecutor(WRITERS) as pool:  # each waits for a disk or a network; their order does not matter
            for _ in pool.map(lambda file: self._store.put(*file), files):
                pass
        self._put_checkpoint(Note.parse(note.encode()), new, still_held)
        self._drop_partials(old, new)

    def _refresh(self, still_held: StillHeld) -> None:
        """Publish the checkpoint once more, when some cosignatures were missing or the last time is an hour ago."""
        with self._database.reading() as connection:
            size, at = _number(connection, "published_size"), _number(connection, "published_at")
            note = _value(connection, "checkpoint", "")
        if self._wanting() or not 0 <= time.time() - at < REFRESH_SECONDS:
            self._put_checkpoint(Note.parse(note.encode()), size, still_held)

    def _put_checkpoint(self, note: Note, size: int, still_held: StillHeld) -> None:
        """Steps 4 to 6."""
        nodes = tiles.TileNodes(size, self.fetch)
        cosigned = self._witnesses.cosign(note, lambda old: prove_consistency(old, size, nodes.node))
        still_held()  # whoever took over meanwhile has published more than this
        self._store.put(CHECKPOINT_KEY, cosigned.encode(), media_type="text/plain; charset=utf-8")
        with self._database.transaction() as connection:
            set_value(connection, "published_size", str(size))
            set_value(connection, "published_at", str(int(time.time())))
            self._note_alarms(connection, size)
        self._newest = cosigned
        with self._published:
            self._published.notify_all()

    def alarmed(self) -> list[str]:
        """The log witnesses that saw another history and have not cosigned ours since; remembered over restarts."""
        with self._database.reading() as connection:
            return _value(connection, _ALARMED, "").split()

    def _note_alarms(self, connection: Connection, size: int) -> None:
        """Remember alarms, each with an event, until the witness cosigns again."""
        before = set(_value(connection, _ALARMED, "").split())
        standing = self._witnesses.named(Standing.ALARM)
        after = (before | standing) - self._witnesses.named(Standing.COSIGNED)
        if after == before:
            return
        set_value(connection, _ALARMED, " ".join(sorted(after)))
        if self.alarm_event is not None:
            events = [self.alarm_event(name, size) for name in sorted(after - before)]
            insert_events(connection, [(event.case, event.type.value, event.encode()) for event in events])

    def _newest_bundle(self, size: int) -> tuple[int, list[bytes]]:
        """The first event of the bundle that goes on at `size`, and the events that the store holds in it so far.

        Like tiles, a bundle is made longer from what is stored, never written again from the database: whoever changes
        the one has not changed the other, and an auditor sees them differ.
        """
        width = size % TILE_WIDTH
        first = size - width
        if not width:
            return first, []
        try:
            return first, stored_bundle(self._store, first // TILE_WIDTH, width)
        except NotFound:
            with self._database.reading() as connection:
                rows = _positioned(connection, first, size)
            # What is lost everywhere leaves an empty line: the log goes on, and every later event keeps its place.
            return first, [rows.get(position, b"") for position in range(first, size)]

    def _drop_partials(self, old: int, new: int) -> None:
        """Partial tiles may go once the full one exists (tlog-tiles); of event bundles only the newest is needed."""
        for index in range(old // TILE_WIDTH, new // TILE_WIDTH + 1):
            full = (index + 1) * TILE_WIDTH <= new
            keep = "" if full else event_path(index, new % TILE_WIDTH)
            stale = [f"{event_path(index)}.p/"]
            if full:
                stale.append(f"{LOG}{tiles.entries_path(index)}.p/")
                stale += [f"{LOG}{path}.p/" for path in tiles.filled(index)]
            for prefix in stale:
                for key in list(self._store.list(prefix)):
                    if key != keep:
                        self._store.delete(key)


def _until_tick(cadence: float) -> float:
    """Seconds until the next moment at which the log may grow: the multiples of `cadence`, on every machine alike."""
    return cadence - time.time() % cadence


def event_path(index: int, width: int = TILE_WIDTH) -> str:
    """Where the events of one entry bundle lie: named as tlog-tiles names bundles, under `events/`."""
    partial = f".p/{width}" if width < TILE_WIDTH else ""
    return f"{EVENTS}{tiles.path_index(index)}{partial}"


def event_bundles(first: int, bodies: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every event bundle; `bodies[0]` is event `first`, a multiple of 256. One event a line."""
    for start in range(0, len(bodies), TILE_WIDTH):
        lines = bodies[start : start + TILE_WIDTH]
        yield event_path((first + start) // TILE_WIDTH, len(lines)), b"".join(line + b"\n" for line in lines)


def stored_events(store: Store, size: int) -> Iterator[bytes]:
    """The first `size` events from the store, in order; NotFound when a bundle is missing."""
    for index in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        yield from stored_bundle(store, index, width)


def stored_bundle(store: Store, index: int, width: int) -> list[bytes]:
    """The first `width` events of bundle `index`; NotFound when no bundle with so many is in the store."""
    lines = longest_bundle(store, index, width)
    if len(lines) < width:
        raise NotFound("an event bundle is missing from the store")
    return lines


def longest_bundle(store: Store, index: int, width: int) -> list[bytes]:
    """The first `width` events of bundle `index`, or as many as the store has."""
    # The log may have grown since `width` was read: then the bundle of this width is gone and a longer one is there.
    candidates = [event_path(index, width), event_path(index)]
    candidates += sorted(store.list(f"{event_path(index)}.p/"), reverse=True)
    longest: list[bytes] = []
    for key in candidates:
        try:
            lines = store.read(key).splitlines()
        except NotFound:
            continue
        if len(lines) >= width:
            return lines[:width]
        longest = max(longest, lines, key=len)
    return longest


def set_value(connection: Connection, name: str, value: str) -> None:
    """Set one of the sequencer's values."""
    changed = connection.execute(update(schema.meta).where(schema.meta.c.name == name).values(value=value))
    if changed.rowcount == 0:
        connection.execute(insert(schema.meta).values(name=name, value=value))


def _value(connection: Connection, name: str, default: str) -> str:
    value = connection.execute(select(schema.meta.c.value).where(schema.meta.c.name == name)).scalar()
    return default if value is None else str(value)


def _number(connection: Connection, name: str) -> int:
    return int(_value(connection, name, "0"))


def _edge(digits: str) -> list[bytes]:
    raw = bytes.fromhex(digits)
    return [raw[start : start + HASH_BYTES] for start in range(0, len(raw), HASH_BYTES)]


def _bodies(connection: Connection, first: int, end: int) -> list[bytes]:
    rows = _positioned(connection, first, end)
    if len(rows) != end - first:
        raise DatabaseBehind("events are missing from the database; run: amparo rebuild DIR")
    return [rows[position] for position in range(first, end)]


def _positioned(connection: Connection, first: int, end: int) -> dict[int, bytes]:
    """The events of the database from `first` to `end`, by their position in the log."""
    events = schema.events
    query = select(events.c.position, events.c.body).where(events.c.position >= first, events.c.position < end)
    return {row.position: bytes(row.body) for row in connection.execute(query)}


def waiting_events(connection: Connection) -> int:
    """How many recorded events no checkpoint covers yet."""
    query = select(func.count()).select_from(schema.events).where(schema.events.c.position.is_(None))
    return int(connection.execute(query).scalar_one())
