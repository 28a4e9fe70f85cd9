"""Fuzz every parser for a while, two at once: `python -m tests.fuzz.every SECONDS_EACH [FOLDER]`; 1 when one fails.

What is found is a file in FOLDER (`var/fuzz` unless told), and becomes a test.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from redaction.containers.formats import FORMATS
from tests.fuzz.document_target import TARGETS
from tests.oracles.require import everything

_STARTING = 120  # seconds, at most, beside fuzzing


def main(seconds: str, folder: str = "var/fuzz") -> int:
    """Each target is a process of its own: coverage is counted from the import on."""
    names = [str(vars(container)["__name__"]).rsplit(".", 1)[-1] for container in FORMATS]
    targets = [("redaction_target", name) for name in names] + [("document_target", name) for name in TARGETS]

    def run(target: tuple[str, str]) -> tuple[str, int, str]:
        module, name = target
        command = [sys.executable, "-m", f"tests.fuzz.{module}", seconds, name, folder]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, errors="replace", timeout=float(seconds) + _STARTING
        )
        return name, done.returncode, done.stdout

    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, said in pool.map(run, targets):
            lines = [line for line in said.splitlines() if line.startswith(name)]
            print("\n".join(lines) or f"{name}: ended with {code} and no words", flush=True)
            failed += code != 0 or not lines
    return int(failed > 0)


if __name__ == "__main__":
    if sys.version_info < (3, 14) and sys.platform == "linux":
        sys.exit(main(*sys.argv[1:]))
    print("there is no fuzzer for this machine")
    sys.exit(1 if everything() else 0)
