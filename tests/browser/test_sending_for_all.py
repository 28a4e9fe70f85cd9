"""Whatever the first page shows while it sends and films can be read, touched and heard, in every language."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from api.web.catalogues import load_catalogues
from tests import media
from tests.browser.judging import NARROW, faults
from tests.browser.scripted import states
from tests.oracles import require
from tests.service import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TAGS = [language.tag for language in load_catalogues().languages]


@pytest.mark.parametrize("tag", TAGS)
def test_nothing_is_wrong_with_any_state_of_the_page(browser: Browser, world: World, tmp_path: Path, tag: str) -> None:
    require.scripts()
    photo = tmp_path / "IMG_20261125_031233.jpg"
    photo.write_bytes(media.noise())
    seen = []
    for name, tab in states(browser, world.address, tag, photo, width=NARROW, height=568):
        seen.append(name)
        assert faults(tab) == [], name
    assert seen == ["ready", "arrived", "without-connection", "filming"]
