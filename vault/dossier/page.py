"""The chain of custody of one case as a page that a court can read: one HTML file, no script, nothing fetched."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from evidence.bundle import BundleCase, LoggedEvent
from evidence.event import Event
from evidence.exhibit import ExhibitRecord
from evidence.fields import rfc3339
from evidence.verify import Check

_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1em 0}th,td{border:1px solid #999;padding:.3em .6em;"
    "text-align:left;vertical-align:top}code{font-size:13px;overflow-wrap:anywhere}h2{margin-top:2em}"
    "@media print{body{margin:0}}"
)
_WORDS: Final[Mapping[str, str]] = {
    "case.opened": "The case was opened by an anonymous source",
    "statement.sealed": "A statement was sealed",
    "exhibit.sealed": "An exhibit was received, hashed and sealed",
    "case.viewed": "A custodian looked at the case",
    "exhibit.viewed": "A custodian viewed the exhibit",
    "exhibit.destroyed": "The exhibit was destroyed",
    "partner.enrolled": "A partner was enrolled by a custodian",
    "partner.revoked": "A partner's enrolment was ended",
    "release.requested": "A partner asked for the case",
    "release.approved": "A custodian approved the release",
    "release.denied": "A custodian refused the release",
    "bundle.sealed": "The bundle was sealed for the partner",
    "bundle.downloaded": "The partner downloaded the bundle",
}


def render(
    case: BundleCase,
    entries: Sequence[LoggedEvent],
    records: Iterable[ExhibitRecord] = (),
    checks: Sequence[Check] = (),
) -> str:
    """The page. The vault, which can open nothing, renders it without `records`; the partner's tool with them."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Chain of custody</title>",
        f"<style>{_STYLE}</style><h1>Chain of custody of case {_text(case.case)}</h1>",
        f"<p>Request {_text(case.request)} by partner {_text(case.partner)}. Purpose: {_text(case.purpose)}</p>",
        "<p>Custody is shown from receipt by the vault on, not from the moment of capture.</p>",
        "<p>Times of what the source did are cut to the hour, to protect the source.</p>",
        _exhibits(case),
        *(_record(record) for record in records),
        _timeline(entries),
        _checks(checks),
    ]
    return "".join(parts)


def _exhibits(case: BundleCase) -> str:
    rows = [
        (f"E{number:02d}", outcome, "released" if released else "not released")
        for _, number, outcome, released in case.exhibits
    ]
    return "<h2>Exhibits of the case</h2>" + _table(("Exhibit", "Redaction", "In this bundle"), rows)


def _record(record: ExhibitRecord) -> str:
    facts = [
        ("Type", record.media_type),
        ("Length", f"{record.media_bytes} bytes"),
        ("SHA-256", record.media_sha256.hex()),
        ("SHA-256 of the sealed payload", record.payload_sha256.hex()),
        ("Received", f"{rfc3339(record.received_at)} (clock: {record.clock}), by {record.channel}"),
        ("Redaction", f"{record.policy}, {record.tool}: {record.outcome}; reason: {record.reason}"),
        ("Redaction root", record.root.hex()),
    ]
    ranges = [(str(each.offset), str(each.length), each.what, each.filler[:40]) for each in record.withheld]
    title = f"<h2>Exhibit E{record.number:02d}</h2>"
    withheld = (
        _table(("Offset", "Bytes", "Withheld", "Stands there now"), ranges) if ranges else "<p>Nothing withheld.</p>"
    )
    return title + _table(("Fact", "Value"), facts) + withheld


def _timeline(entries: Sequence[LoggedEvent]) -> str:
    rows = [
        (
            str(entry.proof.index),
            rfc3339(entry.event.time),
            _WORDS.get(entry.event.type.value, entry.event.type.value) + _which(entry.event),
            f"{entry.event.role.value} {entry.event.actor}",
        )
        for entry in entries
    ]
    which = "<p>These are the events that the vault listed. That it left none out is for an auditor to check.</p>"
    return "<h2>Custody events</h2>" + which + _table(("Number in the log", "Time (UTC)", "What happened", "By"), rows)


def _which(event: Event) -> str:
    number = event.detail.get("number")
    return f" (number {number})" if isinstance(number, int) else ""


def _checks(checks: Sequence[Check]) -> str:
    if not checks:
        return ""
    rows = [(str(check.number), check.name, "passed" if check.ok else "FAILED", check.detail) for check in checks]
    return "<h2>Checks made when this page was written</h2>" + _table(("Step", "Check", "Result", "Seen"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    heads = "".join(f"<th scope=col>{_text(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td><code>{_text(cell)}</code></td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: str) -> str:
    return html.escape(value)
