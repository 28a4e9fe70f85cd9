"""The first page with its script in each state that a person can see, in any language."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from tests.browser.phone import Phone
from tests.browser.sender import Network, Sender

SETTLED: Final = 600  # milliseconds until a page has drawn what it was told


def states(
    browser: Browser, address: str, tag: str, photo: Path, *, width: int, height: int
) -> Iterator[tuple[str, Page]]:
    """The name of a state, and the page in it."""
    with Phone.visiting(browser, address, scripts=True) as phone:
        sender, tab = Sender(phone), phone.tab
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(color_scheme="dark", reduced_motion="reduce")
        phone.open(f"/?lang={tag}")
        sender.part("film").wait_for()
        yield "ready", tab
        tab.locator("#files").set_input_files(photo)
        sender.wait_kept(1)
        tab.wait_for_timeout(SETTLED)
        yield "arrived", tab
        sender.part("typed").fill("1234 5678 9012 3456")
        network = Network(tab)
        network.cut()
        tab.locator("#files").set_input_files(photo)
        sender.part("lost").wait_for()
        tab.wait_for_timeout(SETTLED)
        yield "without-connection", tab
        network.back()
        sender.wait_kept(2)
        sender.part("film").click()
        sender.part("stop").wait_for()
        tab.wait_for_timeout(SETTLED)
        yield "filming", tab
        sender.part("stop").click()
        sender.wait_kept(3)
