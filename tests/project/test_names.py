"""Names say what a thing is; packages say what they are for and load nothing."""

import ast
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

import pytest

from tests.paths import ROOT
from tests.project import sources

BANNED: Final = {"utils", "util", "common", "helpers", "helper", "core", "base", "manager", "service", "misc", "types"}

DOCSTRING_LINES: Final = {
    "redaction": ("Pure", "Imports nothing of ours", "Start at "),
    "evidence": ("Pure", "Imports nothing of ours", "Start at "),
    "vault": ("can seal but never open", "May import `redaction` and `evidence`", "Start at "),
    "api": ("The doors", "Nobody imports `api`", "Start at "),
}
"""What each top package must say of itself: its room, its limits, whom it may import, where to begin."""


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = {path: path.stem if path.name != "__init__.py" else path.parent.name for path in sources.modules()}
    assert [str(path) for path, name in named.items() if name in BANNED] == []


@pytest.mark.parametrize("package", sources.PACKAGES)
def test_top_package_belongs_to_this_distribution_alone(package: str) -> None:
    assert set(packages_distributions()[package]) == {"amparo"}


def test_init_files_hold_a_docstring_and_nothing_else() -> None:
    inits = [path for path in sources.modules() if path.name == "__init__.py"]
    inits += [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("__init__.py")]
    full = [path for path in inits if "node_modules" not in path.parts and not _docstring_only(path)]
    assert full == []


@pytest.mark.parametrize("package", sources.PACKAGES)
def test_top_package_says_what_it_is_and_where_to_start(package: str) -> None:
    text = ast.get_docstring(sources.syntax(Path(package, "__init__.py"))) or ""
    assert len(text.splitlines()) >= 4
    assert [part for part in DOCSTRING_LINES[package] if part not in text] == []


@pytest.mark.parametrize("package", sources.PACKAGES)
def test_top_package_is_marked_as_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def _docstring_only(path: Path) -> bool:
    body = sources.syntax(path).body
    return len(body) == 1 and sources.is_docstring(body[0])
