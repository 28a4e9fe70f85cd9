"""Sending without scripts from a private window, and from another one to show that the search finds what stays there.

The browser is a process of its own: in one that Playwright starts, nothing can be done in the private window. Files are
chosen as the browser's own dialog does; Playwright would hand over their bytes, without their places on the disk.
"""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.phone import ARGUMENTS, REAL, SEND
from tests.oracles import require
from tests.service import World
from tests.traces import files, words

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILE: Final = "canary-lane-4862.jpg"
SESSION_SECONDS: Final = 4.0  # Chromium writes the file of open tabs 2.5 seconds after a change
START_SECONDS: Final = 60.0


@contextlib.contextmanager
def window(profile: Path, *, private: bool) -> Iterator[Page]:
    """The first window of a Chromium with its profile in this folder; it is closed as a person would."""
    options = ["--headless=new", "--no-first-run", f"--user-data-dir={profile}", "--remote-debugging-port=0"]
    command = [require.tool("chromium"), *ARGUMENTS, *options, *(["--incognito"] if private else []), "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{_port(profile)}")
            yield browser.contexts[0].pages[0]
            browser.new_browser_cdp_session().send("Browser.close")
        process.wait(30)
    finally:
        process.kill()
        process.wait()


def _port(profile: Path) -> str:
    """On which the browser listens, once it says so."""
    told, deadline = profile / "DevToolsActivePort", time.monotonic() + START_SECONDS
    while not (told.exists() and told.read_text().count("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return told.read_text().splitlines()[0]


def choose(tab: Page, file: Path) -> None:
    session = tab.context.new_cdp_session(tab)
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    field = session.send("DOM.querySelector", {"nodeId": root, "selector": "#files"})["nodeId"]
    session.send("DOM.setFileInputFiles", {"nodeId": field, "files": [str(file)]})


@pytest.mark.parametrize("private", [True, False])
def test_only_a_window_that_is_not_private_leaves_the_names_of_files_in_the_profile(
    world: World, tmp_path: Path, private: bool
) -> None:
    photo = tmp_path / FILE
    shutil.copy(require.folder(REAL) / "train.jpg", photo)
    with window(tmp_path / "profile", private=private) as tab:
        tab.context.new_cdp_session(tab).send("Emulation.setScriptExecutionDisabled", {"value": True})
        tab.goto(world.address)
        choose(tab, photo)
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
        with tab.expect_navigation():
            tab.get_by_role("button", name=SEND).click()
        assert tab.get_by_role("heading", name="We have it").is_visible()
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
        with tab.expect_navigation():
            tab.get_by_role("link", name="Leave now").click()
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
    names = [FILE.encode(), FILE.encode("utf-16-le")]
    visits = [world.address.encode()]
    found = {place for place, _ in words(files([tmp_path / "profile"]), names)}
    assert bool(words(files([tmp_path / "profile"]), visits)) is not private
    assert bool(found) is not private
    assert all(place.startswith(("Session_", "Tabs_")) for place in found)
