"""The page with its script: every word and part that the script asks for is there, and what goes out is whole."""

import base64
import gzip
import hashlib
import re
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.codings import accepted
from api.web.pages import Pages
from api.web.scripts import SEND, WORK, Script, load_scripts
from tests.api.web.markup import read
from tests.api.web.samples import ACCEPTED, LIMIT
from tests.oracles import require
from tests.paths import ROOT

PLAIN: Final = b"'script';"
MADE: Final = {
    name: Script(name, {"identity": PLAIN, "gzip": gzip.compress(PLAIN), "br": PLAIN}) for name in (SEND, WORK)
}
PAGE: Final = Pages(size_limit=LIMIT, scripts=MADE).home("en", accepted=ACCEPTED)
FOR_AUDITORS: Final = ("log", "proof")  # the page about the custody log, which is in English
SOURCES: Final = "".join(
    path.read_text() for path in sorted((ROOT / "api/web/client/src").glob("*.ts")) if path.stem not in FOR_AUDITORS
)


def test_the_page_loads_one_script_and_says_which_bytes_it_must_be() -> None:
    loaded = [each for each in read(PAGE.html).all("script") if "src" in each.attributes]
    assert len(loaded) == 1
    digest = base64.b64encode(hashlib.sha384(PLAIN).digest()).decode()
    assert loaded[0].attributes == {"type": "module", "src": "/static/send.js", "integrity": f"sha384-{digest}"}


def test_the_policy_lets_the_page_run_its_own_files_ask_its_own_server_and_make_no_script_of_text() -> None:
    directives = {each.split()[0]: each.split()[1:] for each in PAGE.headers["Content-Security-Policy"].split("; ")}
    assert directives["default-src"] == ["'none'"]
    own, inline = directives["script-src"][1], directives["script-src"][0]
    assert own == "'self'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]{44}'", inline)
    assert directives["connect-src"] == directives["worker-src"] == ["'self'"]
    assert directives["require-trusted-types-for"] == ["'script'"]
    assert directives["trusted-types"] == ["work"]
    assert "unsafe" not in PAGE.headers["Content-Security-Policy"]


def test_only_the_page_that_films_may_use_the_camera() -> None:
    pages = Pages(size_limit=LIMIT, scripts=MADE)
    assert "camera=(self), microphone=(self)" in PAGE.headers["Permissions-Policy"]
    assert "camera=(), microphone=()" in pages.lookup("en").headers["Permissions-Policy"]


def test_every_part_and_template_that_the_script_asks_for_is_on_the_page() -> None:
    document = read(PAGE.html)
    parts = {each.attributes["data-part"] for each in document.elements if "data-part" in each.attributes}
    asked = set(re.findall(r'part(?:<\w+>)?\([\w.]+, "([\w-]+)"\)', SOURCES))
    assert asked
    assert asked <= parts
    templates = {each.attributes["id"] for each in document.all("template")}
    assert set(re.findall(r'copyOf\("([\w-]+)"\)', SOURCES)) == templates


def test_every_word_that_the_script_says_is_on_the_page_and_none_is_there_in_vain() -> None:
    words = next(each for each in read(PAGE.html).elements if each.attributes.get("id") == "words").attributes
    given_words = {name.removeprefix("data-"): text for name, text in words.items() if name.startswith("data-")}
    said = set(re.findall(r'word\((?:\w+ \? )?"(\w+)"', SOURCES)) | {"late"}  # the other of a choice of two
    assert said == set(given_words)
    assert all(text.strip() for text in given_words.values())


def test_the_script_itself_has_no_words() -> None:
    spoken = [text for text in re.findall(r'"([^"\n]*)"', SOURCES) if re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text)]
    assert spoken == ["the page was left"]  # an error that nobody sees


def test_a_checkout_without_the_built_script_has_a_page_without_it(tmp_path: Path) -> None:
    assert load_scripts(tmp_path) == {}
    home = Pages(size_limit=LIMIT, scripts={}).home("en", accepted=ACCEPTED)
    assert [each for each in read(home.html).all("script") if "src" in each.attributes] == []
    assert read(home.html).all("template") == []
    assert "'self'" not in home.headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]


def test_what_is_compressed_is_the_script() -> None:
    require.scripts()
    for script in load_scripts().values():
        assert gzip.decompress(script.coded["gzip"]) == script.coded["identity"]
        assert len(script.coded["br"]) < len(script.coded["gzip"]) < len(script.coded["identity"])


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0.0", "identity"),
        ("br;q=0.001", "br"),
        ("bread", "identity"),
    ],
)
def test_the_best_coding_that_the_browser_takes_is_chosen(header: str | None, coding: str) -> None:
    assert accepted(header, ("br", "gzip")) == coding


@given(st.text())
def test_any_header_chooses_one_of_what_is_offered(header: str) -> None:
    assert accepted(header, ("br", "gzip")) in {"br", "gzip", "identity"}
