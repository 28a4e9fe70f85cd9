"""The log grows by whole checkpoints, goes on after a crash at any write, and is what an auditor's tree says it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, text, update

from evidence.audit import Audit, audit
from evidence.audit_replay import ServedEvent
from evidence.audit_state import AuditState
from evidence.event import Event, EventType, Role
from evidence.tlog import tiles
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.note import Note
from tests.vault.making import new_vault, person
from vault.database import schema
from vault.errors import SequencerStalled, StoreUnavailable
from vault.instance import Vault, open_vault
from vault.sequencer import Sequencer, event_path, stored_events
from vault.store.filesystem import FilesystemStore

FIRST: Final = 2  # events of a new vault with one custodian


class Crash(Exception):
    """The power is cut."""


class Failing(FilesystemStore):
    """A store that stops before the write number `left`."""

    left = 10**9

    def put(self, key: str, data: bytes, *, media_type: str = "application/octet-stream") -> None:
        type(self).left -= 1
        if self.left < 0:
            raise Crash
        super().put(key, data, media_type=media_type)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    new_vault(tmp_path / "v", person("custodian"))
    vault = open_vault(tmp_path / "v")
    yield vault
    vault.close()


def checked(vault: Vault, count: int) -> list[Event]:
    """Events that a log may hold any number of."""
    return [vault.event(EventType.FIXITY_CHECKED, Role.SYSTEM, "vault", detail={"number": n}) for n in range(count)]


def recorded(vault: Vault, count: int) -> int:
    def change(_: Connection) -> Sequence[Event]:
        return checked(vault, count)

    return vault.sequencer.record(change)


@dataclass
class Auditor:
    """Somebody who comes back with what was found good before."""

    vault: Vault
    state: AuditState | None = None
    memory: dict[str, str] = field(default_factory=dict)

    def audit(self) -> Audit:
        memory = dict(self.memory)
        result = audit(self.vault.sequencer.fetch, self.vault.trust, self.state, self._events, memory)
        if result.ok:
            self.state, self.memory = result.state, memory
        return result

    def _events(self, start: int, size: int) -> Iterator[ServedEvent]:
        return (ServedEvent(data) for data in islice(stored_events(self.vault.store, size), start, None))


def audited(vault: Vault) -> Audit:
    return Auditor(vault).audit()


@pytest.mark.parametrize("count", [1, 253, 254, 255, 256, 600])
def test_a_log_of_any_length_passes_an_audit(vault: Vault, count: int) -> None:
    recorded(vault, count)
    assert vault.sequencer.run_once() == FIRST + count
    result = audited(vault)
    assert result.ok, result.checks
    assert result.size == FIRST + count


def test_a_log_that_grows_step_by_step_stays_consistent_with_each_step_before(vault: Vault) -> None:
    auditor, size = Auditor(vault), FIRST
    assert auditor.audit().ok
    for count in (1, 3, 200, 49, 1, 1, 1, 260, 5):
        recorded(vault, count)
        size += count
        assert vault.sequencer.run_once() == size
        result = auditor.audit()
        assert result.ok, result.checks
        assert result.since == size - count


def test_every_checkpoint_that_was_published_can_still_be_checked_by_its_tiles(vault: Vault) -> None:
    published = []
    for count in (1, 3, 200, 49, 1, 1, 1, 260, 5):
        recorded(vault, count)
        vault.sequencer.run_once()
        published.append(Checkpoint.parse(Note.parse(vault.store.read("log/checkpoint")).text))
    for seen in published:
        nodes = tiles.TileNodes(seen.size, vault.sequencer.fetch)
        assert tiles.root(seen.size, nodes.node) == seen.root
        entries = [tiles.fetch_entries(seen.size, at, vault.sequencer.fetch) for at in range(-(-seen.size // 256))]
        assert sum(map(len, entries)) == seen.size


def test_old_partial_bundles_go_once_a_longer_one_is_there(vault: Vault) -> None:
    for _ in range(5):
        recorded(vault, 2)
        vault.sequencer.run_once()
    assert list(vault.store.list("events/")) == [event_path(0, FIRST + 10)]


@pytest.mark.slow
def test_partial_tiles_of_every_level_go_once_the_full_one_is_there(vault: Vault) -> None:
    recorded(vault, 256 * 256)  # in many checkpoints
    vault.sequencer.run_once()
    kept = [key for key in vault.store.list("log/tile/") if ".p/" in key]
    assert kept
    full = {key for key in vault.store.list("log/tile/") if ".p/" not in key}
    assert "log/tile/1/000" in full
    assert [key for key in kept if key.partition(".p/")[0] in full] == []


@pytest.mark.parametrize("size", [3, 250])
def test_a_crash_before_any_write_is_made_good(vault: Vault, size: int, tmp_path: Path) -> None:
    recorded(vault, size)
    vault.sequencer.run_once()
    auditor = Auditor(vault)
    assert auditor.audit().ok
    failing = Failing(tmp_path / "v" / "store")
    broken = Sequencer(
        vault.database,
        failing,
        vault.trust.origin,
        vault.sequencer._signer,
        vault.locks,
        cadence=0.05,
        witnesses=vault.witnesses,
    )
    total, crashes = FIRST + size, 0
    for writes in range(12):
        recorded(vault, 7)
        total += 7
        Failing.left = writes
        try:
            broken.run_once()
        except Crash:
            crashes += 1
        Failing.left = 10**9
        during = auditor.audit()
        assert during.ok, during.checks
        assert during.size in {total - 7, total}
        assert vault.sequencer.run_once() == total
        result = auditor.audit()
        assert result.ok, result.checks
    assert crashes > 3


def test_nobody_is_told_before_the_checkpoint_is_there(vault: Vault) -> None:
    number = recorded(vault, 1)
    with pytest.raises(SequencerStalled):
        vault.sequencer.wait(number, 0.2)
    vault.sequencer.run_once()
    assert vault.sequencer.wait(number, 0.2) == FIRST


def test_a_change_that_fails_records_nothing(vault: Vault) -> None:
    def change(connection: Connection) -> Sequence[Event]:
        connection.execute(text("delete from people"))
        raise StoreUnavailable("no")

    with pytest.raises(StoreUnavailable):
        vault.sequencer.record(change)
    assert vault.sequencer.run_once() == FIRST
    with vault.database.transaction() as connection:
        assert connection.execute(text("select count(*) from people")).scalar() == 1


def test_a_change_without_events_waits_for_what_was_recorded_before(vault: Vault) -> None:
    recorded(vault, 1)
    number = vault.sequencer.record(lambda _: [])
    with pytest.raises(SequencerStalled):
        vault.sequencer.wait(number, 0.1)
    vault.sequencer.run_once()
    assert vault.sequencer.wait(number, 0.1) == FIRST


def test_a_bundle_grows_from_what_is_stored_and_not_from_the_database(vault: Vault) -> None:
    recorded(vault, 3)
    vault.sequencer.run_once()
    honest = list(stored_events(vault.store, FIRST + 3))
    with vault.database.transaction() as connection:
        connection.execute(update(schema.events).where(schema.events.c.position == 3).values(body=b"{}"))
    recorded(vault, 1)
    vault.sequencer.run_once()
    assert list(stored_events(vault.store, FIRST + 3)) == honest


def test_a_bundle_that_went_missing_is_made_again(vault: Vault) -> None:
    honest = list(stored_events(vault.store, FIRST))
    vault.store.delete(event_path(0, FIRST))
    recorded(vault, 1)
    vault.sequencer.run_once()
    assert list(stored_events(vault.store, FIRST)) == honest


def test_an_event_that_is_lost_everywhere_leaves_a_gap_that_an_audit_names(vault: Vault) -> None:
    recorded(vault, 3)
    vault.sequencer.run_once()
    vault.store.delete(event_path(0, FIRST + 3))
    with vault.database.transaction() as connection:
        connection.execute(text("delete from events where position = 3"))
    recorded(vault, 1)
    assert vault.sequencer.run_once() == FIRST + 4
    result = audited(vault)
    assert [check.name for check in result.checks if not check.ok] == ["events"]
    (events,) = [check for check in result.checks if check.name == "events"]
    assert events.detail == "event 3: not the event that the log committed to"


def test_the_thread_survives_a_fault_that_nobody_foresaw(vault: Vault) -> None:
    with vault.database.transaction() as connection:  # a row where the next event would go
        connection.execute(text("update events set position = :to where position = 0"), {"to": FIRST})
    vault.sequencer.start()
    number = recorded(vault, 1)
    with pytest.raises(SequencerStalled):
        vault.sequencer.wait(number, 2)
    assert vault.sequencer.failing
    with vault.database.transaction() as connection:
        connection.execute(text("update events set position = 0 where position = :at"), {"at": FIRST})
    assert vault.sequencer.wait(number) == FIRST
