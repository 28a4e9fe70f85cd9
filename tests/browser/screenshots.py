"""`python -m tests.browser.screenshots OUT [TAG…]`: every page as a small phone shows it, to be looked at by people.

English, Arabic and Burmese unless other languages are named: one that is written from the right, and one with tall
letters and no spaces.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser, Page, Route

from api.web.pages import Pages
from tests import media
from tests.api.web.samples import LIMIT, every_page
from tests.browser.phone import chromium
from tests.browser.scripted import states
from tests.service import World

TAGS: Final = ("en", "ar", "my")
WIDTH: Final = 360
HEIGHT: Final = 740
ORIGIN: Final = "http://localhost"
_TALLEST: Final = 16_000  # pixels that Chromium draws in one picture


def main(out: Path, *tags: str) -> None:
    """Write one picture for each page and language into `out`, the whole page from top to bottom."""
    out.mkdir(parents=True, exist_ok=True)
    pages = Pages(size_limit=LIMIT, scripts={})
    with chromium() as browser, TemporaryDirectory() as folder:
        for tag in tags or TAGS:
            for name, page in every_page(pages, tag).items():
                _take(browser, page.html, dict(page.headers), out / f"{tag}-{name}.png")
        photo = Path(folder) / "IMG_20261125_031233.jpg"
        photo.write_bytes(media.noise())
        with World.running(Path(folder)) as world:
            for tag in tags or TAGS:
                for name, tab in states(browser, world.address, tag, photo, width=WIDTH, height=HEIGHT):
                    tab.screenshot(path=out / f"{tag}-{name}.png", full_page=True)


def _take(browser: Browser, html: str, headers: dict[str, str], path: Path) -> None:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})

    def answer(route: Route) -> None:
        route.fulfill(body=html, headers=headers)

    tab: Page = context.new_page()
    tab.route("**/*", answer)
    tab.goto(ORIGIN)
    tab.emulate_media(color_scheme="dark")
    height = min(int(tab.evaluate("document.documentElement.scrollHeight")), _TALLEST)
    tab.set_viewport_size({"width": WIDTH, "height": max(height, HEIGHT)})  # no seam where a sticky header moved
    tab.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
