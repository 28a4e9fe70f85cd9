"""The pages can be put on a phone's first screen, under a name and an icon that tell nothing: Chromium judges."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.service import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module", params=["plain", "png", "svg"])
def named(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A vault whose organisation chose a name, and a picture or none."""
    world = World.make(tmp_path_factory.mktemp("named"))
    settings = world.vault / "vault.toml"
    settings.write_text(re.sub(r"(?m)^app_name = .*$", 'app_name = "Recipes"', settings.read_text()))
    own = world.vault / "pages"
    own.mkdir()
    if request.param == "png":
        Image.new("RGB", (400, 400), "#227755").save(own / "icon.png")
    if request.param == "svg":
        drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="3"/></svg>'
        Path(own / "icon.svg").write_text(drawing)
    try:
        world.service.start()
        yield world
    finally:
        world.service.kill()


@pytest.mark.parametrize("path", ["/", "/?lang=ar", "/receipt", "/help"])
def test_chromium_finds_nothing_that_stands_in_the_way_of_installing(named: World, browser: Browser, path: str) -> None:
    context = browser.new_context()
    try:
        tab = context.new_page()
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(named.address + path)
        devtools = context.new_cdp_session(tab)
        found = devtools.send("Page.getAppManifest")
        assert found["errors"] == []
        assert json.loads(found["data"])["name"] == "Recipes"
        problems = {each["errorId"] for each in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]}
        assert problems - {"in-incognito"} == set()  # a test's window is a private one
        assert all(url.startswith(named.address) for url in asked)
    finally:
        context.close()


def test_chromium_does_find_what_stands_in_the_way(named: World, browser: Browser) -> None:
    context = browser.new_context()
    try:
        tab = context.new_page()
        tab.goto(named.address + "/leave")
        errors = context.new_cdp_session(tab).send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert "no-manifest" in {each["errorId"] for each in errors}
    finally:
        context.close()
