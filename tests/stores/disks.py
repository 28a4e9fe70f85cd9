"""A real disk that is soon full."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.oracles.require import missing, tool


@contextlib.contextmanager
def tiny_disk(where: Path, size: str = "8m") -> Iterator[Path]:
    """An empty tmpfs of `size` at `where`; skips without the right to mount."""
    where.mkdir()
    mount = [tool("mount"), "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(where)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        missing("the right to mount a tmpfs")
    try:
        yield where
    finally:
        subprocess.run([tool("umount"), str(where)], check=True)
