"""The tools that people use today, and ours: each as a process for one file, as they are used."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.oracles import exiftool

VIDEOS: Final = frozenset({".mp4", ".mov", ".3gp", ".mkv", ".webm", ".avi"})
_LONGEST: Final = 120  # seconds


@dataclass(frozen=True)
class Peer:
    """One tool with its options.

    `command` gets the copy of a file in an empty folder, and where the result shall be; `result` is where the tool puts
    it. `videos_only` is for tools that take no photos.
    """

    name: str
    program: str
    command: Callable[[Path, Path], Sequence[str | Path]]
    result: Callable[[Path, Path], Path] = lambda _, out: out
    videos_only: bool = False

    def missing(self) -> bool:
        """Whether the machine lacks it."""
        return shutil.which(self.program) is None

    def takes(self, path: Path) -> bool:
        """Whether the tool is meant for this kind of file at all."""
        return not self.videos_only or path.suffix.lower() in VIDEOS

    def run(self, path: Path, folder: Path) -> tuple[Path | None, float]:
        """The result in `folder`, None when the tool refused or failed, and the seconds that it took."""
        copy = folder / "in" / path.name
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)
        command = [str(part) for part in self.command(copy, folder / path.name)]
        start = time.perf_counter()
        try:
            code = subprocess.run(
                command, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=_LONGEST
            ).returncode
        except subprocess.TimeoutExpired:
            code = 1
        took = time.perf_counter() - start
        made, out = self.result(copy, folder / path.name), folder / path.name
        if code or not made.is_file() or not made.stat().st_size:
            out.unlink(missing_ok=True)
            return None, took
        made.replace(out)
        copy.unlink()
        return out, took


PEERS: Final = (
    Peer(
        "`exiftool -gps:all= -xmp:all= -location:all=`",
        "perl",
        lambda path, out: [*exiftool.program(), "-m", "-gps:all=", "-xmp:all=", "-location:all=", path, "-o", out],
    ),
    Peer("`exiftool -all=`", "perl", lambda path, out: [*exiftool.program(), "-m", "-all=", path, "-o", out]),
    Peer(
        "`mat2`",
        "mat2",
        lambda path, _: ["mat2", path],
        lambda path, _: path.with_name(f"{path.stem}.cleaned{path.suffix}"),
    ),
    Peer(
        "`ffmpeg -map_metadata -1 -c copy`",
        "ffmpeg",
        lambda path, out: ["ffmpeg", "-v", "error", "-y", "-i", path, "-map_metadata", "-1", "-c", "copy", out],
        videos_only=True,
    ),
    Peer(
        "`amparo redact`",
        sys.executable,
        lambda path, out: [sys.executable, "-m", "api.cli.main", "redact", path, "-o", out],
    ),
)
TARGETED, _, _, REMUX, OURS = PEERS
