"""Help and advice that the organisation edits, found for every visitor and read again when they change."""

import os
from pathlib import Path

import pytest

from api.web.catalogues import Catalogues, load_catalogues
from api.web.languages import Language
from api.web.organisation_texts import ADVICE, HELP, TEXT_BYTES, OrganisationTexts
from api.web.pages import Pages
from tests.api.web.markup import read
from tests.api.web.samples import LIMIT

LANGUAGES = (
    Language("en", "English", "ltr", reviewed_by_native_speaker=True),
    Language("ar", "العربية", "rtl", reviewed_by_native_speaker=False),
    Language("es", "Español", "ltr", reviewed_by_native_speaker=False),
)


def shown(texts: OrganisationTexts, tag: str) -> tuple[str, str] | None:
    found = texts.find(HELP, tag)
    return None if found is None else (found.language.tag, str(found.markup))


def test_a_text_is_found_in_the_visitors_language_then_in_the_first_it_is_written_in(tmp_path: Path) -> None:
    texts = OrganisationTexts(tmp_path, LANGUAGES)
    assert shown(texts, "es") is None
    (tmp_path / "help.ar.md").write_text("نص", encoding="utf-8")
    assert shown(texts, "es") == ("ar", "<p>نص</p>\n")
    (tmp_path / "help.en.md").write_text("words", encoding="utf-8")
    assert shown(texts, "es") == ("en", "<p>words</p>\n")
    (tmp_path / "help.es.md").write_text("\ufeffpalabras", encoding="utf-8")
    assert shown(texts, "es") == ("es", "<p>palabras</p>\n")
    assert texts.find(ADVICE, "es") is None


def test_a_changed_text_is_read_again_and_a_removed_one_is_gone(tmp_path: Path) -> None:
    texts, path = OrganisationTexts(tmp_path, LANGUAGES), tmp_path / "help.en.md"
    path.write_text("one", encoding="utf-8")
    assert shown(texts, "en") == ("en", "<p>one</p>\n")
    path.write_text("three", encoding="utf-8")
    assert shown(texts, "en") == ("en", "<p>three</p>\n")
    path.unlink()
    assert shown(texts, "en") is None


@pytest.mark.parametrize("fault", ["long", "latin-1", "folder", "link", "pipe"])
def test_a_text_that_cannot_be_shown_is_left_out_and_said_so_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    path = tmp_path / "help.es.md"
    (tmp_path / "help.en.md").write_text("words", encoding="utf-8")
    match fault:
        case "long":
            path.write_bytes(b"x" * (TEXT_BYTES + 1))
        case "latin-1":
            path.write_bytes("señal".encode("latin-1"))
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(tmp_path / "help.en.md")
        case _:
            os.mkfifo(path)
    texts = OrganisationTexts(tmp_path, LANGUAGES)
    assert [shown(texts, "es") for _ in range(2)] == [("en", "<p>words</p>\n")] * 2
    assert capsys.readouterr().err.count("help.es.md") == 1


def pages(folder: Path | None) -> Pages:
    return Pages(size_limit=LIMIT, folder=folder, catalogues=Catalogues(LANGUAGES[:1], load_catalogues().translations))


def test_the_help_page_shows_both_texts_in_their_language_and_warns_of_other_sites(tmp_path: Path) -> None:
    (tmp_path / "help.en.md").write_text("# Call\n\n[+1 555](tel:+1555)", encoding="utf-8")
    (tmp_path / "advice.en.md").write_text("[law](https://law.example/)", encoding="utf-8")
    document = read(pages(tmp_path).help("en").html)
    assert [e.attributes["lang"] for e in document.all("div") if e.attributes.get("class") == "own"] == ["en", "en"]
    assert document.text.count("lead to another site") == 1
    assert "tel:+1555" in {link.attributes["href"] for link in document.all("a")}


@pytest.mark.parametrize("folder", [None, Path("/nonexistent")])
def test_without_texts_the_help_page_invents_no_contact(folder: Path | None) -> None:
    document = read(pages(folder).help("en").html)
    assert "has not written here whom you can call" in document.text
    assert "Your safety comes first" in document.text
    assert not [link for link in document.all("a") if link.attributes["href"].startswith(("tel:", "mailto:", "http"))]
