"""Sound files that ffmpeg writes, with tags that place and name somebody."""

import subprocess
from pathlib import Path

import pytest

from tests.oracles.require import tool

PLACE = "+48.8583+002.2944/"
NAME = "Rue de Quelqu'un"
WORDS = (b"48.8583", b"Quelqu", b"Lavf", "Quelqu".encode("utf-16-le"), "48.8583".encode("utf-16-le"))


def written(path: Path, *options: str, seconds: float = 1.0) -> bytes:
    """A tone, encoded with `options` to `path`, whose suffix tells the format; skips what this ffmpeg cannot write."""
    command = [tool("ffmpeg"), "-v", "error", "-f", "lavfi", "-i", f"sine=440:r=8000:d={seconds}"]
    for key, value in (("location", PLACE), ("title", NAME), ("artist", NAME), ("comment", PLACE)):
        command += ["-metadata", f"{key}={value}"]
    done = subprocess.run([*command, *options, str(path)], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        pytest.skip("this build of ffmpeg cannot write it")
    return path.read_bytes()
