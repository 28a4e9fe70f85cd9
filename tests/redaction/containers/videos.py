"""The videos of the corpus, redacted once for all tests."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from redaction.blanking import blank
from redaction.planner import Plan, plan
from redaction.reader import BytesReader
from tests.oracles.require import folder
from tests.paths import CORPUS

_SUFFIXES: Final = {".mp4", ".mov", ".3gp", ".m4v"}


def names() -> list[str]:
    """The videos as `real/…` and `generated/…`; none when the corpus is not there (the tests then say so)."""
    found = sorted(path for path in CORPUS.glob("*/*") if path.suffix.lower() in _SUFFIXES)
    return [f"{path.parent.name}/{path.name}" for path in found] or ["corpus"]


def original(name: str) -> Path:
    """The file itself."""
    return folder(CORPUS) / name


@cache
def planned(name: str) -> Plan:
    """The plan of one video."""
    return plan(BytesReader(original(name).read_bytes()))


@cache
def redacted(name: str) -> bytes:
    """One video after its redaction."""
    return b"".join(blank([original(name).read_bytes()], planned(name).findings))


def listed(name: str) -> list[tuple[str, int, int]]:
    """(what, offset, length) of each place where the corpus's own manifest saw location or identity."""
    kind, _, file = name.partition("/")
    manifest: list[dict[str, Any]]
    if kind == "generated":
        manifest = json.loads((CORPUS / "generated" / "manifest.json").read_text())
        return [(e["what"], e["offset"], e["length"]) for m in manifest if m["file"] == file for e in m["planted"]]
    manifest = json.loads((CORPUS / "manifest.json").read_text())
    entries = [entry for m in manifest if m["file"] == name for entry in m["byte_ranges"]]
    return [(entry["what"], offset, length) for entry in entries for offset, length in entry["ranges"]]
