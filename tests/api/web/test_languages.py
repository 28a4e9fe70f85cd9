"""Which language a visitor gets."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.languages import Language, negotiate
from api.web.pages import Pages

LANGUAGES: Final = tuple(Language(tag, tag, "ltr", False) for tag in ("en", "es", "pt-BR", "sw"))


@pytest.mark.parametrize(
    ("accept_language", "chosen", "expected"),
    [
        (None, None, "en"),
        ("", "", "en"),
        ("es", None, "es"),
        ("es-MX, en;q=0.8", None, "es"),
        ("en;q=0.8, es-MX", None, "es"),
        ("en;q=0.1, es;q=0.9, sw;q=0.5", None, "es"),
        ("PT-br", None, "pt-BR"),
        ("pt", None, "en"),
        ("de, fr;q=0.9", None, "en"),
        ("es;q=0, sw;q=0.1", None, "sw"),
        ("*", None, "en"),
        ("es;q=nonsense, sw", None, "sw"),
        ("es;q=-1, sw", None, "sw"),
        ("es;q=99", None, "es"),
        ("es;level=1, sw;q=0.2", None, "sw"),
        ("es", "sw", "sw"),
        ("es", "xx", "es"),
        ("es", "../../etc", "es"),
        ("sw;q=0.5,es;q=0.5", None, "sw"),
    ],
)
def test_the_chosen_language_comes_first_then_what_the_browser_prefers(
    accept_language: str | None, chosen: str | None, expected: str
) -> None:
    assert negotiate(LANGUAGES, accept_language, chosen) == expected


@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.text()))
def test_whatever_is_asked_for_the_answer_is_a_language_there_is(accept: str | None, chosen: str | None) -> None:
    assert negotiate(LANGUAGES, accept, chosen) in {language.tag for language in LANGUAGES}


@given(st.text(alphabet="es-;q=0.1,* ", max_size=80))
def test_what_looks_like_a_header_but_is_not_is_survived(accept: str) -> None:
    assert negotiate(LANGUAGES, accept, None) in {"en", "es"}


def test_a_header_without_end_is_read_only_so_far() -> None:
    assert negotiate(LANGUAGES, ",".join(["xx"] * 1_000_000 + ["es"]), None) == "en"
    assert negotiate(LANGUAGES, None, "-".join(["es"] * 1_000_000)) == "es"


def test_pages_answer_in_english_where_there_is_no_other() -> None:
    assert Pages(size_limit=1).locale_of("tlh, vo;q=0.9", "xx") == "en"
