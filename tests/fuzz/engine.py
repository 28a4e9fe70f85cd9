"""Run a property under atheris for a while, with seeds, and keep each different fault once.

atheris is there for Linux only; `make fuzz` runs every target for some seconds, as `.ci/run` does.
"""

import hashlib
import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Final

Property = Callable[[bytes], None]
"""Raises for an input over which the property does not hold."""

SEED_BYTES: Final = 64 * 1024
_SECONDS_PER_INPUT: Final = 20
_MEGABYTES: Final = 1500


def instrumented(module: str, packages: Sequence[str]) -> ModuleType:
    """Import a property's module with the coverage of `packages` counted; none of it may be imported before."""
    atheris = _atheris()
    with atheris.instrument_imports(include=list(packages)):
        return importlib.import_module(module)


def plain(module: str) -> ModuleType:
    """Import a module that needs no coverage of its own, after what it shares with the property."""
    return importlib.import_module(module)


def fuzz(name: str, holds: Property, seeds: Iterable[bytes], seconds: float, found: Path) -> None:
    """Fuzz for so many seconds and end the process: 0 when the property held, 1 when faults lie in `found`."""
    found.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as corpus:
        for seed in seeds:
            if len(seed) <= SEED_BYTES:
                (Path(corpus) / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
        run = _Run(name, holds, time.monotonic() + seconds, found)
        atheris = _atheris()
        options = (
            f"-max_len={SEED_BYTES}",
            f"-timeout={_SECONDS_PER_INPUT}",
            f"-rss_limit_mb={_MEGABYTES}",
            f"-artifact_prefix={found}/{name}-",
            "-use_value_profile=1",
            "-verbosity=0",
        )
        atheris.Setup([sys.argv[0], *options, corpus], run.one)
        atheris.Fuzz()


@dataclass(slots=True)
class _Run:
    name: str
    holds: Property
    deadline: float
    found: Path
    executions: int = 0
    faults: set[str] = field(default_factory=set)

    def one(self, data: bytes) -> None:
        """One input; a fault is kept, and fuzzing goes on, because one shallow fault would hide all deeper ones."""
        self.executions += 1
        try:
            self.holds(data)
        except Exception as error:
            self._keep(data, error)
        if time.monotonic() > self.deadline:
            print(f"{self.name}: {self.executions} executions, {len(self.faults)} different faults", flush=True)
            os._exit(1 if self.faults else 0)

    def _keep(self, data: bytes, error: Exception) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        mark = hashlib.sha256(f"{type(error)} {place.filename} {place.lineno} {error}".encode()).hexdigest()[:12]
        if mark in self.faults:
            return
        self.faults.add(mark)
        (self.found / f"{self.name}-{mark}").write_bytes(data)
        print(f"{self.name}-{mark}: {type(error).__name__}: {error} ({place.filename}:{place.lineno})", flush=True)


def _atheris() -> Any:
    return importlib.import_module("atheris")
