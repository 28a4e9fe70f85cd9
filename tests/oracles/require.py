"""A part that the machine lacks skips a test; where everything is promised (CI) it fails it."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from api.web.scripts import load_scripts


def everything() -> bool:
    """Whether nothing may be missing here."""
    return os.environ.get("AMPARO_REQUIRE_ALL") == "1"


def missing(what: str) -> NoReturn:
    """Skip the test for want of `what`, or fail it when AMPARO_REQUIRE_ALL=1."""
    reason = f"{what} is not on this machine"
    if everything():
        pytest.fail(reason)
    pytest.skip(reason)


def tool(name: str) -> str:
    """The path of a program."""
    return shutil.which(name) or missing(name)


def scripts() -> None:
    """The page's script."""
    if not load_scripts():
        missing("the built script of the pages (`make page`)")


def folder(path: Path) -> Path:
    """A folder of reference material."""
    return path if path.is_dir() else missing(f"the folder {path.name}")
