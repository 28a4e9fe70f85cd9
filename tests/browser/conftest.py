"""One browser and one vault with its service for all tests of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.phone import Phone, chromium
from tests.service import World


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("world"))
    try:
        made.service.start()
        yield made
    finally:
        made.service.kill()


@pytest.fixture(params=[False, True], ids=["scripts-off", "scripts-on"])
def phone(request: pytest.FixtureRequest, browser: Browser, world: World) -> Iterator[Phone]:
    with Phone.visiting(browser, world.address, scripts=request.param) as visiting:
        yield visiting
