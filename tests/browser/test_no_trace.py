"""After leaving, a real Chromium with a profile on the disk holds nothing of what was sent, shown or typed.

What stays, and is said in docs/pages.md: that the site was visited, and, after a form was sent without scripts, the
names of the chosen files in the file from which a desktop Chromium opens its tabs again.
"""

import contextlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.phone import REAL, SEND, living_in
from tests.oracles import require
from tests.service import World
from tests.traces import contents, files

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS: Final = "Canary7531 saw two officers"
FILE: Final = "canary-lane-4862.jpg"
SESSION_SECONDS: Final = 4.0  # Chromium writes the file of open tabs 2.5 seconds after a change
_KEPT: Final = """async () => [document.cookie, localStorage.length, sessionStorage.length,
  (await caches.keys()).length, (await indexedDB.databases()).length,
  (await navigator.serviceWorker.getRegistrations()).length]"""
_KEEP: Final = """async () => {
  document.cookie = "kept=canary; max-age=9999"; localStorage.kept = "canary"; sessionStorage.kept = "canary";
  await (await caches.open("kept")).put("/", new Response("canary"));
  await new Promise((done, failed) => { const open = indexedDB.open("kept");
    open.onsuccess = () => { open.result.close(); done(); }; open.onerror = failed; });
}"""


@dataclass
class Profile:
    """A browser with its profile on the disk; what is written there can be searched once it is closed."""

    folder: Path
    context: BrowserContext

    @property
    def tab(self) -> Page:
        return self.context.pages[0]

    def holding(self, *needles: str) -> set[tuple[str, str]]:
        """Folder or file at the top of the profile, and needle, of every needle found in UTF-8 or UTF-16."""
        found = set()
        for path in files([self.folder]):
            data, place = (
                contents(path),
                path.relative_to(self.folder / "Default" if self._inner(path) else self.folder),
            )
            for needle in needles:
                if needle.encode() in data or needle.encode("utf-16-le") in data or needle in path.name:
                    found.add((place.parts[0], needle))
        return found

    def _inner(self, path: Path) -> bool:
        return path.is_relative_to(self.folder / "Default")


@contextlib.contextmanager
def profile(folder: Path, *, scripts: bool) -> Iterator[Profile]:
    with living_in(folder, scripts=scripts) as context:
        yield Profile(folder, context)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / FILE
    shutil.copy(require.folder(REAL) / "train.jpg", path)
    return path


def leave(tab: Page) -> None:
    with tab.expect_navigation():
        tab.get_by_role("link", name="Leave now").click()
    assert tab.title() == "Notes"


def written(text: str) -> list[str]:
    """Ways in which a code may be written: as shown, without its spaces or hyphens, as a form sends it."""
    return [text, re.sub(r"[ -]", "", text), text.replace(" ", "+"), text.replace(" ", "%20")]


def test_nothing_that_was_sent_or_shown_is_in_the_profile_after_leaving(
    world: World, tmp_path: Path, photo: Path
) -> None:
    with profile(tmp_path / "profile", scripts=False) as browser:
        tab = browser.tab
        tab.goto(world.address)
        tab.get_by_label("What happened?").fill(WORDS)
        tab.get_by_label("Photos and videos").set_input_files(photo)
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
        with tab.expect_navigation():
            tab.get_by_role("button", name=SEND).click()
        case = tab.get_by_role("region", name="Case number", exact=True).locator(".code").inner_text()
        receipt = tab.get_by_role("region", name="Receipt", exact=True).locator(".code").inner_text()
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
        tab.goto(world.address + "/receipt")
        tab.get_by_label("Receipt").fill(receipt)
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
        with tab.expect_navigation():
            tab.get_by_role("button", name="Show my case").click()
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
        leave(tab)
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
        assert browser.context.cookies() == []
        assert browser.context.storage_state(indexed_db=True) == {"cookies": [], "origins": []}
    secrets = [*written(case), *written(receipt), *WORDS.split()[:1]]
    assert browser.holding(*secrets) == set()
    # The search does see what Chromium writes: the visit, and in the file of open tabs the names of chosen files.
    assert {place for place, _ in browser.holding(f"{world.address}/receipt")} >= {"History", "Sessions"}
    assert {place for place, _ in browser.holding(FILE)} <= {"Sessions"}
    history = contents(tmp_path / "profile" / "Default" / "History")
    for title in (b"received", b"your case"):
        assert title in history  # a title says nothing but this
    assert not re.search(rb"lang=(?!en)", history)


def test_words_and_files_that_were_chosen_but_not_sent_are_not_in_the_profile(
    world: World, tmp_path: Path, photo: Path
) -> None:
    with profile(tmp_path / "profile", scripts=False) as browser:
        tab = browser.tab
        tab.goto(world.address)
        tab.get_by_label("What happened?").fill(WORDS)
        tab.get_by_label("Photos and videos").set_input_files(photo)
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
        leave(tab)
        tab.wait_for_timeout(SESSION_SECONDS * 1000)
    assert browser.holding(WORDS.split()[0], FILE) == set()
    where = {place for place, _ in browser.holding(world.address)}
    assert where >= {"Sessions"}
    assert where.isdisjoint({"Login Data", "Web Data", "Cache", "Cookies", "Local Storage", "Session Storage"}), where


def test_leaving_clears_whatever_the_browser_was_made_to_keep(world: World, tmp_path: Path) -> None:
    with profile(tmp_path / "profile", scripts=True) as browser:
        tab = browser.tab
        tab.goto(world.address + "/receipt")
        assert tab.evaluate(_KEPT) == ["", 0, 0, 0, 0, 0]
        tab.evaluate(_KEEP)
        assert tab.evaluate(_KEPT) == ["kept=canary", 1, 1, 1, 1, 0]
        leave(tab)
        assert tab.evaluate(_KEPT)[:5] == ["", 0, 0, 0, 0]


@pytest.mark.parametrize("scripts", [True, False])
def test_going_back_after_leaving_does_not_show_what_was_typed(world: World, tmp_path: Path, scripts: bool) -> None:
    with profile(tmp_path / "profile", scripts=scripts) as browser:
        tab = browser.tab
        tab.goto(world.address)
        tab.get_by_label("What happened?").fill(WORDS)
        leave(tab)
        tab.go_back()
        if scripts:  # the page that was left is no longer in the history of the tab
            assert not tab.url.startswith(world.address)
        else:
            assert tab.get_by_label("What happened?").input_value() == ""


def test_going_back_after_leaving_does_not_show_the_page_with_the_receipt(world: World, tmp_path: Path) -> None:
    with profile(tmp_path / "profile", scripts=False) as browser:
        tab = browser.tab
        tab.goto(world.address)
        tab.get_by_label("What happened?").fill(WORDS)
        with tab.expect_navigation():
            tab.get_by_role("button", name=SEND).click()
        receipt = tab.get_by_role("region", name="Receipt", exact=True).locator(".code").inner_text()
        leave(tab)
        with contextlib.suppress(PlaywrightError):  # Chromium's own page asks whether to send the form once more
            tab.go_back(timeout=5000)
        assert receipt not in tab.locator("body").inner_text()


def test_the_browser_is_cleared_on_the_way_to_a_site_that_the_organisation_chose(
    tmp_path: Path,
) -> None:
    world = World.make(tmp_path)
    settings = world.vault / "vault.toml"
    settings.write_text(settings.read_text().replace('leave_url = ""', 'leave_url = "https://weather.invalid/today"'))
    try:
        world.service.start()
        with profile(tmp_path / "profile", scripts=True) as browser:
            tab = browser.tab
            tab.goto(world.address + "/receipt")
            tab.evaluate(_KEEP)
            tab.get_by_role("link", name="Leave now").click()
            tab.wait_for_url("chrome-error://**")  # there is no such site
            tab.goto(world.address + "/help")
            assert tab.evaluate(_KEPT)[:5] == ["", 0, 0, 0, 0]
    finally:
        world.service.kill()
