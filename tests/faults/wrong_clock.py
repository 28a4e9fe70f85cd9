"""`amparo`, whose clock is as many seconds ahead as a file says: `python -m tests.faults.wrong_clock FILE serve …`."""

import sys
import time
from pathlib import Path

from api.cli.main import main


def run(file: Path, words: list[str]) -> int:
    """Run the command so."""
    right = time.time

    def wrong() -> float:
        return right() + float(file.read_text() or "0")

    time.time = wrong
    return main(words)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
