"""`amparo inspect --html`: the page shows every finding, no value unless asked, and fetches and runs nothing."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from api.cli.layout_page import CELLS, MOST_ROWS, Mark, mark_of, render
from redaction.finding import Finding, Outcome
from redaction.planner import Plan
from tests.browser.phone import chromium
from tests.cli.commands import Amparo, assert_failed, assert_wrong_use
from tests.vault.media import FILM, PHOTO


class _Page(HTMLParser):
    """Tags with their attributes, and the text of each cell of the table."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self._in_cell = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "td":
            self._in_cell = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells[-1] += data


def _made(*findings: Finding, size: int = 1_000_000) -> str:
    return "".join(render(Plan("image/jpeg", size, Outcome.CLEAN, findings)))


def test_table_lists_offset_length_and_name_of_every_finding(amparo: Amparo, tmp_path: Path) -> None:
    said = amparo("inspect", PHOTO, "--json", "--html", tmp_path / "page")
    assert (said.code, said.err) == (0, "")
    cells = _Page((tmp_path / "page").read_text()).cells
    rows = [cells[start : start + 5] for start in range(0, len(cells), 5)]
    shown = [(int(row[0].replace(",", "")), int(row[1].split()[0].replace(",", "")), row[3]) for row in rows]
    assert shown == [(each["offset"], each["length"], each["what"]) for each in said.json["findings"]]
    assert {row[2] for row in rows} <= {"place", "identity", "names and text", "software", "other"}
    assert all(row[4].endswith(".") for row in rows)


def test_values_stand_on_the_page_only_when_asked_for(amparo: Amparo, tmp_path: Path) -> None:
    finding = max(amparo("inspect", PHOTO, "--json").json["findings"], key=lambda each: each["length"])
    value = PHOTO.read_bytes()[finding["offset"] :][: min(32, finding["length"])].hex(" ")
    amparo("inspect", PHOTO, "--html", tmp_path / "without")
    amparo("inspect", PHOTO, "--values", "--html", tmp_path / "with")
    assert value not in (tmp_path / "without").read_text()
    assert value in (tmp_path / "with").read_text()


def test_page_does_not_name_the_file(amparo: Amparo, tmp_path: Path) -> None:
    (tmp_path / "a-telling-name.jpg").write_bytes(PHOTO.read_bytes())
    amparo("inspect", tmp_path / "a-telling-name.jpg", "--html", tmp_path / "page")
    assert "a-telling-name" not in (tmp_path / "page").read_text()


def test_page_has_no_script_and_nothing_to_fetch(amparo: Amparo, tmp_path: Path) -> None:
    amparo("inspect", FILM, "--values", "--html", tmp_path / "page")
    page = _Page((tmp_path / "page").read_text())
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
    named = {name for _, attributes in page.tags for name in attributes}
    assert named.isdisjoint({"src", "href", "srcset", "style"})
    assert not [name for name in named if name.startswith("on")]


def test_nothing_is_overwritten_and_nothing_left_when_the_kind_is_refused(amparo: Amparo, tmp_path: Path) -> None:
    (tmp_path / "page").write_text("mine")
    assert_wrong_use(amparo("inspect", PHOTO, "--html", tmp_path / "page"))
    assert (tmp_path / "page").read_text() == "mine"
    (tmp_path / "text").write_text("words")
    assert_failed(amparo("inspect", tmp_path / "text", "--html", tmp_path / "other"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["page", "text"]


def test_page_is_for_its_owner_only(amparo: Amparo, tmp_path: Path) -> None:
    amparo("inspect", PHOTO, "--html", tmp_path / "page")
    assert (tmp_path / "page").stat().st_mode & 0o777 == 0o600


def test_file_that_could_not_be_read_is_said_to_tell_everything(amparo: Amparo, tmp_path: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(FILM.read_bytes()[:-100])
    amparo("inspect", tmp_path / "cut.mp4", "--html", tmp_path / "page")
    page = (tmp_path / "page").read_text()
    assert "Not read to its end" in page
    assert "Treat it as telling everything" in page


def test_page_always_says_what_blanking_cannot_do() -> None:
    for page in (_made(), _made(Finding(5, 1, "jpeg/exif/gps"))):
        assert "seen or heard" in page
    assert "was found beside the picture" in _made()


def test_names_from_the_file_are_text_and_cannot_steer_the_page() -> None:
    page = _made(Finding(0, 1, "mp4/<script>alert(1)</script>&\u202e"))
    assert "<script" not in page
    assert "\u202e" not in page
    assert _Page(page).cells[3] == "mp4/<script>alert(1)</script>&\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("what", "mark"),
    [
        ("jpeg/exif/gps", Mark.PLACE),
        ("mp4/track/fdsc", Mark.PLACE),
        ("jpeg/exif/makernote", Mark.IDENTITY),
        ("jpeg/exif/artist", Mark.NAMES),
        ("jpeg/exif/software", Mark.SOFTWARE),
        ("png/unknown", Mark.OTHER),
    ],
)
def test_each_kind_has_its_own_stripe_colour_and_pattern(what: str, mark: Mark) -> None:
    finding = Finding(100, 20, what)
    assert mark_of(finding) is mark
    page = _made(finding)
    assert f'<pattern id="{mark}"' in page
    assert f'fill="url(#{mark})"' in page


@given(st.sets(st.integers(0, 9_999), min_size=1, max_size=400))
def test_marks_are_bounded_lie_inside_the_bar_and_cover_each_finding(offsets: set[int]) -> None:
    findings = [Finding(offset, 1, "jpeg/exif/gps") for offset in sorted(offsets)]
    page = _Page(_made(*findings, size=10_000))
    whole = _first_bar(page)
    assert len(whole) <= CELLS / 2
    assert all(0 <= start < end <= 100.001 for start, end in whole)
    assert all(any(start <= offset / 100 < end for start, end in whole) for offset in offsets)


def _first_bar(page: _Page) -> list[tuple[float, float]]:
    """From and to, in percent of the file, of the marks in the first bar."""
    marks: list[tuple[float, float]] = []
    at = next(index for index, (tag, attributes) in enumerate(page.tags) if attributes.get("class") == "bar")
    for tag, attributes in page.tags[at + 2 :]:
        if tag != "rect":
            break
        start, width = (float((attributes[name] or "").rstrip("%")) for name in ("x", "width"))
        marks.append((start, start + width))
    return marks


def test_findings_close_together_are_drawn_a_second_time_closer() -> None:
    near = [Finding(offset, 10, "jpeg/exif/gps") for offset in (100, 300)]
    assert _made(*near).count("<figcaption>") == 2
    assert _made(*near, Finding(900_000, 1, "jpeg/tail")).count("<figcaption>") == 1


def test_more_findings_than_a_browser_can_show_are_counted() -> None:
    page = _made(*(Finding(2 * number, 1, "jpeg/exif/gps") for number in range(MOST_ROWS + 5)))
    assert len(_Page(page).cells) == 5 * MOST_ROWS
    assert "5 more are not listed here" in page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_the_screen_and_requests_nothing(
    amparo: Amparo, tmp_path: Path, browser: Browser, width: int, scheme: str
) -> None:
    path = tmp_path / "page.html"
    amparo("inspect", PHOTO, "--values", "--html", path)
    context = browser.new_context(
        viewport={"width": width, "height": 740}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    requested: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Marks are seen: wide enough, and not in the bar's own colour.
    assert page.evaluate("[...document.querySelectorAll('.bar rect:not(.file)')].every(r => r.getBBox().width >= 1)")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(21, 21, 21)" if scheme == "dark" else "rgb(255, 255, 255)"
    )
    assert page.get_by_role("table").get_by_role("row").count() > 1
    assert (requested, said) == ([path.as_uri()], [])
    context.close()
