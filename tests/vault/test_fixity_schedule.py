"""Everything stored is checked once a day, gently, by one process, and a pass that was interrupted goes on."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evidence.event import Event, EventType
from tests.oracles import ceph
from tests.service import World
from tests.vault.hands import Hands
from tests.vault.making import Furnished, furnished, person, report
from tests.vault.media import PHOTO
from vault import fixity
from vault.errors import StoreUnavailable
from vault.fixity_schedule import LEASE, FixitySchedule, Pass, Stopped
from vault.instance import Vault, open_vault
from vault.sequencer import set_value, stored_events
from vault.setup import NewVault, create
from vault.withdrawal import withdraw

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    return furnished(tmp_path_factory.mktemp("schedule") / "vault")


@dataclass
class Process:
    """One process of the service, as far as fixity goes. `said` is what its operator reads."""

    vault: Vault
    hands: Hands
    said: list[str] = field(default_factory=list)
    read: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.schedule = FixitySchedule(self.vault, self.said.append)


@pytest.fixture
def started(made: Furnished, tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Start another process of one vault; all share a clock."""
    folder, hands, processes = tmp_path / "vault", Hands(), list[Process]()
    shutil.copytree(made.folder, folder)

    def start() -> Process:
        processes.append(Process(open_vault(folder, hands), hands))
        return processes[-1]

    yield start
    for each in processes:
        each.vault.close()


Started = Callable[[], Process]


def checks(vault: Vault) -> list[dict[str, Any]]:
    """What the events of the log say of fixity."""
    size = vault.sequencer.run_once()
    events = [Event.parse(body) for body in stored_events(vault.store, size)]
    return [dict(event.detail) for event in events if event.type is EventType.FIXITY_CHECKED]


def due(started: Started) -> Process:
    """A process whose vault has waited for a day."""
    process = started()
    assert process.schedule.run_due() is None
    process.hands.moment += DAY
    return process


def test_a_vault_is_checked_once_a_day_and_the_log_says_so(started: Started) -> None:
    process = due(started)
    assert process.schedule.run_due() is not None
    assert process.schedule.run_due() is None
    process.hands.moment += DAY - timedelta(seconds=1)
    assert process.schedule.run_due() is None
    process.hands.moment += timedelta(seconds=1)
    assert process.schedule.run_due() is not None
    assert checks(process.vault) == [{"objects": 7, "faults": 0}] * 2
    assert process.said == []


def test_what_is_damaged_is_named_in_the_log_and_told(started: Started) -> None:
    process = due(started)
    (path, *_) = sorted((process.vault.settings.folder / "store").glob("exhibits/*/media.payload"))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    process.schedule.run_due()
    key = f"exhibits/{path.parent.name}/media"
    (found,) = checks(process.vault)
    assert found["objects"] == 7
    assert found["faults"] == 1
    assert found["findings"] == [key]
    assert process.said == ["fixity: objects missing or changed: 1; run: amparo fixity DIR"]


@contextmanager
def stopping_after(process: Process, count: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Stop the service once so many objects were read; the keys of what is read."""
    keys, payload = list[str](), fixity._payload

    def reading(vault: Vault, key: str, progress: fixity.Progress) -> tuple[int, bytes]:
        keys.append(key)
        if len(keys) > count:
            process.schedule._stop.set()
        return payload(vault, key, progress)

    with monkeypatch.context() as patch:
        patch.setattr(fixity, "_payload", reading)
        yield keys


def test_a_pass_goes_on_after_a_restart(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    process = due(started)
    with stopping_after(process, 3, monkeypatch) as first, pytest.raises(Stopped):
        process.schedule.run_due()
    again = started()
    with stopping_after(again, 100, monkeypatch) as second:
        assert again.schedule.run_due() is not None
    assert first[:3] + second == sorted(first[:3] + second)
    assert len(first[:3] + second) == 7
    assert checks(again.vault) == [{"objects": 7, "faults": 0}]


def test_what_was_found_before_the_restart_is_not_forgotten(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    process = due(started)
    folder = process.vault.settings.folder / "store" / "cases"
    (path, *_) = sorted(folder.glob("*/statement-1.age"))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with stopping_after(process, 3, monkeypatch), pytest.raises(Stopped):
        process.schedule.run_due()
    again = started()
    again.schedule.run_due()
    assert f"cases/{path.parent.name}/statement-1.age" in checks(again.vault)[0]["findings"]


def test_one_process_works_at_a_time_and_another_takes_over_when_it_was_killed(started: Started) -> None:
    process, other = due(started), started()
    under_way = process.schedule._claim()
    assert under_way is not None  # and then it was killed
    assert other.schedule.run_due() is None
    process.hands.moment += LEASE
    assert other.schedule.run_due() is not None
    with pytest.raises(Stopped):  # who was only thought to be dead gives up
        process.schedule._write(under_way)
    assert len(checks(other.vault)) == 1


def test_reading_is_held_to_the_rate(started: Started) -> None:
    process = due(started)
    total = fixity.total_bytes(process.vault)
    slow = replace(process.vault, settings=replace(process.vault.settings, fixity_rate=total))
    began = time.monotonic()
    assert FixitySchedule(slow, process.said.append).run_due() is not None
    assert time.monotonic() - began >= 0.9


def test_a_slow_pass_ends_at_once_when_the_service_does(started: Started) -> None:
    process = due(started)
    slow = replace(process.vault, settings=replace(process.vault.settings, fixity_rate=1))
    schedule = FixitySchedule(slow, process.said.append)
    schedule.start()
    time.sleep(0.5)
    began = time.monotonic()
    schedule.stop()
    assert time.monotonic() - began < 5
    assert process.said == []


def test_what_is_withdrawn_while_it_is_being_read_is_no_fault(
    started: Started, made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, payload = due(started), fixity._payload
    gone = threading.Event()

    def reading(vault: Vault, key: str, progress: fixity.Progress) -> tuple[int, bytes]:
        if key.startswith("exhibits/") and not gone.is_set():
            gone.set()
            process.vault.sequencer.start()
            withdraw(process.vault, made.report.receipt)
        return payload(vault, key, progress)

    monkeypatch.setattr(fixity, "_payload", reading)
    result = process.schedule.run_due()
    assert result is not None
    assert result.faults == []


def test_a_store_that_does_not_answer_is_no_fault_and_the_pass_goes_on_later(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = due(started)

    def unavailable(*_: object) -> tuple[int, bytes]:
        raise StoreUnavailable("the store does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(fixity, "_payload", unavailable)
        with pytest.raises(StoreUnavailable):
            process.schedule.run_due()
    assert process.schedule.run_due() is not None
    assert checks(process.vault) == [{"objects": 7, "faults": 0}]


def test_a_row_that_somebody_changed_begins_anew(started: Started) -> None:
    process = due(started)
    with process.vault.database.transaction() as connection:
        connection.exec_driver_sql("update meta set value = '{}' where name = 'fixity'")
    assert process.schedule.run_due() is None
    process.hands.moment += DAY
    assert process.schedule.run_due() is not None


@pytest.mark.slow
def test_the_service_checks_by_itself_and_an_auditor_sees_it(tmp_path: Path) -> None:
    world = World.make(tmp_path)
    vault = open_vault(world.vault)
    with vault.database.transaction() as connection:
        set_value(connection, "fixity", Pass(vault.now() - DAY).encode())
    vault.close()
    try:
        world.service.start()
        world.enrol(world.auditor, "auditor")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if "fixity.checked" in [each["type"] for each in world.events()]:
                break
            time.sleep(0.2)
        else:
            raise AssertionError(world.service.said.read_text())
        assert world.audit().code == 0
    finally:
        world.service.stop()


@pytest.mark.ceph
@pytest.mark.slow
def test_a_vault_in_an_object_store_is_checked_too(tmp_path: Path) -> None:
    with ceph.running() as gateway:
        credentials, hands = (gateway.access_key, gateway.secret_key), Hands()
        new = NewVault([person("custodian").line], origin="vault.example/log", store=gateway.url("fixity/vault"))
        create(tmp_path / "v", new, hands, credentials)
        vault = open_vault(tmp_path / "v", hands, credentials)
        vault.sequencer.start()
        report(vault, PHOTO, statement="It happened at noon.")
        process = Process(vault, hands)
        assert process.schedule.run_due() is None
        hands.moment += DAY
        result = process.schedule.run_due()
        assert result is not None
        assert (result.objects, result.faults) == (3, [])
        vault.close()
