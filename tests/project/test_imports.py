"""Who may import whom, and what an offline check must do without."""

import json
import subprocess
import sys
from typing import Final

import pytest

from tests.paths import ROOT

HEAVY: Final = ("asyncio", "fastapi", "minio", "socket", "sqlalchemy", "sqlite3", "starlette", "uvicorn")
SERVER: Final = ("fastapi", "minio", "sqlalchemy", "starlette", "uvicorn", "vault.database", "vault.store")
_OPENERS: Final = ("opening", "shares", "answers", "assembling", "approving", "recovering")
SECRETS: Final = ("vault.age.identities", *(f"vault.{name}" for name in _OPENERS))

LOADED: Final = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[2])
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.slow
def test_import_contracts_are_kept() -> None:
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    result = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        # cryptography's X.509, for timestamps, reads mail addresses with the package `email`, which imports socket.
        ("evidence.verify", tuple(name for name in HEAVY if name != "socket")),
        ("evidence.audit", tuple(name for name in HEAVY if name != "socket")),
        ("redaction.planner", HEAVY),
        ("api.cli.verify", SERVER),
        ("api.cli.open", SERVER),
        ("api.app", SECRETS),
    ],
)
def test_module_starts_without(module: str, unwanted: tuple[str, ...]) -> None:
    loaded = _modules_after_importing(module)
    assert module in loaded
    assert [
        name for name in loaded if name in unwanted or name.startswith(tuple(f"{each}." for each in unwanted))
    ] == []


@pytest.mark.parametrize("package", ["api", "evidence", "redaction", "vault"])
def test_importing_a_package_loads_none_of_its_modules(package: str) -> None:
    assert [name for name in _modules_after_importing(package) if name.startswith(f"{package}.")] == []


def _modules_after_importing(module: str) -> list[str]:
    """What a new interpreter has loaded once `module` is imported (`-S`: no site hooks load things beforehand)."""
    paths = json.dumps([str(ROOT), *(path for path in sys.path if path)])
    command = [sys.executable, "-I", "-S", "-c", LOADED, module, paths]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    loaded: list[str] = json.loads(output)
    return loaded
