"""A database server that crashes, and one that another takes over from: sources are told, and nothing is lost."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.faults.looking import recovers, require_kept, require_problem, send
from tests.oracles import postgresql
from tests.service import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def server() -> Iterator[postgresql.Server]:
    """One that may be broken, so not the one that other tests use."""
    with postgresql.running() as server:
        yield server


def world_on(folder: Path, database: str) -> World:
    world = World.make(folder, database=database)
    world.service.start()
    world.enrol(world.auditor, "auditor")
    return world


def attempts(world: World, count: int) -> list[httpx.Response]:
    """So many reports, a few at once."""
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(lambda _: send(world), range(count)))


def test_a_crashed_server_is_told_and_all_goes_on_when_it_is_back(server: postgresql.Server, tmp_path: Path) -> None:
    world = world_on(tmp_path, server.new_database())
    try:
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(attempts, world, 12)
            told = [send(world)]
            server.stop(signal.SIGQUIT)
            told += coming.result()
        require_problem(send(world), "unavailable")
        server.start()
        told.append(send(world))
        for answer in told:
            if answer.status_code != 200:
                require_problem(answer, "unavailable", "log-stalled")
        require_kept(world, [*(each.json() for each in told if each.status_code == 200), recovers(world)])
    finally:
        world.service.kill()


def test_another_server_takes_over_with_everything_that_was_acknowledged(
    server: postgresql.Server, tmp_path: Path
) -> None:
    name = server.new_database().rpartition("/")[2]
    with server.follower() as follower:
        hosts = "&".join(f"host=127.0.0.1:{each.port}" for each in (server, follower))
        world = world_on(tmp_path, f"postgresql://amparo@/{name}?{hosts}&target_session_attrs=read-write")
        try:
            with ThreadPoolExecutor(1) as thread:
                coming = thread.submit(attempts, world, 12)
                told = [send(world)]
                server.stop(signal.SIGKILL)
                follower.promote()
                told += coming.result()
            told = [each for each in told if each.status_code == 200]
            assert told
            require_kept(world, [*(each.json() for each in told), recovers(world)])
        finally:
            world.service.kill()
