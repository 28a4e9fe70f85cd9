"""Redaction time per file against exiftool, on the files of the corpus that this version accepts.

Baseline: `exiftool -m -gps:all= -xmp:all= -location:all=` as a process per file, which is how people use it. Ours is
timed twice: in the process (as intake runs it), and as the command `amparo redact`, a process per file too.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from redaction.blanking import blank
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.oracles.require import folder, tool
from tests.paths import CORPUS

ENDINGS = (".jpg", ".mp4", ".mov", ".3gp")


def measure() -> None:
    """Print one table."""
    exiftool = tool("exiftool")
    files = sorted(path for path in folder(CORPUS / "real").iterdir() if path.suffix.lower() in ENDINGS)
    rows: dict[str, list[tuple[float, float, float]]] = {"photo": [], "video": []}
    for path in files:
        kind = "photo" if path.suffix.lower() == ".jpg" else "video"
        rows[kind].append((_in_process(path), _command(path), _exiftool(exiftool, path)))
    print("| redaction, median per file | files | ours in the process, ms | amparo redact, ms | exiftool, ms | ratio |")
    print("|---|---|---|---|---|---|")
    for kind, times in rows.items():
        ours, command, theirs = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
        print(f"| {kind} | {len(times)} | {ours:.1f} | {command:.0f} | {theirs:.0f} | 1/{theirs / ours:.0f} |")


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _in_process(path: Path) -> float:
    def work() -> None:
        reader = BytesReader(path.read_bytes())
        planned = plan(reader)
        for _ in blank([reader.read(0, reader.size)], planned.findings):
            pass

    return min(_timed(work) for _ in range(3))


def _command(path: Path) -> float:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "api.cli.main", "redact", str(path), "-o", str(Path(out) / "out")]
        return _timed(lambda: subprocess.run(command, check=False, capture_output=True))


def _exiftool(exiftool: str, path: Path) -> float:
    with tempfile.TemporaryDirectory() as out:
        command = [
            exiftool,
            "-m",
            "-gps:all=",
            "-xmp:all=",
            "-location:all=",
            str(path),
            "-o",
            str(Path(out) / path.name),
        ]
        return _timed(lambda: subprocess.run(command, check=False, capture_output=True))
