"""Run commands as a person would."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import main
from tests.paths import ROOT


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Amparo:
    """Runs commands in this process, which is fast."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str | Path) -> Said:
        self._capsys.readouterr()
        code = main([str(word) for word in words])
        captured = self._capsys.readouterr()
        return Said(code, captured.out, captured.err)


def process(*words: str | Path, **options: Any) -> Said:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "api.cli.main", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, **options)
    return Said(done.returncode, done.stdout, done.stderr)


def assert_wrong_use(said: Said) -> None:
    assert said.code == 2
    assert_explained(said)


def assert_failed(said: Said) -> None:
    assert said.code == 1
    assert_explained(said)


def assert_explained(said: Said) -> None:
    """Errors are lines of ours, lower case without a full stop, and name the next step."""
    first, *_ = said.err.splitlines()
    assert first.startswith("amparo: ")
    assert not first.endswith(".")
    assert "\nhint: " in said.err
    assert "Traceback" not in said.err
