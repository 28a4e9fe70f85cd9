"""The result of an audit as a page: one HTML file, no script, nothing fetched."""

import html
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from evidence.audit import Audit
from evidence.fields import rfc3339
from evidence.trust import Trust

_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1em 0}th,td{border:1px solid #999;padding:.3em .6em;"
    "text-align:left;vertical-align:top}td:last-child{overflow-wrap:anywhere}code{font-size:13px;overflow-wrap:anywhere}"
    ".verdict{padding:.6em 1em;border-left:.5em solid}.good{border-color:#176b2c;background:#eef7f0}"
    ".bad{border-color:#a3150f;background:#fbeeed}td.bad{font-weight:bold;color:#a3150f;background:none}"
    "@media(max-width:40em){body{margin:1em auto}th,td{padding:.2em .3em;font-size:14px}}"
    "svg{width:100%;height:auto}svg text{font:12px sans-serif;fill:#333}h2{margin-top:2em}@media print{body{margin:0}}"
)
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 240, 70, 30
_STEPS_SHOWN: Final = 4  # lines across the picture


def render(result: Audit, trust: Trust, server: str, now: datetime) -> str:
    """The page about one audit of the vault at `server`, made at `now`."""
    kind, verdict = ("good", "Every check passed.") if result.ok else ("bad", _verdict(result))
    facts = [
        ("Log", trust.origin),
        ("Address", server),
        ("Audited", rfc3339(now)),
        ("Size", f"{result.size:,} events, of which {result.size - result.since:,} were read this time"),
        ("Root", result.root.hex()),
    ]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>Audit of {_text(trust.origin)}</title><style>{_STYLE}</style>",
        f"<main><h1>Audit of {_text(trust.origin)}</h1><p class='verdict {kind}'>{_text(verdict)}</p>",
        _table(("What", "Seen"), facts),
        _growth(result.growth),
        "<h2>Checks</h2>",
        _table(
            ("Step", "Check", "Result", "Seen"),
            [
                (
                    str(each.number),
                    each.name,
                    "passed" if each.ok else "FAILED",
                    each.detail if each.ok else "see below",
                )
                for each in result.checks
            ],
        ),
        _faults(result),
    ]
    return "".join(parts) + "</main></html>\n"


def _verdict(result: Audit) -> str:
    failed = [check.name for check in result.checks if not check.ok]
    count = len(result.faults)
    return f"{count} {'fault was' if count == 1 else 'faults were'} found, in: {', '.join(failed)}."


def _faults(result: Audit) -> str:
    if not result.faults:
        return ""
    rows = [
        (str(number), str(fault.step), "" if fault.event is None else str(fault.event), fault.what, fault.do)
        for number, fault in enumerate(result.faults, 1)
    ]
    return "<h2>Faults</h2>" + _table(("Number", "Step", "Event", "What is wrong", "What to do"), rows)


def _growth(points: Sequence[tuple[int, int]]) -> str:
    """The log's size over time as a picture; nothing where there is no time to show."""
    if len(points) < 2 or points[0][0] == points[-1][0]:
        return ""
    first, last, most = points[0][0], points[-1][0], points[-1][1]

    def x(hour: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - 10) * (hour - first) / (last - first)

    def y(size: int) -> float:
        return 10 + (_HEIGHT - _BOTTOM - 10) * (1 - size / most)

    lines, before = [f"M{x(first):.1f} {y(points[0][1]):.1f}"], points[0][1]
    for hour, size in points[1:]:  # steps: between two points nothing is known
        lines.append(f"L{x(hour):.1f} {y(before):.1f}L{x(hour):.1f} {y(size):.1f}")
        before = size
    grid = [
        f"<path d='M{_LEFT} {y(size):.1f}H{_WIDTH - 10}' stroke='#ccc'/>"
        f"<text x='{_LEFT - 6}' y='{y(size) + 4:.1f}' text-anchor='end'>{size:,}</text>"
        for size in sorted({most * step // _STEPS_SHOWN for step in range(_STEPS_SHOWN + 1)})
    ]
    ends = [
        f"<text x='{x(hour):.1f}' y='{_HEIGHT - 8}' text-anchor='{anchor}'>{_day(hour)}</text>"
        for hour, anchor in ((first, "start"), (last, "end"))
    ]
    return (
        f"<h2>Growth</h2><svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img' "
        f"aria-label='The log grew to {most:,} events from {_day(first)} to {_day(last)}'>"
        f"{''.join(grid)}{''.join(ends)}"
        f"<path d='{''.join(lines)}' fill='none' stroke='#1b4f9c' stroke-width='2'/></svg>"
    )


def _day(hour: int) -> str:
    return rfc3339(datetime.fromtimestamp(hour * 3600, UTC))[:10]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    heads = "".join(f"<th scope=col>{_text(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _cell(cell: str) -> str:
    return f"<td class=bad>{cell}</td>" if cell == "FAILED" else f"<td>{_text(cell)}</td>"


def _text(value: str) -> str:
    return html.escape(value)
