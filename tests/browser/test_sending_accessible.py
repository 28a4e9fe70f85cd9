"""The page with its script in all its states: judged by axe, and worked by the keyboard alone."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.phone import REAL
from tests.browser.sender import PATIENCE, Network, Sender
from tests.oracles import axe, require

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_in_any_state(sender: Sender, scheme: str, tmp_path: Path) -> None:
    require.folder(REAL)
    paper = tmp_path / "paper.jpg"
    paper.write_bytes(b"%PDF-1.7\n%%EOF\n")
    sender.tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sender.open()
    found = {"idle": axe.violations(sender.tab)}
    sender.button("Film now").click()
    expect(sender.part("sent")).to_contain_text("Sent up to", timeout=PATIENCE)
    found["filming"] = axe.violations(sender.tab)
    sender.button("Stop").click()
    sender.wait_kept(1)
    sender.tab.get_by_label("Type it here from your paper, to check it").fill(sender.receipt)
    found["kept"] = axe.violations(sender.tab)
    network = Network(sender.tab, up=100_000, down=100_000)
    sender.choose(REAL / "train.jpg", paper)
    expect(sender.rows.nth(2)).to_contain_text("not accepted", timeout=PATIENCE)
    found["sending"] = axe.violations(sender.tab)
    network.cut()
    sender.part("lost").wait_for(timeout=PATIENCE)
    sender.button("Pause").click()
    found["lost, refused and paused"] = axe.violations(sender.tab)
    assert {state: wrong for state, wrong in found.items() if wrong} == {}


def test_everything_can_be_done_by_the_keyboard(sender: Sender) -> None:
    sender.open()
    tab = sender.tab
    sender.button("Film now").focus()
    tab.keyboard.press("Enter")
    expect(sender.button("Stop")).to_be_focused(timeout=PATIENCE)  # the next thing to press, without a search
    expect(sender.part("sent")).to_contain_text("Sent up to", timeout=PATIENCE)
    tab.keyboard.press("Enter")
    sender.wait_kept(1)
    sender.button("Take a photo").focus()
    tab.keyboard.press("Enter")
    expect(sender.button("Take the photo")).to_be_focused(timeout=PATIENCE)
    tab.keyboard.press("Space")
    sender.wait_kept(2)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    expect(sender.button("Close the camera")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(sender.button("Take a photo")).to_be_focused()  # back where the camera was opened
