"""ffmpeg and ffprobe as second readers: what the streams hold, byte for byte and picture for picture."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.oracles.require import tool


def _run(*arguments: str | Path) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(part) for part in arguments], capture_output=True, check=True, stdin=subprocess.DEVNULL)
    return done.stdout.decode(errors="replace")


def packets(path: Path, kind: str) -> str:
    """Times, sizes and MD5 of all packets of the streams of a kind (`v` or `a`), one a line, as ffmpeg copies them."""
    return _framemd5(path, kind, "-c", "copy")


def frames(path: Path, kind: str) -> str:
    """Times, sizes and MD5 of all decoded pictures or sound blocks of the streams of a kind."""
    return _framemd5(path, kind)


def _framemd5(path: Path, kind: str, *options: str) -> str:
    """Empty when there is no stream of the kind: ffmpeg would take another kind instead."""
    if not any(stream[0].startswith(kind) for stream in streams(path)):
        return ""
    return _run(tool("ffmpeg"), "-v", "error", "-i", path, "-map", f"0:{kind}", *options, "-f", "framemd5", "-")


def streams(path: Path) -> list[tuple[str, str]]:
    """Kind and codec of each stream, in file order."""
    shown = _probe(path, "stream=codec_type,codec_name")["streams"]
    return [(str(stream["codec_type"]), str(stream.get("codec_name", ""))) for stream in shown]


def tags(path: Path) -> dict[str, str]:
    """All tags of the container and of the streams."""
    shown = _probe(path, "format_tags:stream_tags")
    found: dict[str, str] = {}
    for part in [shown.get("format", {}), *shown.get("streams", [])]:
        found |= part.get("tags", {})
    return found


def complaints(path: Path) -> list[str]:
    """What ffprobe warns of while it reads all packets."""
    command = [tool("ffprobe"), "-v", "warning", "-show_packets", "-show_entries", "packet=size", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    return sorted(line.partition("] ")[2] or line for line in done.stderr.decode(errors="replace").splitlines())


def _probe(path: Path, entries: str) -> Any:
    return json.loads(_run(tool("ffprobe"), "-v", "error", "-of", "json", "-show_entries", entries, path))
