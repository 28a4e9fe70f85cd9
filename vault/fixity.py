"""Check every stored object against the log, without any key.

What is compared: the payload (length and SHA-256) of every object that the events name; the log's files with the
database and the signed checkpoint; the database's rows with the events; released bundles with their manifests, and
headers with the approvals. What was withdrawn must be gone. What no check without a key can see is a header that still
parses, and what a receipt page shows: both refuse to open when they were changed.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Table, func, select

from evidence.canonical import Json
from evidence.custody import State
from evidence.errors import EvidenceError
from evidence.event import EventType, Role
from evidence.exhibit import StoredObject
from vault import fixity_log, orphans
from vault.age import header as age_header
from vault.age.errors import AgeError
from vault.database import schema
from vault.errors import StoreError, StoreUnavailable
from vault.fixity_releases import release_faults
from vault.fixity_withdrawals import withdrawal_faults
from vault.instance import Vault
from vault.interrupted_record import INTERRUPTED
from vault.places import receipt_view, release_papers
from vault.receipts import case_key, stored_verifier
from vault.replay import Replay, Row
from vault.sealing import header_of, payload_of
from vault.setup import TRUST_KEY

Progress = Callable[[int], None]
"""Called with the number of bytes just read."""

FINDINGS: Final = 50  # keys named in the event; the count is whole
_CHUNK: Final = 1 << 20  # bytes
_TRIES: Final = 3


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that is not as it must be: where, and what."""

    key: str
    what: str


@dataclass(slots=True)
class Fixity:
    """The result. `orphans` are keys that no event names, left by a crash: no fault; `removed` were such until now.

    `recorded`: the log has it.
    """

    objects: int = 0
    faults: list[Fault] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    recorded: bool = False


@dataclass(slots=True)
class Place:
    """How far a pass over what is stored has come: `after` is the last object or release that was checked."""

    after: str = ""
    objects: int = 0
    faults: list[Fault] = field(default_factory=list)


def check(vault: Vault, progress: Progress = lambda _: None, *, remove_orphans: bool = False) -> Fixity:
    """Check everything, then record that. While the log's own files are at fault nothing is built upon them.

    `remove_orphans`: where nothing is at fault, those that are older than a day are deleted (`vault.orphans`).
    """
    result = _Check(vault, Place(), progress, remove=remove_orphans).run()
    if result.recorded:
        vault.sequencer.run_once()
    return result


def check_from(vault: Vault, place: Place, progress: Progress) -> Fixity:
    """`check`, where an earlier run stopped: what `place` has behind it is not read again, and it moves on meanwhile.

    What is recorded is left to the vault's own sequencer to publish.
    """
    return _Check(vault, place, progress).run()


def check_copy(vault: Vault, progress: Progress = lambda _: None) -> Fixity:
    """`check` without recording it: an event in the log of a restored copy would be another history than the vault's.

    Log witnesses that were asked to cosign it would refuse the vault itself from then on.
    """
    return _Check(vault, Place(), progress, record=False).run()


def total_bytes(vault: Vault) -> int:
    """Bytes of payload that `check` reads; bundles come on top."""
    with vault.database.reading() as connection:
        return int(connection.execute(select(func.coalesce(func.sum(schema.objects.c.bytes), 0))).scalar_one())


class _Check:
    def __init__(
        self, vault: Vault, place: Place, progress: Progress, *, record: bool = True, remove: bool = False
    ) -> None:
        self._vault, self._place, self._progress = vault, place, progress
        self._recording, self._removing = record, remove
        self._result = Fixity()
        self._replay = Replay(vault.trust)
        self._replayed = 0
        self._sealed: set[str] = set()

    def run(self) -> Fixity:
        vault, result, replay = self._vault, self._result, self._replay
        result.faults += [Fault(*each) for each in fixity_log.faults(vault)]
        log_is_well = not result.faults
        result.faults += self._row_faults()
        result.faults += _paper_faults(vault, replay)
        result.faults += [Fault(*each) for each in withdrawal_faults(vault.store, replay)]
        result.orphans = list(orphans.find(vault, replay))
        self._read_objects()
        self._read_releases()
        result.objects = self._place.objects
        result.faults += self._place.faults
        if self._removing and not result.faults:
            result.removed = orphans.remove(vault, result.orphans, self._replayed_now)
            result.orphans = [key for key in result.orphans if key not in result.removed]
        if log_is_well and self._recording:
            _record(vault, result)
        return result

    def _replayed_now(self) -> Replay:
        with self._vault.database.reading() as connection:
            self._catch_up(connection)
        return self._replay

    def _read_objects(self) -> None:
        for stored in self._replay.kept():
            if stored.key > self._place.after:
                faults = list(_object_faults(self._vault, stored, self._progress))
                if faults and not self._still_kept(stored.key):
                    continue  # it was withdrawn while it was being read
                self._place.objects += 1
                self._pass(stored.key, faults)

    def _still_kept(self, key: str) -> bool:
        return self._replayed_now().is_kept(key)

    def _read_releases(self) -> None:
        """After the objects, whose keys are all smaller."""
        for request in sorted(self._replay.requests):
            key = release_papers(request)
            if key > self._place.after:
                faults = self._release_faults(request)
                if faults:  # unless something of it was withdrawn while it was being read
                    self._replayed_now()
                    faults = self._release_faults(request)
                self._pass(key, faults)

    def _release_faults(self, request: str) -> list[Fault]:
        found = release_faults(self._vault.store, self._replay, request, request in self._sealed, self._progress)
        return [Fault(*each) for each in found]

    def _pass(self, key: str, faults: list[Fault]) -> None:
        self._place.after = key
        self._place.faults += faults

    def _row_faults(self) -> list[Fault]:
        """The rows must be those that a rebuild would write.

        While the service writes, and the database lets others' writes in between two of our queries, they can differ
        for a moment: only a difference that stays is a fault.
        """
        faults: list[Fault] = []
        for _ in range(_TRIES):
            faults = self._compare_rows()
            if not faults:
                break
        return faults

    def _compare_rows(self) -> list[Fault]:
        faults = []
        with self._vault.database.reading() as connection:
            self._catch_up(connection)
            tables = self._replay.rows(lambda case: stored_verifier(self._vault.store, case) or b"")
            for table, rows in tables:
                found = {_values(table, dict(row)) for row in connection.execute(select(table)).mappings()}
                wrong = len(found ^ {_values(table, row) for row in rows})
                if wrong:
                    what = f"{wrong} rows are missing, added, or not what the events give"
                    faults.append(Fault(f"database/{table.name}", what))
            requests = schema.requests
            query = select(requests.c.request).where(requests.c.state == State.SEALED.value)
            self._sealed = {row.request for row in connection.execute(query)}
        return faults

    def _catch_up(self, connection: Connection) -> None:
        """Replay what was recorded since, also what waits for its place in the log: the rows have it already."""
        events = schema.events
        query = (
            select(events.c.body)
            .order_by(events.c.position.is_(None), events.c.position, events.c.id)
            .offset(self._replayed)
        )
        for (body,) in connection.execute(query):
            try:
                self._replay.apply(bytes(body))
            except EvidenceError as error:
                self._result.faults.append(Fault("database/events", f"event {self._replayed}: {error.reason}"))
            self._replayed += 1


def _object_faults(vault: Vault, stored: StoredObject, progress: Progress) -> Iterator[Fault]:
    try:
        header = header_of(vault.store, stored.key)
        if age_header.parse(header).length != len(header):
            yield Fault(stored.key, "its header is followed by something")
    except StoreUnavailable:
        raise  # says nothing of the object
    except (StoreError, EvidenceError, AgeError) as error:
        yield Fault(stored.key, f"header: {error.reason}")
    try:
        found = _payload(vault, stored.key, progress)
    except StoreUnavailable:
        raise
    except (StoreError, EvidenceError) as error:
        yield Fault(stored.key, f"payload: {error.reason}")
        return
    if found != (stored.size, stored.sha256):
        yield Fault(stored.key, "its payload is not the one that was sealed")


def _payload(vault: Vault, key: str, progress: Progress) -> tuple[int, bytes]:
    payload_key, start = payload_of(vault.store, key)
    digest, size = hashlib.sha256(), 0
    with vault.store.open(payload_key) as reader:
        for chunk in reader.chunks(start, None, _CHUNK):
            digest.update(chunk)
            size += len(chunk)
            progress(len(chunk))
    return size, digest.digest()


def _values(table: Table, row: Row) -> tuple[object, ...]:
    values = tuple(row[column.name] for column in table.columns)
    if table is schema.requests:
        # Between the event and the finished bundle a crash may have come; the service seals it again when it starts.
        values = tuple(State.APPROVED.value if value == State.SEALED.value else value for value in values)
    return values


def _paper_faults(vault: Vault, replay: Replay) -> Iterator[Fault]:
    """Small files in clear, and the receipt views, of which only the presence can be checked."""
    try:
        if vault.store.read(TRUST_KEY) != vault.trust.encode():
            yield Fault(TRUST_KEY, "it is not the vault's trust anchor")
    except StoreError as error:
        yield Fault(TRUST_KEY, error.reason)
    for case in sorted(replay.cases):
        if stored_verifier(vault.store, case) is None:
            yield Fault(case_key(case), "it is missing or changed")
    for stored in replay.kept():
        if replay.objects[stored.key][1].detail.get("outcome") == INTERRUPTED:
            continue  # nobody had the receipt at hand when it was sealed
        view = receipt_view(replay.objects[stored.key][1].case, replay.objects[stored.key][1].exhibit)
        if stored.key.endswith("/media") and not vault.store.exists(view):
            yield Fault(view, "it is missing")


def _record(vault: Vault, result: Fixity) -> None:
    detail: dict[str, Json] = {"objects": result.objects, "faults": len(result.faults)}
    if result.faults:
        detail["findings"] = list(dict.fromkeys(fault.key for fault in result.faults))[:FINDINGS]
    vault.sequencer.record(lambda _: [vault.event(EventType.FIXITY_CHECKED, Role.SYSTEM, "vault", detail=detail)])
    result.recorded = True
