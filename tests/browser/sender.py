"""The first page with its script: what a person does on it, what they see, the network that is emulated."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import CDPSession, Locator, Page

from tests.browser.phone import Phone

PATIENCE: Final = 20_000.0  # milliseconds


@dataclass
class Sender:
    """A phone on the first page, upgraded by the script."""

    phone: Phone

    @property
    def tab(self) -> Page:
        return self.phone.tab

    def open(self) -> None:
        self.phone.open()
        self.button("Film now").wait_for(timeout=PATIENCE)

    def button(self, name: str) -> Locator:
        return self.tab.get_by_role("button", name=name, exact=True)

    def choose(self, *files: Path) -> None:
        self.tab.get_by_label("Photos and videos").set_input_files(list(files))

    def write(self, words: str) -> None:
        self.tab.get_by_label("What happened?").fill(words)

    def part(self, name: str) -> Locator:
        return self.tab.locator(f'[data-part="{name}"]')

    @property
    def rows(self) -> Locator:
        """The files in the list, in the order in which they were chosen."""
        return self.part("list").locator("> li")

    @property
    def kept(self) -> Locator:
        """Those of them that the vault keeps, with the card of what was taken out."""
        return self.part("list").locator("> li[data-exhibit]:has(.hash)")

    def wait_kept(self, count: int, patience: float = PATIENCE) -> None:
        self.kept.nth(count - 1).wait_for(timeout=patience)

    @property
    def case(self) -> str:
        return self.part("case").filter(has_text="-").inner_text(timeout=PATIENCE)

    @property
    def receipt(self) -> str:
        """As it is shown: four groups."""
        shown = self.part("receipt")
        shown.locator("span").nth(3).wait_for(timeout=PATIENCE)
        return shown.inner_text()

    def hashes(self) -> list[str]:
        """Of every kept file, by its number in the case."""
        rows: Sequence[tuple[str, str]] = [
            (str(row.get_attribute("data-exhibit")), row.locator(".hash code").inner_text()) for row in self.kept.all()
        ]
        return [text for _, text in sorted(rows, key=lambda pair: int(pair[0]))]

    def told(self) -> Any:
        """What the vault answers about the case to who has its receipt."""
        headers = {"Authorization": "Receipt " + self.receipt.replace(" ", "")}
        answer = httpx.get(self.phone.address + "/api/receipt", headers=headers, trust_env=False)
        assert answer.status_code == 200
        return answer.json()


class Network:
    """The network of one tab, as Chromium emulates it: bytes a second in each direction, milliseconds of delay."""

    def __init__(self, tab: Page, *, up: int = -1, down: int = -1, latency: int = 0) -> None:
        self._session: CDPSession = tab.context.new_cdp_session(tab)
        self._session.send("Network.enable")
        self._rates = {"latency": latency, "downloadThroughput": down, "uploadThroughput": up}
        self.back()

    def cut(self) -> None:
        """Every connection breaks, and none comes about."""
        self._session.send("Network.emulateNetworkConditions", {"offline": True, **self._rates})

    def back(self) -> None:
        self._session.send("Network.emulateNetworkConditions", {"offline": False, **self._rates})
