"""Findings for people: in their words, by kind, and where in the file they lie."""

from collections.abc import Iterable, Sequence
from typing import Final

from api.web.removals import Removal, removals
from evidence.canonical import Json
from redaction.finding import Finding
from redaction.planner import Plan

CELLS: Final = 60
_WORDS: Final = {
    Removal.PLACE: "place (positions, cities, time zones)",
    Removal.TRACK: "tracks recorded along with the film (a path, movements)",
    Removal.DEVICE: "the device (make, serial numbers, identifiers)",
    Removal.NAMES: "names and texts (author, comments, titles)",
    Removal.SOFTWARE: "software (editors, versions)",
    Removal.OTHER: "other hidden data",
}


def plan_json(plan: Plan) -> dict[str, Json]:
    """`{"media_type", "outcome", "bytes", "findings": [{"offset", "length", "what"}]}`."""
    findings: list[Json] = [
        {"offset": finding.offset, "length": finding.length, "what": finding.what} for finding in plan.findings
    ]
    return {
        "media_type": plan.media_type,
        "outcome": plan.outcome.value,
        "bytes": plan.size,
        "findings": findings,
    }


def grouped(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """The findings by kind, each kind in a person's words, in the order in which pages list them."""
    kinds: dict[Removal, list[Finding]] = {}
    for finding in findings:
        (kind,) = removals([finding.what])
        kinds.setdefault(kind, []).append(finding)
    return [(_WORDS[kind], kinds[kind]) for kind in Removal if kind in kinds]


def picture(size: int, findings: Sequence[Finding]) -> str:
    """The file as a bar of `CELLS` signs: `#` where at least one byte of a finding lies."""
    cells = ["."] * CELLS
    for finding in findings:
        first, last = finding.offset * CELLS // size, (finding.end - 1) * CELLS // size
        cells[first : last + 1] = "#" * (last + 1 - first)
    return "".join(cells)
