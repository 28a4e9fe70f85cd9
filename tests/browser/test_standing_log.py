"""While the public log stands still, a file is kept all the same, and nobody is told that it is confirmed."""

from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def standing(world: World) -> Iterator[None]:
    """No checkpoint can be published, because something else stands in its place."""
    checkpoint = world.vault / "store" / "log" / "checkpoint"
    before = checkpoint.read_bytes()
    checkpoint.unlink()
    (checkpoint / "in-the-way").mkdir(parents=True)
    try:
        yield
    finally:
        (checkpoint / "in-the-way").rmdir()
        checkpoint.rmdir()
        checkpoint.write_bytes(before)


def test_the_page_and_the_command_say_so_and_later_it_is_confirmed(sender: Sender, world: World) -> None:
    video = require.folder(REAL) / "with-gps.mp4"
    sender.open()
    sender.write("words")
    sender.button("Send these words").click()
    receipt = sender.receipt
    with standing(world):
        sender.choose(video)
        expect(sender.rows.nth(0)).to_contain_text(UNCONFIRMED, timeout=LONG)
        expect(sender.part("saying")).to_contain_text(UNCONFIRMED)
        said = succeed("upload", video, "--server", world.address, "--receipt", receipt)
        assert "the vault could not confirm it yet" in said.err
        assert httpx.get(world.address + "/health", trust_env=False).status_code == 503
    assert [each["number"] for each in sender.told()["exhibits"]] == [1, 2]
    again = succeed("upload", video, "--server", world.address, "--receipt", receipt)
    assert "confirm" not in again.err
