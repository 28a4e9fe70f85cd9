"""Redaction beside the tools that people use today, on every file of the corpus, in one run.

Each tool is a process per file, which is how people use it; ours is also timed in the process, as intake runs it.
Every file that a tool writes is then searched for location and compared with the original.
"""

import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from redaction.blanking import BlankedReader, blank
from redaction.planner import plan
from redaction.reader import BytesReader
from redaction.second_reader import second_opinion
from tests.bench import decoding, residue
from tests.bench.peers import OURS, PEERS, REMUX, TARGETED, VIDEOS, Peer
from tests.oracles import exiftool
from tests.oracles.require import folder
from tests.paths import CORPUS

_SETS = ("real", "generated")


@dataclass
class _Tally:
    """What one tool did to one set of files: seconds by file, and names of files by what befell them."""

    seconds: dict[str, float] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    differ: set[str] = field(default_factory=set)
    turned: set[str] = field(default_factory=set)
    resized: set[str] = field(default_factory=set)


def measure() -> None:
    """Print two tables: time by kind of file, and what each tool leaves, refuses and changes."""
    files = {name: _files(name) for name in _SETS}
    tallies = {
        (peer.name, name): _tally(peer, [path for path in paths if peer.takes(path)])
        for peer in PEERS
        if not peer.missing()
        for name, paths in files.items()
    }
    every = [path for paths in files.values() for path in paths]
    print(f"Tools: {', '.join(_versions())}\n")
    _print_times(every, tallies)
    print()
    _print_outcomes(tallies)
    for (tool, name), tally in tallies.items():
        for what in ("left", "refused", "differ", "turned"):
            if names := getattr(tally, what):
                print(f"\n{tool}, {name}, {what}: {', '.join(sorted(names))}", end="")
    print()


def _versions() -> Iterator[str]:
    """What each tool's own version command says first; results depend on it."""
    for name, command in (
        ("exiftool", [*exiftool.program(), "-ver"]),
        ("mat2", ["mat2", "--version"]),
        ("ffmpeg", ["ffmpeg", "-version"]),
    ):
        if shutil.which(command[0]) is None:
            yield f"{name} is not on this machine"
            continue
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        number = re.search(r"[0-9]+\.[0-9.]*[0-9]", said)
        yield f"{name} {number.group() if number else 'of unknown version'}"


def _files(name: str) -> list[Path]:
    return sorted(path for path in folder(CORPUS / name).iterdir() if path.suffix != ".json")


def _tally(peer: Peer, paths: Sequence[Path]) -> _Tally:
    tally = _Tally()
    with tempfile.TemporaryDirectory(prefix="amparo-bench-") as out:
        written: dict[Path, Path] = {}
        for path in paths:
            result, tally.seconds[path.name] = peer.run(path, Path(out))
            if result is None:
                tally.refused.add(path.name)
            else:
                written[path] = result
        tally.left = residue.left(written, written.values())
        for path, result in written.items():
            _compare(path, result, tally)
    return tally


def _compare(path: Path, result: Path, tally: _Tally) -> None:
    before = decoding.decoded(path)
    if before is not None and decoding.decoded(result) != before:
        tally.differ.add(path.name)
    if decoding.orientation(result) != decoding.orientation(path):
        tally.turned.add(path.name)
    if result.stat().st_size != path.stat().st_size:
        tally.resized.add(path.name)


def _print_times(paths: Sequence[Path], tallies: dict[tuple[str, str], _Tally]) -> None:
    heads = ("in the process", "with the second opinion", "`amparo redact`", "exiftool", "ffmpeg")
    print(f"| median per file | files | {' | '.join(f'{head}, ms' for head in heads)} | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for kind in ("photo", "video"):
        chosen = [path for path in paths if (path.suffix.lower() in VIDEOS) == (kind == "video")]
        ours = statistics.median(_in_process(path) for path in chosen)
        checked = statistics.median(_in_process(path, checked=True) for path in chosen)
        command, targeted, remux = (_median(peer, chosen, tallies) for peer in (OURS, TARGETED, REMUX))
        baseline = remux if kind == "video" else targeted
        ratio = f"1/{baseline / ours:.0f}" if baseline else "-"
        times = " | ".join(f"{each * 1000:.0f}" if each else "-" for each in (command, targeted, remux))
        print(f"| {kind} | {len(chosen)} | {ours * 1000:.1f} | {checked * 1000:.1f} | {times} | {ratio} |")


def _median(peer: Peer, paths: Sequence[Path], tallies: dict[tuple[str, str], _Tally]) -> float | None:
    """Seconds; None when the tool is missing or not meant for these files."""
    chosen = [path for path in paths if peer.takes(path)]
    if peer.missing() or not chosen:
        return None
    return statistics.median(tallies[peer.name, path.parent.name].seconds[path.name] for path in chosen)


def _print_outcomes(tallies: dict[tuple[str, str], _Tally]) -> None:
    print(
        "| tool | set | files | location left | refused | shows other pixels, frames or sound | orientation lost |",
        end="",
    )
    print(" length changed | median, ms | slowest, ms |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for peer in PEERS:
        if peer.missing():
            print(f"| {peer.name} | not on this machine |  |  |  |  |  |  |  |  |")
            continue
        for name in _SETS:
            tally = tallies[peer.name, name]
            counts = (tally.seconds, tally.left, tally.refused, tally.differ, tally.turned, tally.resized)
            times = [seconds * 1000 for seconds in tally.seconds.values()]
            print(f"| {peer.name} | {name} | {' | '.join(str(len(each)) for each in counts)} |", end="")
            print(f" {statistics.median(times):.0f} | {max(times):.0f} |")


def _in_process(path: Path, *, checked: bool = False) -> float:
    """Seconds of planning and blanking, and of the second opinion, without a process' start: the best of three."""

    def once() -> float:
        start = time.perf_counter()
        reader = BytesReader(path.read_bytes())
        planned = plan(reader)
        if checked:
            second_opinion(reader, planned.findings, BlankedReader(reader, planned.findings), planned.media_type)
        for _ in blank([reader.read(0, reader.size)], planned.findings):
            pass
        return time.perf_counter() - start

    return min(once() for _ in range(3))
