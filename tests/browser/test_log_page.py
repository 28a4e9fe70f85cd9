"""The page about the custody log: it shows how the log stands, and checks proofs and chains of custody by itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from evidence.event import commitment
from evidence.tlog import proof
from evidence.tlog.proof import TlogProof
from tests.browser.phone import Phone
from tests.oracles import axe, require
from tests.service import World
from tests.vault.media import PHOTO

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def opened(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The events of a released case, as the partner has them."""
    folder = tmp_path_factory.mktemp("opened")
    world.enrol(world.partner, "partner")
    world.enrol(world.auditor, "auditor")
    case = world.report([("a.jpg", PHOTO.read_bytes())], "a statement")["case"]
    world.release(case, folder / "bundle.zip")
    assert world.open(folder / "bundle.zip", folder / "case").code == 0
    return folder / "case" / "custody" / "events.json"


@pytest.fixture
def phone(browser: Browser, world: World, opened: Path) -> Iterator[Phone]:
    require.scripts()
    assert opened.exists()
    with Phone.visiting(browser, world.address, scripts=True) as visiting:
        visiting.tab.goto(world.address + "/log")
        yield visiting


def check(page: Page, index: str, vkey: str = "") -> str:
    """What the page says of an entry."""
    page.fill("#index", index)
    if vkey:
        page.fill("#vkey", vkey)
    page.click("#prove button")
    expect(page.locator("#proved")).to_have_class("good" if not vkey else "bad", timeout=15000)
    return page.locator("#proved").inner_text()


def test_the_page_proves_any_entry_by_itself(phone: Phone, world: World) -> None:
    size = len(world.events())
    for index in (0, size // 2, size - 1):
        assert check(phone.tab, str(index)).startswith(f"Good: entry {index} is in the log of ")
    assert phone.complaints == []
    assert {request.url.split("/")[2] for request in phone.requests} == {world.address.removeprefix("http://")}


def test_a_key_that_did_not_sign_proves_nothing(phone: Phone, world: World, tmp_path: Path) -> None:
    other = World.make(tmp_path).trust.log.vkey
    assert "did not sign" in check(phone.tab, "0", other)
    spoiled = world.trust.log.vkey[:-6] + "AAAAA="
    assert "Not proved" in check(phone.tab, "0", spoiled)


def test_an_entry_that_was_changed_on_the_way_is_not_proved(phone: Phone) -> None:
    phone.tab.route(
        "**/log/tile/entries/**",
        lambda route: route.fulfill(body=bytes(256 * 34), content_type="application/octet-stream"),
    )
    phone.tab.fill("#index", "1")
    phone.tab.click("#prove button")
    expect(phone.tab.locator("#proved")).to_have_class("bad", timeout=15000)
    assert "does not lead to the root" in phone.tab.locator("#proved").inner_text()


def test_a_chain_of_custody_is_drawn_from_a_file_and_stays_here(phone: Phone, opened: Path) -> None:
    before = len(phone.requests)
    phone.tab.set_input_files("#events", opened)
    expect(phone.tab.locator("#checked")).to_have_class("good", timeout=15000)
    events = json.loads(opened.read_text())["events"]
    items = phone.tab.locator("#timeline li")
    assert items.count() == len(events)
    assert "release approved" in " ".join(items.all_inner_texts())
    assert len(phone.requests) == before


def test_a_chain_with_a_changed_event_shows_which(phone: Phone, opened: Path, tmp_path: Path) -> None:
    document: Any = json.loads(opened.read_text())
    document["events"][2]["event"] = document["events"][2]["event"].replace("2026-", "2025-", 1)
    doctored = tmp_path / "events.json"
    doctored.write_text(json.dumps(document))
    phone.tab.set_input_files("#events", doctored)
    expect(phone.tab.locator("#checked")).to_have_class("bad", timeout=15000)
    bad = phone.tab.locator("#timeline li.bad")
    assert bad.count() == 1
    assert "does not lead to the root" in bad.first.inner_text()


def test_the_proof_to_take_along_is_one(world: World, opened: Path) -> None:
    for each in json.loads(opened.read_text())["events"]:
        index = TlogProof.parse(each["proof"].encode()).index
        taken = httpx.get(f"{world.address}/log/proof/{index}", trust_env=False)
        committed = commitment(each["event"].encode())
        proof.verify(committed, TlogProof.parse(taken.content), [world.trust.log], world.trust.origin)
    assert httpx.get(f"{world.address}/log/proof/99999999", trust_env=False).status_code == 404
    assert httpx.get(f"{world.address}/log/proof/x", trust_env=False).status_code == 400


def test_axe_finds_nothing_wrong_and_nothing_sticks_out(world: World, browser: Browser, opened: Path) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, bypass_csp=True)
    try:
        tab = context.new_page()
        tab.goto(world.address + "/log")
        tab.set_input_files("#events", opened)
        expect(tab.locator("#checked")).to_have_class("good", timeout=15000)
        assert axe.violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    finally:
        context.close()
