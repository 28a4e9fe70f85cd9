"""Fuzz what else reads hostile bytes, part by part: `python -m tests.fuzz.document_target SECONDS NAME [FOLDER]`.

NAME is one of `TARGETS`; faults are written to FOLDER (`var/fuzz` unless told).
"""

import sys
from pathlib import Path
from typing import Final

from tests.fuzz import engine

TARGETS: Final = {
    "verify": ["evidence"],
    "tlog": ["evidence"],
    "age": ["vault.age"],
    "multipart": ["api.multipart", "python_multipart"],
    "metadata": ["redaction"],
    "search": ["redaction"],
    "page": ["api.cli.layout_page", "api.cli.redaction_proof", "evidence"],
}
"""Each target, and the packages whose coverage guides it; `<name>_property` says what must hold."""


def main(seconds: str, name: str, folder: str = "var/fuzz") -> None:
    """Fuzz for so many seconds."""
    module = engine.instrumented(f"tests.fuzz.{name}_property", TARGETS[name])
    engine.fuzz(name, module.holds, module.seeds(), float(seconds), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
