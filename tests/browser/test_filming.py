"""Film now: what is filmed leaves the phone every second, and plays at the custodian."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.phone import REAL
from tests.browser.playing import probe, reviewed
from tests.browser.sender import PATIENCE, Network, Sender
from tests.oracles import require
from tests.service import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_film_is_sent_while_it_is_filmed_and_plays_at_the_custodian(
    sender: Sender, world: World, tmp_path: Path
) -> None:
    sender.open()
    sender.button("Film now").click()
    expect(sender.part("sent")).to_have_text(re.compile("Sent up to 0:0[3-9]"), timeout=PATIENCE)
    assert sender.part("preview").evaluate("video => [video.muted, video.paused]") == [True, False]
    sender.button("Stop").click()
    sender.wait_kept(1)
    assert sender.part("preview").evaluate("video => video.srcObject") is None
    (film,) = reviewed(world, sender.case, tmp_path / "review")
    kinds, seconds = probe(film)
    assert kinds == {"video", "audio"}
    assert seconds >= 3
    assert "We took out" in sender.kept.inner_text()
    sender.phone.require_no_trace()


def test_the_other_camera_makes_a_second_film_and_a_photo_is_a_file_of_its_own(sender: Sender) -> None:
    sender.open()
    sender.button("Film now").click()
    expect(sender.part("sent")).to_have_text(re.compile("Sent up to"), timeout=PATIENCE)
    sender.button("Take the photo").click()
    sender.button("Other camera").click()
    expect(sender.part("sent")).to_have_text("Nothing of it is sent yet", timeout=PATIENCE)
    expect(sender.part("sent")).to_have_text(re.compile("Sent up to"), timeout=PATIENCE)
    sender.button("Stop").click()
    sender.wait_kept(3)
    types = sorted(each["media_type"].split("/")[0] for each in sender.told()["exhibits"])
    assert types == ["image", "video", "video"]


def test_a_connection_that_breaks_while_filming_loses_no_second(sender: Sender, world: World, tmp_path: Path) -> None:
    sender.open()
    network = Network(sender.tab)
    sender.button("Film now").click()
    expect(sender.part("sent")).to_have_text(re.compile("Sent up to"), timeout=PATIENCE)
    network.cut()
    sender.tab.wait_for_timeout(2500)
    network.back()
    sender.tab.wait_for_timeout(1500)
    clock = sender.part("clock").inner_text()
    sender.button("Stop").click()
    sender.wait_kept(1)
    (film,) = reviewed(world, sender.case, tmp_path / "review")
    assert probe(film)[1] >= int(clock.split(":")[1]) - 1


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param("delete window.MediaRecorder", id="a browser that cannot record"),
        pytest.param("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error())", id="no permission"),
    ],
)
def test_without_a_camera_for_the_page_the_phones_own_is_offered(sender: Sender, lacking: str) -> None:
    require.folder(REAL)
    sender.tab.add_init_script(lacking)
    sender.phone.open()
    if "getUserMedia" in lacking:
        sender.button("Film now").click()
        expect(sender.part("sent")).to_contain_text("The camera could not be used.", timeout=PATIENCE)
    own = sender.tab.get_by_label("Film with the phone’s camera")
    assert own.get_attribute("capture") == "environment"
    own.set_input_files(REAL / "with-gps.mp4")
    sender.wait_kept(1)
    assert sender.tab.get_by_label("Take a photo with the phone’s camera").get_attribute("accept") == "image/*"
