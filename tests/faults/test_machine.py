"""A full or read-only disk, torn writes, no descriptors, no memory, a clock that jumps: told, survived, soon over."""

import contextlib
import resource
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests import media
from tests.faults.looking import recovers, require_kept, require_problem, send
from tests.oracles.require import missing, tool
from tests.service import World
from tests.stores.disks import tiny_disk

pytestmark = pytest.mark.slow
MIB: Final = 1 << 20
DISK: Final = "24m"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A vault on a small disk of its own; it keeps hardly anything free."""
    with tiny_disk(tmp_path / "disk", DISK) as disk:
        world = World.make(tmp_path, vault=disk / "vault")
        settings = world.vault / "vault.toml"
        settings.write_text(settings.read_text().replace(f"free_bytes = {1 << 30}", "free_bytes = 1"))
        try:
            world.service.start()
            world.enrol(world.auditor, "auditor")
            yield world
        finally:
            world.service.kill()


def test_a_full_disk_is_told_and_what_was_told_before_stays(world: World) -> None:
    told = list[Any]()
    refused = list[httpx.Response]()
    photo = media.noise(700)
    while not refused:
        answer = send(world, photo=photo)
        told += [answer.json()] if answer.status_code == 200 else []
        refused += [answer] if answer.status_code != 200 else []
    filler = world.vault.parent / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    refused += [send(world, photo=photo) for _ in range(3)]
    for answer in refused:
        require_problem(answer, "no-space", "unavailable")
    filler.unlink()
    _grow(world.vault.parent)
    require_kept(world, [*told, recovers(world)])


def test_a_store_that_may_only_be_read_is_told(world: World) -> None:
    first = send(world).json()
    store = str(world.vault / "store")
    with _mounted([tool("mount"), "--bind", store, store], store):
        subprocess.run([tool("mount"), "-o", "remount,bind,ro", store], check=True)
        require_problem(send(world), "unavailable")
    require_kept(world, [first, recovers(world)])


def test_what_a_power_cut_tore_was_told_to_nobody_and_is_cleared_away(world: World) -> None:
    told = [send(world).json() for _ in range(3)]
    world.service.kill()
    with (world.vault / "vault.db-wal").open("ab") as journal:
        journal.write(secrets.token_bytes(5000))  # frames that were never synced
    exhibit = next((world.vault / "store" / "exhibits").iterdir())
    (exhibit / f".partial-{secrets.token_hex(8)}").write_bytes(secrets.token_bytes(777))
    world.service.start()
    assert list(world.vault.rglob(".partial-*")) == []
    require_kept(world, [*told, recovers(world)])


def test_no_free_descriptor_is_told_or_waited_for(world: World) -> None:
    told = [send(world).json()]
    pid = world.service.pid
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    for spare in (0, 2, 4):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + spare, usual[1]))
        told += _served_or_refused(world)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
    assert world.service.pid == pid
    require_kept(world, [*told, recovers(world)])


def test_no_free_memory_is_told_and_ends_nothing(world: World) -> None:
    told = [send(world).json()]
    pid = world.service.pid
    usual = resource.prlimit(pid, resource.RLIMIT_AS)
    size = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    for spare in (0, 4):
        resource.prlimit(pid, resource.RLIMIT_AS, (size + spare * MIB, usual[1]))
        told += _served_or_refused(world)
    resource.prlimit(pid, resource.RLIMIT_AS, usual)
    require_kept(world, [*told, recovers(world)])


def _served_or_refused(world: World) -> list[Any]:
    """What a report is told while something is exhausted: it is kept, or refused clearly, or the connection breaks."""
    with contextlib.suppress(httpx.TransportError):
        answer = send(world, 4, media.noise(700))
        if answer.status_code == 200:
            return [answer.json()]
        require_problem(answer, "no-space", "unavailable", "internal", "log-stalled")
    return []


def _grow(disk: Path) -> None:
    subprocess.run([tool("mount"), "-o", "remount,size=200m", str(disk)], check=True)


@contextlib.contextmanager
def _mounted(command: list[str], where: str) -> Iterator[None]:
    if subprocess.run(command, check=False, capture_output=True).returncode:
        missing("the right to mount")
    try:
        yield
    finally:
        subprocess.run([tool("umount"), where], check=True)
