"""Every step by plain links and forms, in a language that was chosen on the page and is carried on without a cookie."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from api.web.catalogues import load_catalogues
from tests.browser.phone import REAL, Phone
from tests.oracles import require
from tests.service import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CATALOGUES = load_catalogues()


@pytest.fixture
def phone(browser: Browser, world: World) -> Iterator[Phone]:
    """A phone whose scripts are off."""
    with Phone.visiting(browser, world.address, scripts=False) as visiting:
        yield visiting


@pytest.mark.parametrize(("tag", "direction"), [("ar", "rtl"), ("my", "ltr"), ("fr", "ltr")])
def test_a_source_reports_comes_back_withdraws_and_leaves_in_the_language_chosen(
    phone: Phone, world: World, tag: str, direction: str
) -> None:
    photo = require.folder(REAL) / "train.jpg"
    say = CATALOGUES.translations[tag].gettext
    name = next(language.name for language in CATALOGUES.languages if language.tag == tag)

    def spoken() -> None:
        html = phone.tab.locator("html")
        assert (html.get_attribute("lang"), html.get_attribute("dir")) == (tag, direction)

    phone.open("/")
    phone.tab.locator("summary").click()
    phone.press(name, "link")
    spoken()
    phone.press(say("Help and advice"), "link")
    spoken()
    phone.press(say("Send photos or videos"), "link")
    phone.tab.get_by_label(say("What happened?")).fill("words")
    phone.tab.get_by_label(say("Photos and videos")).set_input_files(photo)
    phone.press(say("Send now"))
    spoken()
    assert phone.heading == say("We have it")
    receipt = phone.number(say("Receipt"))
    assert re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", receipt)
    assert phone.tab.locator("p.code").evaluate_all(
        "all => all.every(each => getComputedStyle(each).direction == 'ltr')"
    )
    phone.open(f"/?lang={tag}")
    phone.press(say("I have a receipt"), "link")
    phone.tab.get_by_label(say("Receipt")).fill("1234")
    phone.press(say("Show my case"))
    spoken()
    assert phone.heading == say("A number was mistyped.")
    phone.press(say("Type the receipt again"), "link")
    phone.tab.get_by_label(say("Receipt")).fill(receipt)
    phone.press(say("Show my case"))
    spoken()
    phone.tab.get_by_label(say("Everything: the whole case, with your words")).check()
    phone.press(say("Withdraw"))
    spoken()
    phone.tab.get_by_label(say("Type your receipt again")).fill(receipt)
    phone.press(say("Withdraw for ever"))
    spoken()
    assert phone.heading == say("It is withdrawn")
    phone.press(say("Leave now"), "link")
    assert phone.tab.title() == "Notes"
    assert phone.context.cookies() == []
    assert {request.url.partition("?")[2] for request in phone.requests} <= {"", f"lang={tag}"}
    assert all(request.url.startswith(world.address) for request in phone.requests)


def test_a_page_that_is_not_there_speaks_the_language_too(phone: Phone) -> None:
    phone.open("/nothing?lang=ru")
    assert phone.heading == CATALOGUES.translations["ru"].gettext("There is nothing here.")


@pytest.mark.parametrize("width", [320, 360])
def test_the_way_out_stays_in_reach_however_far_the_page_is_read(phone: Phone, width: int) -> None:
    phone.tab.set_viewport_size({"width": width, "height": 568})
    phone.open("/")
    for share in (0.3, 1.0):
        phone.tab.mouse.wheel(0, 20000 * share)
        phone.tab.wait_for_timeout(300)
        box = phone.tab.get_by_role("link", name="Leave now").bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 60
        assert box["height"] >= 48
