"""While the public log stands still, a file is kept all the same, and nobody is told that it is confirmed."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.phone import REAL
from tests.browser.sender import Sender
from tests.oracles import require
from tests.service import World, succeed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNCONFIRMED = "It is sealed, but our public record does not show it yet."
LONG = 60_000.0  # milliseconds; the service waits ten seconds for a log that fails


def test_the_page_and_the_command_say_so_and_later_it_is_confirmed(sender: Sender, world: World) -> None:
    video = require.folder(REAL) / "with-gps.mp4"
    sender.open()
    sender.write("words")
    sender.button("Send these words").click()
    receipt = sender.receipt
    with world.standing_log():
        sender.choose(video)
        expect(sender.rows.nth(0)).to_contain_text(UNCONFIRMED, timeout=LONG)
        expect(sender.part("saying")).to_contain_text(UNCONFIRMED)
        said = succeed("upload", video, "--server", world.address, "--receipt", receipt)
        assert "waits for the next checkpoint of the log" in said.err
        assert httpx.get(world.address + "/health", trust_env=False).status_code == 503
    assert [each["number"] for each in sender.told()["exhibits"]] == [1, 2]
    again = succeed("upload", video, "--server", world.address, "--receipt", receipt)
    assert "confirm" not in again.err
