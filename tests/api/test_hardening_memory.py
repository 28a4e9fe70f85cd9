"""Whatever one report brings, the service stays under 300 MiB, and nobody may look into its memory."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.service import JSON, World
from tests.vault.media import PHOTO

MIB = 1 << 20
PROMISED = 300 * MIB


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World.make(tmp_path)
    world.service.start()
    yield world
    world.service.kill()


def peak(world: World) -> int:
    """The most memory that the service ever had, in bytes."""
    status = Path(f"/proc/{world.service.pid}/status").read_text("ascii")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def report(world: World, files: list[bytes], *, keep_place: bool = False) -> httpx.Response:
    return httpx.post(
        world.address + "/report",
        data={"keep_place": "yes" if keep_place else "no"},
        files=[("files", ("x", data)) for data in files],
        headers=JSON,
        timeout=300,
        trust_env=False,
    )


@pytest.mark.slow
def test_fifty_files_of_four_megabytes_stay_below_the_promise(world: World) -> None:
    photo = PHOTO.read_bytes()
    one = photo + os.urandom(4_000_000 - len(photo))
    sent = report(world, [one] * 50)
    assert sent.status_code == 200, sent.text
    assert len(sent.json()["exhibits"]) == 50
    assert peak(world) < PROMISED


@pytest.mark.slow
@pytest.mark.parametrize("keep_place", [False, True], ids=["destroyed", "kept"])
@pytest.mark.parametrize("size", [30 * MIB, 160 * MIB])
def test_file_of_which_much_is_withheld_stays_below_the_promise(world: World, size: int, keep_place: bool) -> None:
    sent = report(world, [PHOTO.read_bytes() + os.urandom(size)], keep_place=keep_place)
    assert sent.status_code == 200, sent.text
    assert peak(world) < PROMISED


@pytest.mark.slow
def test_memory_may_be_neither_dumped_nor_read(world: World) -> None:
    limits = Path(f"/proc/{world.service.pid}/limits").read_text("ascii")
    assert re.search(r"^Max core file size\s+0\s+0", limits, re.MULTILINE) is not None
    # proc(5): the files of a process that is not dumpable belong to root, whoever runs it.
    assert Path(f"/proc/{world.service.pid}/mem").stat().st_uid == 0
