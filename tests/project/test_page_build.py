"""The page's script as it is built is the one of these sources, and builds the same again."""

import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.oracles import require
from tests.paths import ROOT

CLIENT: Final = ROOT / "api" / "web" / "client"
BUILT: Final = ROOT / "api" / "web" / "built"


@pytest.mark.slow
def test_the_script_is_built_from_these_sources_and_builds_to_the_same_bytes(tmp_path: Path) -> None:
    require.scripts()
    node = require.tool("node")
    require.folder(CLIENT / "node_modules")
    again = tmp_path / "again"
    subprocess.run([node, str(CLIENT / "build.mjs"), str(again)], cwd=tmp_path, check=True)
    scripts = {path.name: path.read_bytes() for path in BUILT.iterdir() if path.suffix == ".js"}
    assert scripts == {path.name: path.read_bytes() for path in again.iterdir() if path.suffix == ".js"}
    assert not any(str(ROOT).encode() in script for script in scripts.values())


def test_the_lock_names_a_hash_for_every_package_and_no_place_to_get_it_from() -> None:
    lock = (CLIENT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')
