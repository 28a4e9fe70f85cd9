"""A long video arrives over a network that breaks five times and a service that is killed once, hardly sent twice.

The rates are Chromium's own emulation. 3G here is a good one (HSPA): 2 Mbit/s and 200 ms of delay, at which Chromium
sends 20 MB within a minute; on a slower one the same happens more slowly.
"""

import hashlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.counting import Counter, counting
from tests.browser.phone import REAL, Phone
from tests.browser.sender import PATIENCE, Network, Sender
from tests.oracles import require
from tests.service import World, succeed

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

SOURCE: Final = REAL / "with-gps.mp4"  # 0.24 MB: the same scene again and again makes a long video
CUTS: Final = 5
RESENT: Final = 0.05
MEMORY: Final = 300 * 1024 * 1024


@dataclass(frozen=True)
class Journey:
    megabytes: int
    up: int  # bytes a second, -1: as fast as it goes
    latency: int  # milliseconds


JOURNEYS: Final = {"3g": Journey(20, 250_000, 200), "fast": Journey(500, -1, 0)}


@pytest.fixture
def door(world: World) -> Iterator[Counter]:
    with counting(world.service.port) as counter:
        yield counter


def video(folder: Path, megabytes: int) -> Path:
    path = folder / "video.mp4"
    times = megabytes * 1_000_000 // SOURCE.stat().st_size
    command = [
        require.tool("ffmpeg"),
        "-v",
        "error",
        "-stream_loop",
        str(times),
        "-i",
        str(SOURCE),
        "-c",
        "copy",
        str(path),
    ]
    subprocess.run(command, check=True)
    return path


def peak(pid: int) -> int:
    """The most memory that a process ever had, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
def test_a_long_video_survives_five_cuts_and_a_killed_service(
    journey: Journey, browser: Browser, world: World, door: Counter, tmp_path: Path
) -> None:
    require.scripts()
    require.folder(REAL)
    file = video(tmp_path, journey.megabytes)
    size = file.stat().st_size
    with Phone.visiting(browser, door.address, scripts=True) as phone:
        sender = Sender(phone)
        sender.open()
        network = Network(phone.tab, up=journey.up, down=journey.up, latency=journey.latency)
        before = door.received
        sender.choose(file)
        peaks = []
        for step in range(1, CUTS + 2):
            _wait_for_share(sender, step / (CUTS + 2))
            if step == 3:
                peaks.append(peak(world.service.pid))
                world.service.kill()
                world.service.start()
                continue
            network.cut()
            expect(sender.part("lost")).to_be_visible(timeout=PATIENCE)
            network.back()
        sender.wait_kept(1, patience=240_000)
        carried = door.received - before
        peaks.append(peak(world.service.pid))
        redacted = tmp_path / "redacted.mp4"
        succeed("redact", file, "-o", redacted)
        with redacted.open("rb") as stream:
            assert sender.hashes() == [hashlib.file_digest(stream, "sha256").hexdigest()]
        assert size <= carried < (1 + RESENT) * size
        assert max(peaks) < MEMORY


def _wait_for_share(sender: Sender, share: float) -> None:
    """Until the bar of the first file stands beyond `share` of it."""
    sender.tab.wait_for_function(
        "share => [...document.querySelectorAll('[data-part=bar]')].some(bar => bar.value >= share * bar.max)",
        arg=share,
        timeout=240_000,
        polling=50,
    )
