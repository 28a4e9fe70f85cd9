"""exiftool as second reader: which tags it shows, which of them place or identify, and what it warns of."""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.oracles.require import everything, missing, tool

_PLACES: Final = re.compile(
    r"GPS|Gps|Latitude|Longitude|Longtitude|Altitude|City(?![a-z])|Country|State|Province|Sub-?[lL]ocation|LocationName"
    r"|Location(Created|Shown|Accuracy|Information)|MCCData|GeoTag|MapDatum"
)
_NO_PLACE: Final = re.compile(r"GPSVersionID$|GlobalAltitude$")  # the version; the light's angle in Photoshop
_FILE_GROUPS: Final = ("System:", "File:", "ExifTool:")


_NEWEST: Final = Path(__file__).parent / "exiftool13/node_modules/exiftool-vendored.pl/bin/exiftool"


def program() -> list[str]:
    """The command of exiftool 13 where `.ci/run` installed it; of whatever the machine has elsewhere."""
    if _NEWEST.is_file():
        return [tool("perl"), str(_NEWEST)]
    if everything():
        missing("exiftool 13, from npm,")
    return [tool("exiftool")]


def tags(paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """All tags (`Group:Name` to value) of files in one run, by file name, embedded documents included."""
    if not paths:
        return {}
    command = [*program(), "-ee3", "-a", "-u", "-G3:1", "-n", "-j", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return {Path(entry["SourceFile"]).name: entry for entry in json.loads(done.stdout)}


def location(shown: dict[str, Any]) -> dict[str, Any]:
    """Those of a file's tags that tell a place and are neither blank nor zero."""
    return {
        name: value
        for name, value in shown.items()
        if not any(group in name for group in _FILE_GROUPS)
        and _PLACES.search(name.rpartition(":")[2])
        and not _NO_PLACE.search(name)
        and str(value).strip(" \t\r\n\0-+0.:/") not in {"", "false", "[]"}
    }


def warnings(path: Path) -> set[str]:
    """What `-validate` says of a file, minor things apart."""
    command = [*program(), "-validate", "-warning", "-error", "-a", "-s3", str(path)]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    lines = done.stdout.decode(errors="replace").splitlines()
    lines = [re.sub(r" \[x\d+\]$", "", line) for line in lines]  # how often it said so
    return {line for line in lines if line and not re.match(r"\[minor\]|\d+ Warning|\d+ \d+ \d+|OK$", line)}
