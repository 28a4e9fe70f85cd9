"""The style sheets lay the pages out in engines of 2017 too (WebView 58): nothing newer decides where things stand."""

import re
from importlib.resources import files
from typing import Final

import pytest

FOLDER: Final = files("api.web").joinpath("static", "source")
SHEETS: Final = {each.name: each.read_text(encoding="utf-8") for each in FOLDER.iterdir() if each.name.endswith(".css")}
# What came later: grid's own layout in the old engines is another one, and gaps of flex boxes came in 2020.
NEWER: Final = re.compile(
    r"display:\s*(inline-)?grid|(?<![-\w])gap\s*:|aspect-ratio|(?<![-\w])inset[-\w]*\s*:|clamp\(|(?<![-\w])max\(|"
    r":is\(|:where\(|:has\(|@layer|@container|@property|\bdvh\b|\bsvh\b|color-mix|&"
)
LOGICAL: Final = re.compile(r"(?<![-\w])(margin|padding)-(inline|block)[-\w]*")
OLD_NAMES: Final = {
    "margin-inline-start": "-webkit-margin-start",
    "margin-inline-end": "-webkit-margin-end",
    "padding-inline-start": "-webkit-padding-start",
    "padding-inline-end": "-webkit-padding-end",
}
# Widgets that only newer engines have; what they are drawn with is theirs.
ONLY_NEW: Final = re.compile(r"::file-selector-button[^}]*}")


def rules(sheet: str) -> str:
    return ONLY_NEW.sub("", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL))


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_newer_than_2017_lays_out_a_page(name: str) -> None:
    assert NEWER.findall(rules(SHEETS[name])) == []


@pytest.mark.parametrize("name", SHEETS)
def test_a_side_that_depends_on_the_direction_has_its_old_name_before_it(name: str) -> None:
    for block in re.findall(r"{([^{}]*)}", rules(SHEETS[name])):
        for found in LOGICAL.finditer(block):
            assert OLD_NAMES[found[0]] in block[: found.start()], block


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_moves_for_people_whom_it_makes_ill(name: str) -> None:
    calm = re.sub(r"@media \(prefers-reduced-motion: no-preference\) {(?:[^{}]*{[^{}]*})*\s*}", "", SHEETS[name])
    assert not re.search(r"animation|transition|scroll-behavior", calm)


def test_fonts_are_those_of_the_system() -> None:
    assert not any("@font-face" in sheet or "url(" in sheet for sheet in SHEETS.values())
