"""The first page costs little, can be used before its script is there, and runs no other script than ours."""

import re
import time
from typing import Final

import pytest
from playwright.sync_api import Route, expect

from tests.browser.phone import SEND
from tests.browser.sender import PATIENCE, Network, Sender

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WEIGHT: Final = 35_000  # bytes on the wire, heads of answers too
PATIENT_SECONDS: Final = 3.0  # on a slow 3G, until the form can be used


def test_the_first_page_weighs_at_most_35_kb_on_the_wire_in_all(sender: Sender) -> None:
    arrived: dict[str, float] = {}
    session = sender.tab.context.new_cdp_session(sender.tab)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda told: arrived.update({told["requestId"]: told["encodedDataLength"]}))
    sender.open()
    sender.tab.wait_for_load_state("networkidle")
    assert len(arrived) == 2  # the page and its script
    assert sum(arrived.values()) <= WEIGHT
    sizes: list[int] = sender.tab.evaluate(
        "() => performance.getEntries().map(e => e.transferSize).filter(size => size)"
    )
    assert len(sizes) == 2
    assert sum(sizes) <= WEIGHT


def test_the_form_is_there_on_a_slow_3g_before_the_script_is(sender: Sender) -> None:
    held: list[Route] = []
    sender.tab.route(re.compile("/static/"), lambda route: held.append(route))  # noqa: PLW0108 - it cannot wrap a builtin
    Network(sender.tab, up=50_000, down=50_000, latency=400)
    sender.tab.goto(sender.phone.address, wait_until="commit")
    sender.tab.get_by_label("What happened?").fill("words", timeout=PATIENCE)
    expect(sender.button(SEND)).to_be_enabled()
    painted = sender.tab.wait_for_function("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    assert painted.json_value() < PATIENT_SECONDS * 1000
    deadline = time.monotonic() + PATIENT_SECONDS
    while not held and time.monotonic() < deadline:  # a slow network brings the page's head late, too
        sender.tab.wait_for_timeout(50)
    assert len(held) == 1
    held[0].continue_()
    sender.button("Film now").wait_for(timeout=PATIENCE)
    expect(sender.tab.get_by_label("What happened?")).to_have_value("words")


def test_a_script_that_somebody_changed_is_not_run_and_the_form_still_works(sender: Sender) -> None:
    def changed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.body() + b";document.title='changed';")

    sender.tab.route(re.compile("/static/"), changed)
    sender.phone.open()
    sender.tab.wait_for_timeout(500)
    assert sender.tab.title() != "changed"
    sender.tab.get_by_label("What happened?").fill("words")
    sender.phone.press(SEND)
    assert sender.phone.heading == "We have it"
    assert any("integrity" in text for text in sender.phone.complaints)


@pytest.mark.parametrize(
    "attempt",
    [
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))",
        "document.body.innerHTML = '<img src=x onerror=\"window.ran = 1\">'",
        "eval('window.ran = 1')",
        "setTimeout('window.ran = 1', 0)",
        "new Worker('/static/send.js')",
        "fetch('http://127.0.0.1:9/')",
        "document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/a.png'}))",
    ],
)
def test_the_policy_of_the_page_lets_no_text_become_a_script_and_nothing_go_elsewhere(
    sender: Sender, attempt: str
) -> None:
    sender.open()
    sender.tab.evaluate(
        "() => { window.broken = 0; addEventListener('securitypolicyviolation', () => { window.broken += 1; }); }"
    )
    # In a task of the page's own: what a debugger runs may do more than the page.
    sender.tab.evaluate(
        f"() => setTimeout(async () => {{ try {{ await ({attempt}); }} catch {{ window.refused = true; }} }})"
    )
    sender.tab.wait_for_timeout(300)
    assert sender.tab.evaluate("() => window.ran") is None
    assert sender.tab.evaluate("() => window.broken > 0 && (window.refused || !window.ran)")


def test_the_pages_go_out_compressed_but_never_one_with_a_receipt(sender: Sender) -> None:
    heads: dict[str, dict[str, str]] = {}
    sender.tab.on("response", lambda got: heads.update({got.url.removeprefix(sender.phone.address): got.headers}))
    sender.open()
    sender.write("words")
    sender.button("Send these words").click()
    receipt = sender.receipt
    sender.phone.come_back(receipt)
    assert heads["/"]["content-encoding"] == "gzip"
    assert heads["/static/send.js"]["content-encoding"] in {"br", "gzip"}
    assert "content-encoding" not in heads["/receipt"]
