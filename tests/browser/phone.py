"""A phone: Chromium with a small screen, a page of the real service in it, and everything that it does noted down."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.oracles import require
from tests.paths import CORPUS

REAL: Final = CORPUS / "real"
SEND: Final = "Send now"
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",  # the camera is allowed without a question
)
_KEPT: Final = """async () => [localStorage.length, sessionStorage.length, (await caches.keys()).length,
  (await navigator.serviceWorker.getRegistrations()).length]"""
_STATUS: Final = re.compile(r"Failed to load resource: the server responded with a status of \d+ \(.*\)")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, with a camera that shows a test picture; the test is skipped where there is none."""
    path = require.tool("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def living_in(profile: Path, *, scripts: bool) -> Iterator[BrowserContext]:
    """A browser that keeps in this folder what browsers keep, pages behind the back button too."""
    path = require.tool("chromium")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=path,
            args=list(ARGUMENTS),
            ignore_default_args=["--disable-back-forward-cache"],
            viewport={"width": 360, "height": 740},
            java_script_enabled=scripts,
        )
        try:
            yield context
        finally:
            context.close()


@dataclass
class Phone:
    """One visit: `tab` to act in, `requests` and `complaints` for what came of it."""

    address: str
    context: BrowserContext
    tab: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def visiting(cls, browser: Browser, address: str, *, scripts: bool) -> Iterator["Phone"]:
        """A fresh browser without a past, with scripts on or off."""
        context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=scripts)
        try:
            phone = cls(address, context, context.new_page())
            phone.tab.on("request", lambda request: phone.requests.append(request))  # noqa: PLW0108 - it cannot wrap a builtin
            phone.tab.on("console", lambda message: phone.complaints.append(message.text))
            phone.tab.on("pageerror", lambda error: phone.complaints.append(str(error)))
            yield phone
        finally:
            context.close()

    def open(self, path: str = "/") -> None:
        self.tab.goto(self.address + path)

    def send(self, files: Sequence[Path], words: str = "") -> None:
        """Fill in the form of the first page and send it; returns when the answer is shown."""
        self.open()
        self.tab.get_by_label("What happened?").fill(words)
        self.tab.get_by_label("Photos and videos").set_input_files(list(files))
        self.press(SEND)

    def come_back(self, receipt: str) -> None:
        """Type a receipt on the page that asks for it."""
        self.open("/receipt")
        self.tab.get_by_label("Receipt").fill(receipt)
        self.press("Show my case")

    def press(self, name: str, role: Literal["button", "link"] = "button") -> None:
        with self.tab.expect_navigation():
            self.tab.get_by_role(role, name=name).click()

    @property
    def words(self) -> str:
        """What the page says, between its header and footer."""
        return " ".join(self.tab.locator("main").inner_text().split())

    @property
    def heading(self) -> str:
        return self.tab.locator("h1").inner_text()

    def number(self, name: str) -> str:
        """The case number or the receipt, as it is shown."""
        return self.tab.get_by_role("region", name=name, exact=True).locator(".code").inner_text()

    def require_no_trace(self) -> None:
        """Nothing went elsewhere, nothing is kept in the browser, and the browser had nothing to complain of."""
        host = urlsplit(self.address).netloc
        assert {urlsplit(request.url).netloc for request in self.requests} == {host}
        assert self.context.cookies() == []
        state = self.context.storage_state(indexed_db=True)
        assert state == {"cookies": [], "origins": []}
        assert self.tab.evaluate(_KEPT) == [0, 0, 0, 0]
        # Chromium notes every status from 400 on; what a policy blocks it words otherwise.
        assert [text for text in self.complaints if not _STATUS.fullmatch(text)] == []
