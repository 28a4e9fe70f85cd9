"""The catalogues hold the words of the templates, all of them and no others, and a new language needs nothing else."""

import io
import re
from configparser import RawConfigParser
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import PoFileError, read_po, write_po

from api.problems import PROBLEMS
from api.web.catalogues import load_catalogues
from api.web.languages import Language
from api.web.pages import Pages
from tests.api.web.markup import read
from tests.api.web.samples import ACCEPTED, LIMIT, every_page
from tests.paths import ROOT

WEB: Final = ROOT / "api" / "web"
LOCALES: Final = WEB / "locales"
LANGUAGES: Final = load_catalogues().languages
PLACEHOLDER: Final = re.compile(r"%\(\w+\)s|%%")


def extracted() -> set[str]:
    """What `pybabel extract -F api/web/babel.ini` finds."""
    mapping = RawConfigParser()
    mapping.read(WEB / "babel.ini", encoding="utf-8")
    methods = [tuple(section.split(": ", 1)) for section in mapping.sections()]
    options = {pattern: dict(mapping.items(f"{method}: {pattern}")) for method, pattern in methods}
    found = extract_from_dir(WEB.parent, [(pattern, method) for method, pattern in methods], options)
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def catalogue(language: Language) -> Catalog:
    source = (LOCALES / language.tag / "LC_MESSAGES" / "source.po").read_bytes()
    return read_po(io.BytesIO(source), locale=language.tag.replace("-", "_"), abort_invalid=True)


each_language = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.tag)


@each_language
def test_a_catalogue_is_in_step_with_the_templates(language: Language) -> None:
    words = catalogue(language)
    assert {message.id for message in words if message.id} == extracted()
    assert not words.obsolete
    assert not [message.id for message in words if message.id and message.fuzzy]


@each_language
def test_words_hold_no_markup_and_keep_their_placeholders(language: Language) -> None:
    for message in catalogue(language):
        if not message.id:
            continue
        assert isinstance(message.id, str)
        assert isinstance(message.string, str)
        for words in (message.id, message.string):
            assert not set("<>&") & set(words)
            assert "%" not in PLACEHOLDER.sub("", words)
        if message.string:
            assert sorted(PLACEHOLDER.findall(message.id)) == sorted(PLACEHOLDER.findall(message.string))


def test_whatever_a_problem_says_is_in_the_catalogue() -> None:
    said = {words for problem in PROBLEMS.values() for words in (problem.title, problem.next_step)}
    assert said <= extracted()


def test_every_folder_is_in_the_index_and_no_compiled_catalogue_is_kept() -> None:
    assert {folder.name for folder in LOCALES.iterdir() if folder.is_dir()} == {each.tag for each in LANGUAGES}


def test_templates_hold_no_words_outside_the_catalogue(tmp_path: Path) -> None:
    """With every word of the catalogue replaced, no letters of the source language are left on any page."""
    pages = Pages(organisation="0", size_limit=LIMIT, catalogues=load_catalogues(marked_locales(tmp_path)))
    for name, page in every_page(pages, "ar").items():
        if name.startswith("problem"):
            continue  # its words are the caller's
        text = read(page.html).one("main").text
        for known in ("CASE-58213-QX", "JPEG", "HEIC", "MP4", "MOV", "3GP", "PNG"):
            text = text.replace(known, "")
        text = re.sub(r"\b[0-9a-f]{64}\b", "", text)
        assert not re.search(r"[A-Za-z]", text), name


def marked_locales(folder: Path) -> Path:
    """English, and an unreviewed right-to-left language all of whose words are "¤" and their placeholders."""
    for tag in ("en", "ar"):
        words = Catalog(locale=tag, domain="source")
        for message in extracted():
            words.add(message, "" if tag == "en" else "¤ " + " ".join(PLACEHOLDER.findall(message)))
        target = folder / tag / "LC_MESSAGES" / "source.po"
        target.parent.mkdir(parents=True)
        with target.open("wb") as file:
            write_po(file, words)
    entry = '[[language]]\ntag = "{}"\nname = "{}"\ndirection = "{}"\nreviewed_by_native_speaker = {}\n'
    index = entry.format("en", "English", "ltr", "true") + entry.format("ar", "ﻉ", "rtl", "false")
    (folder / "index.toml").write_text(index, encoding="utf-8")
    return folder


def test_a_second_language_brings_its_direction_and_a_choice_that_follows_every_link(tmp_path: Path) -> None:
    pages = Pages(size_limit=LIMIT, catalogues=load_catalogues(marked_locales(tmp_path)))
    assert pages.locale_of("ar-EG", None) == "ar"
    page = pages.home("ar", accepted=ACCEPTED)
    document = read(page.html)
    assert document.one("html").attributes == {"lang": "ar", "dir": "rtl"}
    assert page.headers["Content-Language"] == "ar"
    assert document.one("form").attributes["action"] == "/report?lang=ar"
    choices = {a.attributes["hreflang"]: a.attributes["href"] for a in document.all("a") if "hreflang" in a.attributes}
    assert choices == {"en": "/?lang=en", "ar": "/?lang=ar"}


def test_a_page_says_when_nobody_has_checked_its_words(tmp_path: Path) -> None:
    pages = Pages(size_limit=LIMIT, catalogues=load_catalogues(marked_locales(tmp_path)))
    paragraphs = {tag: len(read(pages.lookup(tag).html).one("footer").text.split("¤")) for tag in ("en", "ar")}
    assert paragraphs["ar"] == 3  # before the first mark, the warning, the promise
    assert "grew up with" not in pages.lookup("en").html


def test_a_language_without_a_catalogue_stops_the_start(tmp_path: Path) -> None:
    locales = marked_locales(tmp_path)
    (locales / "ar" / "LC_MESSAGES" / "source.po").unlink()
    with pytest.raises(FileNotFoundError):
        load_catalogues(locales)


def test_a_catalogue_that_does_not_parse_stops_the_start(tmp_path: Path) -> None:
    locales = marked_locales(tmp_path)
    (locales / "ar" / "LC_MESSAGES" / "source.po").write_text('msgid "x\nnonsense', encoding="utf-8")
    with pytest.raises(PoFileError):
        load_catalogues(locales)
