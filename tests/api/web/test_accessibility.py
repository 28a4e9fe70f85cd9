"""Every page in every language: judged by axe, read by the accessibility tree, walked with the keyboard alone."""

from collections.abc import Iterator
from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Route
from playwright.sync_api import Page as Tab

from api.web.catalogues import load_catalogues
from api.web.pages import Pages
from api.web.views import Page
from tests.api.web.samples import LIMIT, every_page
from tests.browser.judging import NARROW, faults
from tests.browser.phone import chromium
from tests.oracles import axe

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CATALOGUES: Final = load_catalogues()
PAGES: Final = Pages(size_limit=LIMIT, catalogues=CATALOGUES)
TAGS: Final = [language.tag for language in CATALOGUES.languages]
ORIGIN: Final = "http://localhost"
EVERYTHING_OPEN: Final = "document.querySelectorAll('details').forEach(each => each.open = true)"
FOCUSED: Final = """() => { const at = document.activeElement;
  return [at.tagName.toLowerCase(), at.name || at.className || at.getAttribute("href") || ""].join(" "); }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": NARROW, "height": 568}, reduced_motion="reduce")
    yield made
    made.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Tab]:
    opened = context.new_page()
    yield opened
    opened.unroute_all(behavior="wait")
    opened.close()


def show(tab: Tab, page: Page) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body=page.html, headers=dict(page.headers))

    tab.unroute_all(behavior="wait")
    tab.route("**/*", answer)
    tab.goto(f"{ORIGIN}/")
    tab.evaluate(EVERYTHING_OPEN)


@pytest.mark.parametrize("tag", TAGS)
def test_nothing_is_wrong_with_any_page_in_any_language(tab: Tab, tag: str) -> None:
    for name, page in every_page(PAGES, tag).items():
        show(tab, page)
        assert faults(tab) == [], name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_by_day_and_by_night(tab: Tab, scheme: Literal["light", "dark"]) -> None:
    tab.emulate_media(color_scheme=scheme)
    for name, page in every_page(PAGES).items():
        show(tab, page)
        assert axe.violations(tab) == [], name


def test_axe_does_find_what_is_wrong(tab: Tab) -> None:
    page = PAGES.lookup("en")
    show(tab, Page(page.html.replace('<label for="receipt">', "<label>").replace('lang="en"', ""), page.headers))
    assert {each.partition(":")[0] for each in axe.violations(tab)} >= {"label", "html-has-lang"}


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(tab: Tab) -> None:
    show(tab, PAGES.lookup("en"))
    reached = []
    for _ in range(6 + len(TAGS)):
        tab.keyboard.press("Tab")
        reached.append(str(tab.evaluate(FOCUSED)))
    names = [each.split(" ")[1] if each.startswith("a") else each.split(" ")[0] for each in reached]
    assert names == ["home", "leave", "summary", *[f"/receipt?lang={tag}" for tag in TAGS], "input", "button", "button"]


def test_the_keyboard_alone_chooses_a_language_and_opens_no_trap(tab: Tab) -> None:
    show(tab, PAGES.home("en", accepted=["image/jpeg"]))
    tab.evaluate("document.querySelector('details').open = false")
    for _ in range(3):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.querySelector('details').open")
    tab.keyboard.press("Tab")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert tab.url == f"{ORIGIN}/?lang=en"


@pytest.mark.parametrize("tag", TAGS)
def test_a_reader_aloud_is_told_what_each_field_and_button_is_for(tab: Tab, tag: str) -> None:
    words = CATALOGUES.translations[tag].gettext
    show(tab, PAGES.home(tag, accepted=["image/jpeg"], file_count=50))
    statement = tab.get_by_role("textbox", name=words("What happened?"))
    assert statement.count() == 1
    assert tab.get_by_role("group", name=words("The place hidden in the files")).get_by_role("radio").count() == 2
    assert tab.get_by_role("button", name=words("Send now"), exact=True).count() == 1
    assert tab.get_by_role("link", name=words("Leave now"), exact=True).count() == 1
    assert tab.get_by_role("navigation", name=words("Languages")).get_by_role("link").count() == len(TAGS)
    tree = tab.locator("body").aria_snapshot()
    assert words("Photos and videos") in tree
    assert "img" not in tree  # icons are for the eye only
