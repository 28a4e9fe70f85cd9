"""What every page keeps to, and what each one says."""

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from typing import Final

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from api.web import forms
from api.web.catalogues import load_catalogues
from api.web.pages import Pages, format_size
from api.web.views import Page
from evidence.consent import Consent, Scope
from tests.api.web.markup import Document, read
from tests.api.web.samples import ACCEPTED, LIMIT, PHOTO, PLAIN, RECEIPT, REPORT, UNREADABLE, VIDEO, every_page

WEIGHT_LIMIT_BYTES: Final = 35_000
PAGES: Final = Pages(size_limit=LIMIT, scripts={})
EVERY_PAGE: Final = every_page(PAGES)
LANGUAGE_QUERY: Final = "?lang=en" if len(load_catalogues().languages) > 1 else ""
every = pytest.mark.parametrize("page", EVERY_PAGE.values(), ids=EVERY_PAGE)
FULL: Final = {name: page for name, page in EVERY_PAGE.items() if name != "left"}
every_full = pytest.mark.parametrize("page", FULL.values(), ids=FULL)
"""All but the page behind "Leave now", which says nothing and leads nowhere."""


@every
def test_a_page_is_well_formed_with_landmarks_and_language(page: Page) -> None:
    document = read(page.html)
    assert document.doctype.lower() == "doctype html"
    assert document.one("html").attributes == {"lang": "en", "dir": "ltr"}
    assert page.html.startswith("<!DOCTYPE html>")
    for tag in ("main", "h1", "title"):
        document.one(tag)
    assert len(document.all("header")) == len(document.all("footer")) == (page is not EVERY_PAGE["left"])
    assert document.one("title").text.strip()


@every
def test_ids_are_unique_and_every_reference_finds_its_element(page: Page) -> None:
    document = read(page.html)
    ids = [e.attributes["id"] for e in document.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in document.elements:
        for name in ("for", "aria-describedby", "aria-labelledby"):
            assert set(element.attributes.get(name, "").split()) <= set(ids)
        if element.attributes.get("href", "").startswith("#"):
            assert element.attributes["href"][1:] in ids


@every
def test_every_control_has_a_label_and_every_set_of_options_a_legend(page: Page) -> None:
    document = read(page.html)
    labelled = {label.attributes["for"] for label in document.all("label") if label.text.strip()}
    for control in (*document.all("input"), *document.all("textarea"), *document.all("select")):
        if control.attributes.get("type") == "hidden" or "hidden" in control.attributes:
            continue
        assert control.attributes["id"] in labelled
        if control.attributes.get("type") in {"radio", "checkbox"}:
            assert "fieldset" in control.ancestors
    assert len(document.all("fieldset")) == len(document.all("legend"))
    for button in document.all("button"):
        assert button.attributes["type"] == "submit"
        assert button.text.strip()


@every
def test_headings_go_down_one_step_at_a_time(page: Page) -> None:
    levels = [int(e.tag[1]) for e in read(page.html).elements if re.fullmatch(r"h[1-6]", e.tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@every
def test_a_page_fetches_nothing_but_its_own_manifest_and_runs_nothing_but_what_its_policy_names(page: Page) -> None:
    document = read(page.html)
    tags = {element.tag for element in document.elements}
    assert tags.isdisjoint({"iframe", "object", "embed", "img", "video", "audio", "base", "use", "image"})
    for element in document.elements:
        assert not {name for name in element.attributes if name == "style" or name.startswith("on")}
        assert element.attributes.keys().isdisjoint({"src", "srcset", "ping", "background", "formaction"})
    links = {link.attributes["rel"]: link.attributes["href"] for link in document.all("link")}
    assert links in ({"icon": "data:,", "manifest": "/manifest.webmanifest"}, {"icon": "data:,"})
    assert {meta.attributes.get("http-equiv") for meta in document.all("meta")} == {None}
    style = document.one("style").text
    assert "url(" not in style
    assert "@import" not in style


@every_full
def test_no_link_leads_away_and_the_way_out_is_on_every_page(page: Page) -> None:
    document = read(page.html)
    links = [link.attributes["href"] for link in document.all("a")]
    assert [href for href in links if not href.startswith(("/", "#"))] == []
    leave = document.one("a", href="/leave" + LANGUAGE_QUERY)
    assert "header" in leave.ancestors
    assert "noreferrer" in leave.attributes["rel"].split()
    assert leave.text.strip() == "Leave now"
    for form in document.all("form"):
        assert form.attributes["action"].startswith("/")
        assert form.attributes["method"] == "post"


@every_full
def test_a_form_keeps_nothing_of_what_is_typed_or_sent(page: Page) -> None:
    document = read(page.html)
    passwords = [control.attributes for control in document.all("input") if control.attributes["type"] == "password"]
    assert len(passwords) == len(document.all("form"))
    assert all(form.attributes["autocomplete"] == "off" for form in document.all("form"))
    for each in passwords:  # with a value in it, Chromium keeps no form; disabled, it is not sent
        assert each["value"]
        assert {"hidden", "disabled"} <= each.keys()
        assert "name" not in each


@every
def test_the_policy_allows_exactly_the_style_and_the_script_on_the_page(page: Page) -> None:
    document = read(page.html)
    directives = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    script = directives.pop("script-src")
    assert directives == {
        "default-src": "'none'",
        "style-src": digest_of(document.one("style").text),
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "img-src": "'self' data:",
        "manifest-src": "'self'",
    }
    assert [digest_of(each.text) for each in document.all("script")] in ([script], [])


def digest_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@every
def test_a_page_is_not_kept_framed_sniffed_or_referred_to(page: Page) -> None:
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Language"] == "en"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in page.headers["Permissions-Policy"]
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in page.headers


@every
def test_a_page_is_light_enough_for_a_slow_line(page: Page) -> None:
    assert len(page.html.encode()) <= WEIGHT_LIMIT_BYTES


def home(limit_bytes: int | None = None) -> Document:
    return read(PAGES.home("en", accepted=ACCEPTED, limit_bytes=limit_bytes).html)


def test_the_form_asks_for_words_then_the_place_then_files_and_posts_them() -> None:
    document = home()
    form = document.one("form")
    assert form.attributes["action"] == "/report" + LANGUAGE_QUERY
    assert form.attributes["enctype"] == "multipart/form-data"
    fields = [e.attributes["name"] for e in document.elements if "form" in e.ancestors and "name" in e.attributes]
    assert list(dict.fromkeys(fields)) == [forms.STATEMENT, forms.KEEP_PLACE, forms.CONSENT, forms.FILES]
    assert document.one("input", type="file").attributes["accept"] == "image/*,video/*"
    assert "multiple" in document.one("input", type="file").attributes


def test_the_place_is_destroyed_unless_somebody_chooses_otherwise() -> None:
    options = [e for e in home().all("input") if e.attributes.get("name") == forms.KEEP_PLACE]
    assert {option.attributes["value"] for option in options} == set(forms.KEEP_PLACE_VALUES)
    (chosen,) = (option for option in options if "checked" in option.attributes)
    assert forms.KEEP_PLACE_VALUES[chosen.attributes["value"]] is False


def test_lawyers_may_ask_unless_somebody_chooses_otherwise() -> None:
    options = [e for e in home().all("input") if e.attributes.get("name") == forms.CONSENT]
    assert {option.attributes["value"] for option in options} == {scope.value for scope in Scope}
    (chosen,) = (option for option in options if "checked" in option.attributes)
    assert chosen.attributes["value"] == Consent().scope


def test_what_is_typed_is_not_sent_to_a_spelling_service_or_remembered() -> None:
    words = home().one("textarea").attributes
    receipt = read(PAGES.lookup("en").html).one("input", name=forms.RECEIPT).attributes
    for attributes in (words, receipt):
        assert (attributes["spellcheck"], attributes["autocomplete"]) == ("false", "off")


def test_the_limit_and_the_kinds_are_said_before_the_files_are_chosen() -> None:
    document = read(EVERY_PAGE["home"].html)
    before = document.text.partition("What we cannot do")[0]
    assert "at most 500 MB" in before
    assert "One file: at most 250 MB" in before
    assert "Files at a time: at most 50" in before
    assert "Photos: JPEG, HEIC" in before
    assert "Videos: MP4, MOV, 3GP" in before


@pytest.mark.parametrize(("now", "said"), [(20_000_000, "20 MB"), (9 * LIMIT, "500 MB")])
def test_a_limit_can_be_lowered_for_a_visit_but_not_raised(now: int, said: str) -> None:
    assert f"at most {said}" in home(limit_bytes=now).text


def test_recordings_are_named_and_can_be_chosen_only_where_they_are_taken() -> None:
    page = read(PAGES.home("en", accepted=["image/jpeg", "audio/mp4"]).html)
    assert "Voice recordings: M4A" in page.text
    assert page.one("input", type="file").attributes["accept"] == "image/*,video/*,audio/*"
    assert "Voice recordings" not in home().text


def test_a_vault_that_cleans_no_photos_does_not_speak_of_photos_it_takes() -> None:
    text = read(PAGES.home("en", accepted=["video/mp4"]).html).text
    assert "Videos: MP4" in text
    assert "Photos: " not in text


def test_the_receipt_page_shows_case_and_receipt_to_copy() -> None:
    text = read(EVERY_PAGE["receipt"].html).text
    assert REPORT.case in text
    assert "4071 9203 6588 2146" in text
    assert "Give this to your lawyer." in text
    assert "we cannot recover it" in text


def test_codes_are_never_offered_to_a_translator() -> None:
    for name in ("receipt", "case"):
        document = read(EVERY_PAGE[name].html)
        assert document.one("meta", name="google").attributes["content"] == "notranslate"


def test_each_file_shows_number_kind_size_hash_and_what_was_taken_out() -> None:
    cards = [" ".join(card.text.split()) for card in read(EVERY_PAGE["receipt"].html).all("article")]
    assert len(cards) == len(REPORT.exhibits)
    for card, exhibit in zip(cards, REPORT.exhibits, strict=True):
        assert f"File {exhibit.number}" in card
        assert exhibit.sha256 in card
    photo, video, unreadable, plain = cards
    assert "Photo · JPEG · 3.4 MB" in photo
    for words in ("the place where it was taken", "serial numbers and ids", "names and comments", "software names"):
        assert words in photo
    assert "a hidden track that can hold positions" in video
    assert "other hidden details" in video
    assert "We found nothing hidden" in plain
    assert "took out" not in unreadable


@pytest.mark.parametrize("outcome", ["unstripped", "", "something new"])
def test_any_outcome_but_clean_says_that_the_place_may_still_be_inside(outcome: str) -> None:
    report = replace(REPORT, exhibits=(replace(UNREADABLE, outcome=outcome, removed=("jpeg/exif/gps",)),))
    card = read(PAGES.receipt("en", report).html).one("article").text
    assert "could not read this file to its end" in card
    assert "the place may still be hidden inside" in card
    assert "will not give it to a lawyer unless the custodians decide" in card
    assert "We took out" not in card


def test_the_choice_about_the_place_is_confirmed() -> None:
    kept = read(PAGES.receipt("en", replace(REPORT, keep_place=True)).html).text
    destroyed = read(PAGES.receipt("en", replace(REPORT, keep_place=False)).html).text
    assert "only the custodians can open it" in kept
    assert "gone for ever" in destroyed
    assert "gone for ever" not in kept


def test_files_that_were_not_kept_are_counted_with_the_kinds_that_are() -> None:
    text = read(EVERY_PAGE["receipt-of-a-part"].html).text
    assert "We have only a part of it" in text
    assert "counted in the order in which you chose your files: 2, 4" in text
    assert "Photos: JPEG, HEIC" in text
    assert "We have it" not in text


def test_words_that_arrived_without_any_of_the_files_are_not_called_everything() -> None:
    text = read(EVERY_PAGE["receipt-of-words"].html).text
    assert "We have your words, but no files" in text
    assert "None of your files was kept." in text


def test_a_whole_report_speaks_of_nothing_that_was_not_kept() -> None:
    assert "not keep" not in read(EVERY_PAGE["receipt"].html).text.partition("What we keep")[0]


def test_a_choice_that_is_not_known_any_more_is_not_made_up() -> None:
    text = read(EVERY_PAGE["case"].html).text
    assert "You chose to" not in text


def test_whoever_mistyped_a_receipt_is_led_back_to_it_first() -> None:
    ways = [a.attributes["href"] for a in read(EVERY_PAGE["problem-with-receipt"].html).all("a")]
    assert ways[-2:] == ["/receipt" + LANGUAGE_QUERY, "/" + LANGUAGE_QUERY]


def test_a_report_of_words_alone_is_confirmed() -> None:
    text = read(PAGES.receipt("en", replace(REPORT, exhibits=(), statement=True)).html).text
    assert "Your words are sealed." in text
    assert "There are no files in this case." in text


def test_coming_back_never_shows_the_receipt_again() -> None:
    page = EVERY_PAGE["case"]
    assert REPORT.case in page.html
    assert RECEIPT not in re.sub(r"\s|<[^>]*>", "", page.html)


def test_a_receipt_is_asked_for_in_a_form_and_travels_in_no_address() -> None:
    document = read(EVERY_PAGE["lookup"].html)
    form = document.one("form")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/receipt" + LANGUAGE_QUERY)
    names = [control.attributes["name"] for control in document.all("input") if "name" in control.attributes]
    assert names == [forms.RECEIPT]


def test_a_problem_says_what_to_do_next_and_leads_back() -> None:
    document = read(EVERY_PAGE["problem"].html)
    assert document.one("h1").text.strip() == "The files are too big"
    assert "Send fewer files, or a shorter video." in document.text
    assert "413" in document.text
    assert "/" + LANGUAGE_QUERY in {link.attributes["href"] for link in document.all("a")}


def test_a_problem_without_a_next_step_shows_nothing_of_the_catalogue() -> None:
    assert "Content-Type" not in PAGES.problem("en", 500, "It broke", "").html


HOSTILE: Final = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=x>', "</style><b>", "%(size)s %", "{{ 7*7 }}", "&lt;", "'"]
    ),
)


def printable(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


@given(case=HOSTILE, media_type=HOSTILE, sha256=HOSTILE, removed=st.lists(HOSTILE, max_size=3), outcome=HOSTILE)
def test_no_value_becomes_markup(case: str, media_type: str, sha256: str, removed: list[str], outcome: str) -> None:
    exhibit = replace(PHOTO, media_type=media_type, sha256=sha256, removed=tuple(removed), outcome=outcome)
    report = replace(REPORT, case=case, exhibits=(exhibit,))
    tame = replace(REPORT, exhibits=(replace(exhibit, media_type="image/jpeg", sha256="0" * 64),))
    for render in (PAGES.receipt, PAGES.case):
        document = read(render("en", report).html)
        shape = [(e.tag, e.attributes) for e in document.elements if e.tag not in {"path", "circle", "bdi"}]
        expected = [
            (e.tag, e.attributes)
            for e in read(render("en", tame).html).elements
            if e.tag not in {"path", "circle", "bdi"}
        ]
        assert shape == expected
        assert printable(case) in printable(document.one("p", **{"class": "code"}).text)


@given(title=HOSTILE, next_step=HOSTILE, organisation=HOSTILE)
def test_no_problem_and_no_name_becomes_markup(title: str, next_step: str, organisation: str) -> None:
    pages = Pages(organisation=organisation, size_limit=LIMIT)
    document = read(pages.problem("en", 400, title, next_step).html)
    assert [e.tag for e in document.elements] == [e.tag for e in read(EVERY_PAGE["problem"].html).elements]
    assert printable(title) in printable(document.one("h1").text)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 kB"),
        (999, "0.9 kB"),
        (1_000, "1 kB"),
        (1_999_999, "1.9 MB"),
        (104_857_600, "104.8 MB"),
        (2_500_000_000, "2.5 GB"),
    ],
)
def test_sizes_are_said_as_phones_say_them_and_never_rounded_up(count: int, words: str) -> None:
    assert format_size(count, Locale("en")) == words


def test_sizes_are_written_in_the_manner_of_the_language() -> None:
    assert format_size(2_500_000, Locale("es")).startswith("2,5")


def test_the_samples_show_every_kind_of_card() -> None:
    assert {PHOTO, VIDEO, UNREADABLE, PLAIN} == set(REPORT.exhibits)
