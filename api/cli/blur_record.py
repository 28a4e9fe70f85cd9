"""The record of a derivative: what was made of what, and how. Format `amparo/derivative/1` (docs/formats.md)."""

import hashlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.cli.blur_faces import Detector
from api.cli.files import FileReader
from evidence.canonical import Json, encode
from evidence.errors import EvidenceError
from evidence.exhibit import ExhibitRecord
from redaction.visual.boxes import Box

FORMAT: Final = "amparo/derivative/1"
_RECORD_LIMIT: Final = 64 << 20  # bytes of an exhibit record


@dataclass(frozen=True, slots=True)
class Covered:
    """One covered place: `what` is `face` or `marked`; all it ever covered, and in videos from when to when (ms)."""

    what: str
    box: Box
    span: tuple[int, int] | None = None

    def to_json(self) -> Json:
        """The record's form of it."""
        place: dict[str, Json] = {
            "what": self.what, "x": self.box.x, "y": self.box.y, "width": self.box.w, "height": self.box.h,
        }  # fmt: skip
        return place if self.span is None else {**place, "from_ms": self.span[0], "to_ms": self.span[1]}


@dataclass(frozen=True, slots=True)
class Made:
    """What was done: the displayed size, the manner (`solid`, `mosaic`), what became of the sound, what was covered."""

    size: tuple[int, int]
    manner: str
    audio: str
    covered: tuple[Covered, ...]
    detector: Detector | None


def sha256_of(reader: FileReader) -> str:
    """SHA-256 of a whole file, in hex."""
    digest = hashlib.sha256()
    for chunk in reader.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def derivative(parent: Path, source: tuple[FileReader, str], result: tuple[FileReader, str], made: Made) -> Json:
    """The record; `source` and `result` are readers with their media types, `parent` is where the source lies."""
    digest = sha256_of(source[0])
    about: dict[str, Json] = {"sha256": digest, "bytes": source[0].size, "type": source[1]}
    detector: Json = None
    if made.detector is not None:
        detector = {
            "name": made.detector.name,
            "library": made.detector.library,
            "model_sha256": made.detector.model_sha256,
        }
    return {
        "format": FORMAT,
        "tool": f"amparo {importlib.metadata.version('amparo')}",
        "parent": {**about, "exhibit": _exhibit(parent, digest)},
        "result": {"sha256": sha256_of(result[0]), "bytes": result[0].size, "type": result[1]},
        "width": made.size[0],
        "height": made.size[1],
        "manner": made.manner,
        "audio": made.audio,
        "detector": detector,
        "faces": sum(each.what == "face" for each in made.covered),
        "marked": sum(each.what == "marked" for each in made.covered),
        "covered": [each.to_json() for each in made.covered],
    }


def encoded(record: Json) -> bytes:
    """The file's bytes: canonical JSON and a line end."""
    return encode(record) + b"\n"


def _exhibit(parent: Path, digest: str) -> Json:
    """The exhibit that the parent is, when it lies in a folder that `amparo open` wrote and is unchanged; else null."""
    try:
        with FileReader(parent.parent / "records" / f"{parent.stem}.json") as reader:
            if reader.size > _RECORD_LIMIT:
                return None
            record = ExhibitRecord.parse(reader.read(0, reader.size))
    except (OSError, EvidenceError):
        return None
    if record.media_sha256.hex() != digest:
        return None
    return {"case": str(record.case), "exhibit": record.exhibit, "number": record.number}
