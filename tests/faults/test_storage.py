"""A store that is slow, breaks off, is busy or away, and a storage node that is lost: sources are served or told."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests import media
from tests.faults.bad_network import Network, network
from tests.faults.looking import recovers, require_kept, require_problem, send
from tests.oracles import ceph as object_gateway
from tests.places import with_credentials
from tests.service import World
from tests.tus import Tus

pytestmark = [pytest.mark.slow, pytest.mark.ceph, pytest.mark.timeout(600)]
UPLOADS: Final = 50
AT_ONCE: Final = 5


@pytest.fixture
def way(ceph: object_gateway.Gateway) -> Iterator[Network]:
    with network(ceph.host) as way:
        yield way


@pytest.fixture
def world(ceph: object_gateway.Gateway, way: Network, tmp_path: Path) -> Iterator[World]:
    url = f"s3://{object_gateway.BUCKET}/{tmp_path.name}?endpoint=http://{way.host}"
    with with_credentials(ceph):
        world = World.make(tmp_path, store=url)
        try:
            world.service.start()
            world.enrol(world.auditor, "auditor")
            yield world
        finally:
            world.service.kill()


@pytest.mark.parametrize(("fault", "often"), [("delay", 0.1), ("breaking", 0.03), ("busy", 0.15), ("altering", 0.1)])
def test_a_store_with_a_bad_network_loses_nothing(world: World, way: Network, fault: str, often: float) -> None:
    setattr(way, fault, often)
    answers = [send(world, photo=media.noise(48)) for _ in range(6)]
    setattr(way, fault, 0.0)
    for answer in answers:
        if answer.status_code != 200:  # several tries in a row may have met it
            require_problem(answer, "unavailable", "log-stalled")
    kept = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(kept) >= 4
    if fault != "delay":
        assert way.hurt > 0
    require_kept(world, [*kept, recovers(world)])


def test_a_store_that_is_away_is_told_and_all_goes_on_when_it_is_back(world: World, way: Network) -> None:
    first = send(world).json()
    way.down = True
    began = time.monotonic()
    require_problem(send(world), "unavailable")
    assert time.monotonic() - began < 20
    way.down = False
    require_kept(world, [first, recovers(world)])


def test_a_killed_storage_node_fails_no_upload(tmp_path: Path) -> None:
    with object_gateway.running(osds=3) as gateway, with_credentials(gateway):
        world = World.make(tmp_path, store=gateway.url("vault"))
        try:
            world.service.start()
            world.enrol(world.auditor, "auditor")
            told = []
            with ThreadPoolExecutor(AT_ONCE) as threads:
                coming = [threads.submit(_upload, world, number) for number in range(UPLOADS)]
                while sum(each.done() for each in coming) < UPLOADS // 5:
                    time.sleep(0.05)
                os.kill(gateway.storage_node(1), signal.SIGKILL)
                running = sum(not each.done() for each in coming)
                told = [each.result() for each in coming]
            assert running >= UPLOADS // 2
            require_kept(world, told)
        finally:
            world.service.kill()


def _upload(world: World, number: int) -> object:
    """By the form or by tus; what the receipt shows of it."""
    if number % 2:
        answer = send(world, 300)
        assert answer.status_code == 200, answer.text
        return answer.json()
    tus, data = Tus.case_at(world.address), media.noise(64)
    path = tus.begin(len(data))
    for start in range(0, len(data), 5000):
        answer = tus.patch(path, start, data[start : start + 5000])
        assert answer.status_code == 204, answer.text
    return {"receipt": tus.receipt, "exhibits": tus.seen()["exhibits"]}
