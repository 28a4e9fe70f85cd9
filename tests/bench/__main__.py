"""Run all measurements and print them as the tables of docs/performance.md."""

import argparse
import platform
import tempfile
from pathlib import Path

from tests.bench import intake, log, redaction, search, work


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--mib", type=int, default=512, help="size of the video that intake takes in (512)")
    parser.add_argument("--events", type=int, default=100_000, help="length of the log that is audited (100000)")
    arguments = parser.parse_args()
    print(f"Machine: {_processor()}, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory(prefix="amparo-bench-") as folder:
        log.measure(Path(folder), arguments.events)
    with tempfile.TemporaryDirectory(prefix="amparo-bench-") as folder:
        intake.measure(Path(folder), arguments.mib)
    work.measure()
    search.measure()
    redaction.measure()


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()


if __name__ == "__main__":  # what starts further processes is imported by them
    main()
