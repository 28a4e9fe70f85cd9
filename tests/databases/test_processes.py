"""Several processes serve one vault: what was acknowledged is there, whichever of them dies and whenever."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.databases.place import Place
from tests.oracles import postgresql
from tests.service import Service, World
from tests.vault.media import PHOTO
from vault.fixity import check
from vault.instance import open_vault

pytestmark = pytest.mark.slow


@pytest.fixture
def world(place: Place, tmp_path: Path) -> Iterator[World]:
    """A vault with two workers."""
    sqlite = place.url.startswith("sqlite")
    world = World.make(tmp_path, database="" if sqlite else place.url)
    world.service.workers = 2
    try:
        world.service.start()
        world.enrol(world.partner, "partner")
        world.enrol(world.auditor, "auditor")
        yield world
    finally:
        world.service.stop()


def workers(service: Service) -> list[int]:
    """The processes that serve, among the children of the one that was started."""
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def attempt(world: World) -> str:
    """The case of a report that was acknowledged, or nothing when its connection broke."""
    try:
        return str(world.report([("a.jpg", PHOTO.read_bytes())])["case"])
    except httpx.TransportError:
        return ""


def acknowledged(world: World, cases: list[str]) -> None:
    """Every one of these cases is in the log and in the store, and nothing else is wrong."""
    audit = world.audit()
    assert audit.code == 0, audit.out + audit.err
    logged = {event["case"] for event in world.events() if event["type"] == "exhibit.sealed"}
    assert set(cases) <= logged
    vault = open_vault(world.vault)
    try:
        assert [fault for fault in check(vault).faults if "refers to" not in str(fault)] == []
    finally:
        vault.close()


def test_reports_at_once_all_arrive_and_a_killed_worker_is_replaced(world: World) -> None:
    first = workers(world.service)
    assert len(first) == 2
    with ThreadPoolExecutor(6) as threads:
        coming = [threads.submit(attempt, world) for _ in range(12)]
        time.sleep(0.5)
        os.kill(first[0], signal.SIGKILL)
        cases = [case for case in (each.result() for each in coming) if case]
    assert len(cases) >= 6
    assert attempt(world)
    deadline = time.monotonic() + 20
    while len(set(workers(world.service)) - {first[0]}) < 2:
        assert time.monotonic() < deadline, "the dead worker is not replaced"
        time.sleep(0.1)
    acknowledged(world, cases)


def test_workers_end_with_the_process_that_started_them(world: World) -> None:
    pids = workers(world.service)
    world.service.kill()
    deadline = time.monotonic() + 40
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, "workers go on alone"
        time.sleep(0.1)


def test_a_second_machine_takes_over_the_log(server: postgresql.Server, tmp_path: Path) -> None:
    """Two services share a database and a store; the one that last wrote the log is killed, and replaced in 5 s."""
    world = World.make(tmp_path, database=server.new_database())
    other = Service(world.vault, tmp_path / "other.txt")
    try:
        world.service.start()
        other.start()
        world.enrol(world.auditor, "auditor")
        cases = [attempt(world)]
        world.service.kill()
        world.service.port = other.port
        killed = time.monotonic()
        report = world.report([("a.jpg", PHOTO.read_bytes())])
        assert report.get("confirmed", True), "the log does not go on"
        assert time.monotonic() - killed < 5
        cases.append(str(report["case"]))
        acknowledged(world, cases)
    finally:
        world.service.kill()
        other.stop()
