"""`amparo audit --html`: a page of every step and every fault that fetches and runs nothing, and that all can read."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.audience import HONEST
from tests.browser.phone import chromium
from tests.evidence.claims import Log, requested
from tests.logserver import LogServer
from tests.oracles import axe
from tests.service import Done

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DOCTORED = Log([*HONEST.events[:-1], requested(), HONEST.events[-1]])
"""A request that was recorded twice."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def audited(folder: Path, log: Log) -> tuple[Done, Path]:
    page = folder / "audit.html"
    with LogServer.running(folder, log) as server:
        return server.audit("--html", page), page


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("log", [HONEST, DOCTORED], ids=["honest", "doctored"])
def test_page_shows_what_the_audit_found_to_everybody(tab: Page, tmp_path: Path, log: Log) -> None:
    done, page = audited(tmp_path, log)
    result = json.loads(done.out)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page.as_uri())
    assert asked == [page.as_uri()]
    assert tab.locator("script").count() == 0
    checks = tab.locator("table").nth(1).locator("tbody tr")
    shown = [[cell.inner_text() for cell in row.locator("td").all()][:3] for row in checks.all()]
    told = [[str(each["number"]), each["name"], "passed" if each["ok"] else "FAILED"] for each in result["checks"]]
    assert shown == told
    faults = tab.locator("table").nth(2).locator("tbody tr")
    named = [row.locator("td").nth(3).inner_text() for row in faults.all()]
    assert named == [each["what"] for each in result["faults"]]
    assert (faults.count() == 0) == result["ok"] == ("Every check passed." in tab.inner_text("body"))
    assert axe.violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "audit.html").write_text("kept")
    done, page = audited(tmp_path, HONEST)
    assert done.code != 0
    assert page.read_text() == "kept"
