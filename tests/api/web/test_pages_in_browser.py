"""The pages on a narrow phone with scripts off, as Chromium shows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Final, Literal

import pytest
from playwright.sync_api import BrowserContext, Request, Route, sync_playwright
from playwright.sync_api import Page as Tab

from api.web.catalogues import load_catalogues
from api.web.pages import Pages
from tests.api.web.samples import LIMIT, every_page
from tests.oracles import require

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVERY_PAGE: Final = every_page(Pages(size_limit=LIMIT, scripts={}))
FULL: Final = [name for name in EVERY_PAGE if name != "left"]  # that one says next to nothing
QUERY: Final = "?lang=en" if len(load_catalogues().languages) > 1 else ""
ORIGIN: Final = "http://localhost"
# Contrast by WCAG 2.2, "relative luminance" and "contrast ratio", over every element that has words of its own.
CONTRASTS: Final = """() => {
  const numbers = c => c.match(/[\\d.]+/g).map(Number);
  const luminance = c => numbers(c).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (numbers(c)[3] !== 0) return c; } };
  return [...document.body.querySelectorAll("*")]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => { const [a, b] = [getComputedStyle(e).color, behind(e)].map(luminance).sort((x, y) => y - x);
                return [e.textContent.trim().slice(0, 30), (a + 0.05) / (b + 0.05)]; });
}"""


@dataclass
class Visit:
    tab: Tab
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, name: str) -> None:
        page = EVERY_PAGE[name]

        def answer(route: Route) -> None:
            route.fulfill(body=page.html, headers=dict(page.headers))

        self.tab.route("**/*", answer)
        self.tab.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108 - it cannot wrap a builtin
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.goto(f"{ORIGIN}/")

    def press(self, name: str) -> None:
        """Press a button and wait for the page that follows: a tab closed on the way there may never close."""
        with self.tab.expect_navigation():
            self.tab.get_by_role("button", name=name).click()


@pytest.fixture(scope="module")
def phone() -> Iterator[BrowserContext]:
    chromium = require.tool("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
        browser.close()


@pytest.fixture
def visit(phone: BrowserContext) -> Iterator[Visit]:
    tab = phone.new_page()
    yield Visit(tab)
    tab.unroute_all(behavior="wait")
    tab.close()


each_page = pytest.mark.parametrize("name", EVERY_PAGE)


@each_page
def test_a_page_is_one_request_and_breaks_no_policy(visit: Visit, name: str) -> None:
    visit.tab.emulate_media(color_scheme="dark")
    visit.open(name)
    assert [request.url for request in visit.requests] == [f"{ORIGIN}/"]
    assert visit.complaints == []
    assert visit.tab.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(18, 19, 20)"


@each_page
@pytest.mark.parametrize("width", [320, 360])
def test_nothing_sticks_out_of_a_narrow_screen(visit: Visit, name: str, width: int) -> None:
    visit.tab.set_viewport_size({"width": width, "height": 568})
    visit.open(name)
    right_edges = visit.tab.evaluate(
        "[...document.body.querySelectorAll('*')].map(e => [e.outerHTML.slice(0, 60), e.getBoundingClientRect().right])"
    )
    assert [edge for edge in right_edges if edge[1] > width] == []


@each_page
def test_what_is_touched_is_large(visit: Visit, name: str) -> None:
    visit.open(name)
    for control in visit.tab.locator(
        "a:visible, summary, button, textarea, input:not([type=radio], [type=checkbox]):visible, .option label"
    ).all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 48


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_words_stand_out_from_what_is_behind_them(visit: Visit, name: str, scheme: Literal["dark", "light"]) -> None:
    visit.tab.emulate_media(color_scheme=scheme)
    visit.open(name)
    contrasts = visit.tab.evaluate(CONTRASTS)
    assert len(contrasts) > 5
    assert [pair for pair in contrasts if pair[1] < 4.5] == []


def test_where_the_keyboard_is_can_be_seen(visit: Visit) -> None:
    visit.open("home")
    for _ in range(9 + bool(QUERY)):  # two links above, the languages, three choices, words, place, files, send
        visit.tab.keyboard.press("Tab")
        outline = visit.tab.evaluate(
            """() => { const at = document.activeElement;
            const shown = at.type === "radio" ? at.nextElementSibling : at;
            return getComputedStyle(shown).outlineStyle; }"""
        )
        assert outline == "solid"


def test_the_receipt_stands_on_one_line(visit: Visit) -> None:
    visit.tab.set_viewport_size({"width": 320, "height": 568})
    visit.open("receipt")
    tops = visit.tab.evaluate("[...document.querySelectorAll('.groups span')].map(e => e.getBoundingClientRect().top)")
    assert len(tops) == 4
    assert len(set(tops)) == 1


def test_without_scripts_the_form_sends_words_choice_and_files_in_that_order(visit: Visit) -> None:
    visit.open("home")
    visit.tab.get_by_label("What happened?").fill("words")
    visit.tab.get_by_label(re.compile("^Keep the place sealed")).check()
    visit.tab.get_by_label(re.compile("^Only my lawyer")).check()
    files = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": bytes([n])} for n in (1, 2)]
    visit.tab.get_by_label("Photos and videos").set_input_files(files)  # type: ignore[arg-type]  # dicts of this shape
    visit.press("Send now")
    (sent,) = (request for request in visit.requests if request.method == "POST")
    assert sent.url == f"{ORIGIN}/report{QUERY}"
    head = f"Content-Type: {sent.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + (sent.post_data_buffer or b"")).get_payload()
    assert isinstance(parts, list)
    names = [part.get_param("name", header="content-disposition") for part in parts if not isinstance(part, str)]
    assert names == ["statement", "keep_place", "consent", "files", "files"]


def test_without_scripts_a_receipt_is_posted_and_in_no_address(visit: Visit) -> None:
    visit.open("lookup")
    visit.tab.get_by_label("Receipt").fill("4071 9203 6588 2146")
    visit.press("Show my case")
    (sent,) = (request for request in visit.requests if request.method == "POST")
    assert sent.url == f"{ORIGIN}/receipt{QUERY}"
    assert sent.post_data == "receipt=4071+9203+6588+2146"
    assert "4071" not in visit.tab.url
