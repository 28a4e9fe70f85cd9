"""What a custodian gets of a case, and whether it plays."""

import re
import subprocess
from pathlib import Path

from tests.oracles import require
from tests.service import World


def probe(path: Path) -> tuple[set[str], float]:
    """The kinds of streams that ffmpeg finds in a file, and how many seconds of picture it plays."""
    told = subprocess.run(
        [require.tool("ffprobe"), "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", str(path)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    command = [
        require.tool("ffmpeg"),
        "-v",
        "error",
        "-progress",
        "-",
        "-i",
        str(path),
        "-map",
        "0:v",
        "-f",
        "null",
        "-",
    ]
    played = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    times = re.findall(r"out_time_us=(\d+)", played)
    return set(told.split()), int(times[-1]) / 1e6 if times else 0.0


def reviewed(world: World, case: str, folder: Path) -> list[Path]:
    """The media of a case, as its custodian gets them."""
    world.as_custodian("review", case, "-o", folder)
    return sorted(path for path in folder.glob("E*") if path.suffix != ".json")
