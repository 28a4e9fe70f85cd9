"""`amparo inspect --html`: where in a file its findings lie, as one page that fetches nothing and runs nothing.

The page holds neither the file's name nor, unless asked for, a value of it, so that it can be shown to others.
"""

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

from api.cli.layout_style import STYLE
from api.web.removals import Removal, removals
from redaction.finding import Finding, Outcome
from redaction.planner import Plan

CELLS: Final = 200
"""The bar's resolution: however many findings there are, a stripe holds at most half as many marks."""
MOST_ROWS: Final = 2000
"""Findings that the table lists, so that a browser on a phone can show it; `--json` lists all."""
_CLOSE_UP: Final = 4  # a second bar is drawn when all findings lie within this part of the file
_STRIPE: Final = 22  # pixels


class Mark(StrEnum):
    """A kind of finding in the picture, from top to bottom. The value names its colour and pattern in the style."""

    PLACE = "place"
    IDENTITY = "identity"
    NAMES = "names"
    SOFTWARE = "software"
    OTHER = "other"


_MARKS: Final[Mapping[Removal, Mark]] = {
    Removal.PLACE: Mark.PLACE,
    Removal.TRACK: Mark.PLACE,
    Removal.DEVICE: Mark.IDENTITY,
    Removal.NAMES: Mark.NAMES,
    Removal.SOFTWARE: Mark.SOFTWARE,
    Removal.OTHER: Mark.OTHER,
}
_TITLES: Final[Mapping[Mark, str]] = {
    Mark.PLACE: "place",
    Mark.IDENTITY: "identity",
    Mark.NAMES: "names and text",
    Mark.SOFTWARE: "software",
    Mark.OTHER: "other",
}
_WORDS: Final[Mapping[Removal, str]] = {
    Removal.PLACE: "Where it was made: a position, a city, a time zone or the like.",
    Removal.TRACK: "Recorded along with the film: a path, movements, or other data over time.",
    Removal.DEVICE: "Which device made it: its maker's own data, serial numbers, identifiers.",
    Removal.NAMES: "Names and texts: author, owner, comments, titles.",
    Removal.SOFTWARE: "Software that made or changed it, and its version.",
    Removal.OTHER: "Hidden data that is not needed to show the file.",
}
_DERIVED: Final = "A checksum or length that follows from another change; it says nothing by itself."
# Tiles of the patterns: what tells the kinds apart where colours do not.
_TILES: Final[Mapping[Mark, str]] = {
    Mark.PLACE: "",
    Mark.IDENTITY: '<path d="M-2 10 10-2M-2 2 2-2M6 10 10 6"/>',
    Mark.NAMES: '<path d="M0 2H8M0 6H8"/>',
    Mark.SOFTWARE: '<circle cx="2" cy="2" r="1.4"/><circle cx="6" cy="6" r="1.4"/>',
    Mark.OTHER: '<path d="M0 0 8 8M8 0 0 8"/>',
}
_LIMITS: Final = (
    "<h2>What blanking bytes cannot do</h2>"
    "<p>Blanking takes out what is written <em>beside</em> the picture and the sound. It never touches what can be "
    "<strong>seen or heard</strong>:</p><ul>"
    "<li>faces, tattoos, clothes, rooms, views from windows, signs, number plates, screens and reflections;</li>"
    "<li>voices, names that are spoken, announcements, bells, and the hum of the mains;</li>"
    "<li>the traces that a lens, a sensor and an encoder leave in every picture.</li></ul>"
    "<p>Look at the file and listen to it as somebody who knows the place would, before anybody else gets it. "
    "That this page finds nothing is no promise that nothing can be found.</p>"
)

Preview = Callable[[Finding], str]


def render(plan: Plan, preview: Preview | None = None) -> Iterator[str]:
    """The page in pieces, UTF-8 text; with `preview`, which gives the beginning of a value, that too."""
    count = len(plan.findings)
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>What a file tells</title><style>{STYLE}</style></head><body><main>"
        "<h1>What this file tells</h1>"
        f"<p>{_text(plan.media_type)}, {_counted(plan.size, 'byte')}, {_counted(count, 'finding')}.</p>"
    )
    if plan.outcome is not Outcome.CLEAN:
        yield (
            f'<p class="warning"><strong>Not read to its end:</strong> {_text(plan.reason)}. '
            "Treat it as telling everything.</p>"
        )
    elif not count:
        yield "<p><strong>Nothing that tells place or person was found beside the picture and the sound.</strong></p>"
    if count:
        yield from _drawing(plan)
    yield _LIMITS
    if count:
        yield from _table(plan.findings, preview)
    yield "</main></body></html>\n"


def mark_of(finding: Finding) -> Mark:
    """The kind under which a finding is drawn."""
    return _MARKS[_removal(finding.what)]


def _drawing(plan: Plan) -> Iterator[str]:
    present = {mark: found for mark in Mark if (found := [each for each in plan.findings if mark_of(each) is mark])}
    yield f'<h2>Where it stands</h2><svg class="tiles" aria-hidden="true" focusable="false">{_patterns(present)}</svg>'
    yield from _bar("The whole file", 0, plan.size, present)
    first, last = plan.findings[0].offset, max(finding.end for finding in plan.findings)
    if (last - first) * _CLOSE_UP <= plan.size:
        yield from _bar("The part that holds all findings, closer", first, last, present)
    yield '<ul class="legend">'
    for mark, found in present.items():
        length = sum(finding.length for finding in found)
        yield (
            f'<li><svg width="34" height="18" aria-hidden="true"><rect class="{mark}" width="34" height="18" '
            f'fill="url(#{mark})"/></svg> <span><strong>{_TITLES[mark]}</strong>: {_counted(len(found), "finding")}, '
            f"{_counted(length, 'byte')}</span></li>"
        )
    yield "</ul>"


def _patterns(marks: Iterable[Mark]) -> str:
    tiles = (
        f'<pattern id="{mark}" class="{mark}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect class="ground" width="8" height="8"/><g class="ink">{_TILES[mark]}</g></pattern>'
        for mark in marks
    )
    return f"<defs>{''.join(tiles)}</defs>"


def _bar(title: str, start: int, end: int, marks: Mapping[Mark, Sequence[Finding]]) -> Iterator[str]:
    """One stripe for each kind, from byte `start` to just before byte `end`, left to right."""
    height = _STRIPE * len(marks)
    names = ", ".join(_TITLES[mark] for mark in marks)
    yield (
        f'<figure><figcaption>{title}</figcaption><svg class="bar" role="img" width="100%" height="{height}" '
        f'aria-label="{title}: marks for {names}; the table below lists them">'
        f'<rect class="file" width="100%" height="{height}"/>'
    )
    for row, (mark, findings) in enumerate(marks.items()):
        for first, last in _runs(_cells(start, end, findings)):
            yield (
                f'<rect class="{mark}" fill="url(#{mark})" x="{first * 100 / CELLS:g}%" y="{row * _STRIPE + 1}" '
                f'width="{(last - first + 1) * 100 / CELLS:g}%" height="{_STRIPE - 2}"/>'
            )
    yield f'</svg><div class="scale"><span>byte {start:,}</span><span>byte {end - 1:,}</span></div></figure>'


def _cells(start: int, end: int, findings: Iterable[Finding]) -> Iterator[tuple[int, int]]:
    size = end - start
    for finding in findings:
        yield (finding.offset - start) * CELLS // size, (finding.end - 1 - start) * CELLS // size


def _runs(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """First and last cells in file order; those that touch become one, so that their number is bounded."""
    current: tuple[int, int] | None = None
    for first, last in spans:
        if current is not None and first <= current[1] + 1:
            current = current[0], max(current[1], last)
            continue
        if current is not None:
            yield current
        current = first, last
    if current is not None:
        yield current


def _table(findings: Sequence[Finding], preview: Preview | None) -> Iterator[str]:
    # Roles are written out because narrow screens show the rows as blocks, which takes a table's own roles away.
    heads = ["Offset", "Length", "Kind", "What", "In plain words", *(["Beginning of the value"] if preview else [])]
    cells = "".join(f'<th role="columnheader" scope="col">{head}</th>' for head in heads)
    yield f'<h2>What was found</h2><table role="table"><thead role="rowgroup"><tr role="row">{cells}</tr></thead>'
    yield '<tbody role="rowgroup">'
    for finding in findings[:MOST_ROWS]:
        values = [
            f"{finding.offset:,}",
            _counted(finding.length, "byte"),
            f'<span class="kind {mark_of(finding)}">{_TITLES[mark_of(finding)]}</span>',
            f"<code>{_text(finding.what)}</code>",
            _DERIVED if finding.what.endswith("/derived") else _WORDS[_removal(finding.what)],
            *([f"<code>{_text(preview(finding))}</code>"] if preview else []),
        ]
        row = zip(heads, values, strict=True)
        yield f'<tr role="row">{"".join(_cell(head, value) for head, value in row)}</tr>'
    yield "</tbody></table>"
    if len(findings) > MOST_ROWS:
        yield f"<p>{len(findings) - MOST_ROWS:,} more are not listed here; <code>--json</code> lists all of them.</p>"


def _cell(head: str, value: str) -> str:
    return f'<td role="cell" data-head="{head}">{value}</td>'


@lru_cache(maxsize=1024)  # a file has many findings of few names
def _removal(what: str) -> Removal:
    (kind,) = removals([what])
    return kind


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def _text(words: str) -> str:
    """Escaped; names of unknown fields come from the file, and what cannot be printed could reorder the page."""
    return html.escape("".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words))
