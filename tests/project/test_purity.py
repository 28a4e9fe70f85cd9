"""Pure packages never open, ask the time, draw randomness, read the environment, or log: seen while they work."""

import json
import os
import subprocess
import sys

import pytest

from tests.oracles import require
from tests.paths import CORPUS, ROOT


@pytest.mark.slow
def test_redaction_and_its_proof_touch_nothing_outside() -> None:
    assert _caught("redact") == []


def test_custody_log_touches_nothing_outside() -> None:
    assert _caught("keep_log") == []


def test_age_touches_nothing_outside() -> None:
    assert _caught("seal") == []


@pytest.mark.parametrize(
    ("work", "event"),
    [
        ("open_file", "open"),
        ("draw_randomness", "urandom"),
        ("ask_the_time", "datetime.now"),
        ("read_the_environment", "_Environ.__getitem__"),
        ("write_a_log", "Logger._log"),
    ],
)
def test_guard_stops_what_is_impure(work: str, event: str) -> None:
    result = _run(work)
    assert result.returncode != 0
    assert f"ImpureError: {event}" in result.stderr


def _caught(work: str) -> list[str]:
    result = _run(work)
    assert result.returncode == 0, result.stderr
    caught: list[str] = json.loads(result.stdout)
    return caught


def _run(work: str) -> subprocess.CompletedProcess[str]:
    require.folder(CORPUS)
    command = [sys.executable, "-m", "tests.project.pure_work", work]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
