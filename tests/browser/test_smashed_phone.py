"""A phone that is smashed half-way: what had left it is evidence, and plays as far as it goes."""

import contextlib
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Error, expect

from tests.browser.phone import ARGUMENTS, REAL, Phone
from tests.browser.playing import probe, reviewed
from tests.browser.sender import PATIENCE, Network, Sender
from tests.oracles import require
from tests.service import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXPIRY: Final = 4  # seconds without a byte after which an upload is taken for interrupted
SOURCE: Final = REAL / "with-gps.mp4"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A vault that waits little for uploads to go on."""
    made = World.make(tmp_path_factory.mktemp("hasty"))
    settings = made.vault / "vault.toml"
    text = settings.read_text()
    for name in ("upload_seconds", "live_seconds"):
        text, found = re.subn(rf"(?m)^{name} = .*$", f"{name} = {EXPIRY}", text)
        assert found == 1
    settings.write_text(text)
    try:
        made.service.start()
        yield made
    finally:
        made.service.kill()


@pytest.fixture
def doomed(browser: Browser, world: World) -> Iterator[Sender]:
    """A browser of its own, that will be killed."""
    require.scripts()
    path = require.tool("chromium")
    another = browser.browser_type.launch(executable_path=path, args=list(ARGUMENTS))
    with contextlib.suppress(Error), Phone.visiting(another, world.address, scripts=True) as phone:
        yield Sender(phone)


def crash(browser: Browser | None) -> None:
    """As a phone that hits the ground: nothing is finished, nobody is told."""
    assert browser is not None
    with contextlib.suppress(Error):  # there is nobody to answer any more
        browser.new_browser_cdp_session().send("Browser.crash")


def interrupted(world: World, receipt: str, folder: Path, case: str) -> Path:
    """What a custodian gets of the one upload that was interrupted, once its time is over."""
    headers = {"Authorization": f"Receipt {receipt.replace(' ', '')}"}
    deadline = time.monotonic() + 90
    exhibits: list[Any] = []
    while not exhibits and time.monotonic() < deadline:
        time.sleep(0.5)
        exhibits = httpx.get(world.address + "/api/receipt", headers=headers, trust_env=False).json()["exhibits"]
    assert [each["outcome"] for each in exhibits] == ["interrupted"]
    (path,) = reviewed(world, case, folder)
    return path


def test_a_phone_smashed_while_it_films_leaves_the_film_up_to_there(
    doomed: Sender, world: World, tmp_path: Path
) -> None:
    doomed.open()
    doomed.button("Film now").click()
    expect(doomed.part("sent")).to_have_text(re.compile("Sent up to 0:0[5-9]"), timeout=PATIENCE)
    case, receipt = doomed.case, doomed.receipt
    crash(doomed.phone.context.browser)
    kinds, seconds = probe(interrupted(world, receipt, tmp_path / "review", case))
    assert kinds == {"video", "audio"}
    assert seconds >= 4


def test_a_phone_smashed_at_three_fifths_of_a_video_leaves_three_fifths(
    doomed: Sender, world: World, tmp_path: Path
) -> None:
    require.folder(REAL)
    video = tmp_path / "video.mp4"
    command = [require.tool("ffmpeg"), "-v", "error", "-stream_loop", "30", "-i", str(SOURCE), "-c", "copy"]
    subprocess.run([*command, "-movflags", "faststart", str(video)], check=True)
    doomed.open()
    Network(doomed.tab, up=1_000_000, down=1_000_000)
    doomed.choose(video)
    doomed.tab.wait_for_function(
        "() => [...document.querySelectorAll('[data-part=bar]')].some(bar => bar.value >= 0.6 * bar.max)",
        polling=50,
    )
    case, receipt = doomed.case, doomed.receipt
    crash(doomed.phone.context.browser)
    found = interrupted(world, receipt, tmp_path / "review", case)
    whole, part = video.read_bytes(), found.read_bytes()
    assert whole.startswith(part)
    assert 0.5 < len(part) / len(whole) < 0.9
    assert probe(found)[1] >= 0.5 * probe(video)[1]
