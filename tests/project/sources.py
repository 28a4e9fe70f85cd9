"""The project's own files, as the tests of this folder look at them."""

import ast
import shutil
import subprocess
import tokenize
from functools import cache
from pathlib import Path
from typing import Final

from tests.paths import ROOT

PACKAGES: Final = ("api", "evidence", "redaction", "vault")


@cache
def modules() -> tuple[Path, ...]:
    """Every Python module of the four packages, relative to the repository."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple(sorted(path.relative_to(ROOT) for path in found))


@cache
def syntax(module: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse((ROOT / module).read_bytes(), str(module))


def lines(module: Path) -> int:
    """How many lines a module has."""
    return (ROOT / module).read_bytes().count(b"\n")


def code_lines(module: Path) -> int:
    """How many lines of a module hold code: blank lines, comments and docstrings aside."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    with (ROOT / module).open("rb") as file:
        tokens = [token for token in tokenize.tokenize(file.readline) if token.type not in {*silent, tokenize.ENCODING}]
    code = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(syntax(module)):
        if isinstance(node, ast.stmt) and is_docstring(node):
            code.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(code)


def is_docstring(statement: ast.stmt) -> bool:
    """Whether a statement is a string that stands alone."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def subject_files() -> list[Path]:
    """The files under version control and those about to be, relative to the repository; all files in an export."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return sorted(path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file() and not _hidden(path))
    listed = subprocess.run(
        [git, "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
    ).stdout
    paths = (Path(name) for name in listed.decode().split("\0") if name)
    return sorted(path for path in paths if (ROOT / path).is_file())


def _hidden(path: Path) -> bool:
    made = {"node_modules", "var", "build", "dist", "__pycache__"}
    parts = path.relative_to(ROOT).parts
    return any(part in made or (part.startswith(".") and part != ".ci") for part in parts)
