"""One browser and one vault with its service for all tests of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.phone import Phone, chromium
from tests.browser.sender import Sender
from tests.oracles import require
from tests.service import World


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.started(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture
def phone(browser: Browser, world: World) -> Iterator[Phone]:
    """With scripts off: plain forms."""
    with Phone.visiting(browser, world.address, scripts=False) as visiting:
        yield visiting


@pytest.fixture
def sender(browser: Browser, world: World) -> Iterator[Sender]:
    """With the page's script."""
    require.scripts()
    with Phone.visiting(browser, world.address, scripts=True) as visiting:
        yield Sender(visiting)
