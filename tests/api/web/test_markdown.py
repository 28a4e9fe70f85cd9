"""The organisation's own texts: they can be read, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.markdown import leads_elsewhere, render
from tests.api.web.markup import read

ALLOWED = {"p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "a", "blockquote", "code", "hr", "br"}


def parsed(text: str) -> list[tuple[str, dict[str, str]]]:
    return [(e.tag, e.attributes) for e in read(f"<body>{render(text)}</body>").elements[1:]]


def test_headings_go_below_those_of_the_page() -> None:
    assert [tag for tag, _ in parsed("# a\n\n## b\n\n###### c")] == ["h3", "h4", "h6"]


@pytest.mark.parametrize(
    "target",
    [
        "tel:+5511999990000",
        "mailto:help@organisation.example",
        "https://organisation.example/help?a=b",
        "http://vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion/",
    ],
)
def test_links_lead_to_a_telephone_a_letter_or_another_site(target: str) -> None:
    links = [attributes for tag, attributes in parsed(f"[words]({target})") if tag == "a"]
    assert [link["href"] for link in links] == [target]
    elsewhere = target.startswith("http")
    assert ("rel" in links[0]) == elsewhere
    assert leads_elsewhere(render(f"[words]({target})")) == elsewhere


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://organisation.example/",
        "//organisation.example/",
        "/report",
        "https://user:word@organisation.example/",
        "tel:;phone-context=x",
        "vbscript:x",
        "file:///etc/passwd",
        "intent://x",
    ],
)
def test_links_to_anything_else_stay_text(target: str) -> None:
    assert [
        tag for tag, _ in parsed(f"[words]({target})\n\n[more][1]\n\n<{target}>\n\n[1]: {target}") if tag == "a"
    ] == []


@given(st.text(alphabet="<>/#*_`![]()\"'&=:abhref \n-.1>\\", max_size=200))
def test_whatever_is_written_becomes_nothing_but_text(text: str) -> None:
    for tag, attributes in parsed(text):
        assert tag in ALLOWED
        assert attributes.keys() <= {"href", "rel", "title", "start"}


@pytest.mark.parametrize("html", ["<script>x</script>", "<img src=x>", "![words](https://a.example/x.png)", "<b>x</b>"])
def test_markup_and_pictures_stay_text(html: str) -> None:
    assert {tag for tag, _ in parsed(f"{html}\n\nwords {html}")} <= {"p", "a"}
    assert "<img" not in render(html)
    assert "<script" not in render(html)
