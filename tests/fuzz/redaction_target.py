"""Fuzz the redaction of one container: `python -m tests.fuzz.redaction_target SECONDS FORMAT [FOLDER]`.

FORMAT is a module's name in redaction/containers; faults are written to FOLDER (`var/fuzz` unless told).
"""

import sys
from pathlib import Path

from tests.fuzz import engine


def main(seconds: str, name: str, folder: str = "var/fuzz") -> None:
    """Fuzz for so many seconds."""
    holds = engine.instrumented("tests.fuzz.redaction_property", ["redaction"]).holds
    seeds = engine.plain("tests.fuzz.redaction_seeds").of_format(name)
    engine.fuzz(name, holds, seeds, float(seconds), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
