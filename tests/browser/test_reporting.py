"""A source sends a photo, a video and words from a phone, and comes back: what they see, and what is left behind."""

import re
from pathlib import Path

import httpx
import pytest

from api.web.kinds import Kind, format_names
from redaction.containers.formats import ACCEPTED
from tests.browser.phone import REAL, SEND, Phone
from tests.oracles import require
from tests.service import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHOTO = REAL / "train.jpg"
VIDEO = REAL / "with-gps.mp4"
KINDS = tuple(
    f"{words}: {', '.join(names)}"
    for words, kind in (("Photos", Kind.PHOTO), ("Videos", Kind.VIDEO), ("Voice recordings", Kind.SOUND))
    if (names := format_names(ACCEPTED, kind))
)
CASE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")
RECEIPT = re.compile(r"[0-9]{4} [0-9]{4} [0-9]{4} [0-9]{4}")


@pytest.fixture(scope="module", autouse=True)
def corpus() -> None:
    require.folder(REAL)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A file of a kind that no vault takes."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(b"%PDF-1.7\n%%EOF\n")
    return path


def test_the_limits_and_kinds_stand_before_the_files_are_chosen(phone: Phone) -> None:
    phone.open()
    choosing = phone.tab.get_by_label("Photos and videos").bounding_box()
    assert choosing is not None
    for text in ("All together at most 21.4 GB", "One file: at most 10.7 GB", *KINDS):
        said = phone.tab.get_by_text(text)
        assert said.is_visible()
        box = said.bounding_box()
        assert box is not None
        assert choosing["y"] - 400 < box["y"] < choosing["y"]  # above it, on one screen with it
    phone.require_no_trace()


def test_a_report_is_confirmed_with_its_numbers_and_with_what_was_taken_out(phone: Phone) -> None:
    phone.send([PHOTO, VIDEO], "Two officers, last night.")
    assert phone.heading == "We have it"
    assert phone.tab.title() == "Amparo – received"
    assert phone.tab.locator("html").get_attribute("lang") == "en"
    assert CASE.fullmatch(phone.number("Case number"))
    assert RECEIPT.fullmatch(phone.number("Receipt"))
    cards = phone.tab.get_by_role("article").all_inner_texts()
    assert [card.splitlines()[0].strip() for card in cards] == ["File 1", "File 2"]
    assert "Photo · JPEG · 3.4 MB" in cards[0]
    assert "Video · MP4 · 242.7 kB" in cards[1]
    assert all("the place where it was taken" in card for card in cards)
    assert "Your words are sealed" in phone.words
    assert "officers" not in phone.tab.content()
    phone.require_no_trace()


def test_coming_back_shows_the_same_case_and_no_address_ever_held_the_receipt(phone: Phone) -> None:
    phone.send([PHOTO])
    case, receipt = phone.number("Case number"), phone.number("Receipt")
    fingerprint = phone.tab.locator(".hash code").inner_text()
    phone.come_back(receipt)
    assert phone.heading == "Your case"
    assert phone.number("Case number") == case
    assert phone.tab.locator(".hash code").inner_text() == fingerprint
    digits = receipt.replace(" ", "")
    assert digits not in phone.tab.content().replace(" ", "")
    for request in phone.requests:
        assert not re.search(r"[0-9]{4}\D{0,3}[0-9]{4}", request.url.removeprefix(phone.address))
        assert "referer" not in request.headers
    phone.require_no_trace()


def test_a_case_does_not_speak_of_a_choice_about_the_place_that_it_does_not_know(phone: Phone) -> None:
    phone.open()
    phone.tab.get_by_label(re.compile("^Keep the place sealed")).check()
    phone.tab.get_by_label("Photos and videos").set_input_files(PHOTO)
    phone.press(SEND)
    assert "You chose to keep the place" in phone.words
    phone.come_back(phone.number("Receipt"))
    assert "You chose to" not in phone.words


def test_a_wrong_receipt_leads_back_to_the_page_that_asks_for_it(phone: Phone) -> None:
    phone.come_back("1234 5678 9012 3456")
    assert phone.heading == "No case has this receipt."
    assert phone.tab.title() == "Amparo – problem"
    phone.press("Type the receipt again", "link")
    assert phone.heading == "Come back with your receipt"
    phone.require_no_trace()


def test_a_receipt_with_a_digit_missing_is_said_to_be_mistyped(phone: Phone) -> None:
    phone.come_back("1234 5678 9012 345")
    assert phone.heading == "A number was mistyped."
    assert "16 digits" in phone.words


def test_a_kind_that_is_not_accepted_is_not_kept_and_said_so(phone: Phone, paper: Path) -> None:
    phone.send([paper])
    assert phone.heading == "This kind of file is not accepted yet."
    assert "Nothing was kept" in phone.words
    phone.require_no_trace()


def test_sending_nothing_is_answered_with_what_to_do(phone: Phone) -> None:
    phone.send([])
    assert phone.heading == "Nothing arrived."
    assert "choose at least one photo or video" in phone.words
    phone.require_no_trace()


def test_the_address_of_the_answer_opened_again_is_explained(phone: Phone) -> None:
    phone.open("/report")
    assert phone.heading == "This page cannot be opened again."
    assert "safe if you saw a case number" in phone.words
    phone.press("Back to the start", "link")
    assert phone.heading == "Show what happened"


def test_one_kind_accepted_and_one_not_is_called_a_part(phone: Phone, world: World, paper: Path) -> None:
    phone.send([PHOTO, paper])
    assert phone.heading == "We have only a part of it"
    assert "in the order in which you chose your files: 2 " in phone.words
    assert "We cannot take the place out of this kind of file yet" in phone.words
    assert all(kinds in phone.words for kinds in KINDS)
    assert phone.tab.get_by_role("article").count() == 1
    receipt = {"Authorization": "Receipt " + phone.number("Receipt").replace(" ", "")}
    kept = httpx.get(world.address + "/api/receipt", headers=receipt, trust_env=False).json()
    assert [each["media_type"] for each in kept["exhibits"]] == ["image/jpeg"]
    phone.require_no_trace()


def test_words_that_came_with_refused_files_alone_are_kept_and_said_to_be_alone(phone: Phone, paper: Path) -> None:
    phone.send([paper], "Two officers, last night.")
    assert phone.heading == "We have your words, but no files"
    assert "None of your files was kept." in phone.words
    assert "There are no files in this case." in phone.words
    assert CASE.fullmatch(phone.number("Case number"))
    phone.require_no_trace()
