"""The JPEG files of the corpus, redacted once for all tests, and small JPEG files made for one test."""

import json
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image

from redaction.blanking import blank
from redaction.planner import Plan, plan
from redaction.reader import BytesReader
from tests.oracles.require import folder
from tests.paths import CORPUS

INCOMPLETE: Final = frozenset(
    {"real/motion_photo_pixel_synth.jpg", "real/pixel-motion-photo-jfif-segment-shortened.jpg"},
)
"""Cut before their end of image: their origin shortened them."""


def names() -> list[str]:
    """The photos as `real/…` and `generated/…`; one that is missing when the corpus is (the tests then say so)."""
    found = sorted(path for path in CORPUS.glob("*/*") if path.suffix.lower() in {".jpg", ".jpeg"})
    return [f"{path.parent.name}/{path.name}" for path in found] or ["corpus"]


def complete() -> list[str]:
    """Those that have an end of image."""
    return [name for name in names() if name not in INCOMPLETE]


def original(name: str) -> Path:
    """The file itself."""
    return folder(CORPUS) / name


@cache
def planned(name: str) -> Plan:
    """The plan of one photo."""
    return plan(BytesReader(original(name).read_bytes()))


def redact(data: bytes) -> bytes:
    """A file after its redaction."""
    return b"".join(blank([data], plan(BytesReader(data)).findings))


@cache
def redacted(name: str) -> bytes:
    """One photo after its redaction."""
    return b"".join(blank([original(name).read_bytes()], planned(name).findings))


def listed(name: str) -> list[tuple[str, int, int]]:
    """(what, offset, length) of each place where the corpus's own manifests saw location or identity."""
    kind, _, file = name.partition("/")
    manifest: list[dict[str, Any]]
    if kind == "generated":
        manifest = json.loads((CORPUS / "generated" / "manifest.json").read_text())
        return [(e["what"], e["offset"], e["length"]) for m in manifest if m["file"] == file for e in m["planted"]]
    manifest = json.loads((CORPUS / "manifest.json").read_text())
    entries = [entry for m in manifest if m["file"] == name for entry in m["byte_ranges"]]
    return [(entry["what"], offset, length) for entry in entries for offset, length in entry["ranges"]]


@cache
def plain() -> bytes:
    """A small picture with nothing but a JFIF header."""
    buffer = BytesIO()
    Image.effect_noise((48, 32), 60).convert("RGB").save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    """One segment: marker, length, payload."""
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def photo(*segments: bytes, tail: bytes = b"") -> bytes:
    """The small picture with segments behind its start of image, and bytes behind its end."""
    return plain()[:2] + b"".join(segments) + plain()[2:] + tail
