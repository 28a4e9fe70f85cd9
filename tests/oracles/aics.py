"""Somebody else's verifier and witness of transparency logs, each run as a program."""

import subprocess
import sys
from pathlib import Path

from tests.oracles.require import missing
from tests.paths import ROOT

_PACKAGES = ROOT / "build" / "oracles" / "tlog"  # where .ci/run puts what tests/oracles/tlog pins


def program(name: str) -> list[str]:
    """The command line that runs `aics-tlog` or `aics-witness`."""
    if not _PACKAGES.is_dir():
        missing("the log verifier of tests/oracles/tlog")
    module = name.replace("-", "_")
    start = f"import sys; sys.path.insert(0, {str(_PACKAGES)!r}); from {module}.cli import main; sys.exit(main())"
    return [sys.executable, "-c", start]


def run(name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run([*program(name), *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
