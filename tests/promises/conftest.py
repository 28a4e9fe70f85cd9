"""One running vault per promise: custodian, an enrolled partner and auditor, the real service."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audience import HONEST, Audience
from tests.logserver import LogServer
from tests.service import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.running(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    with LogServer.running(folder, HONEST) as server:
        assert server.audit("--state", folder / "state").code == 0
    return folder / "state"


@pytest.fixture
def audience(kept: Path, tmp_path: Path) -> Iterator[Audience]:
    with LogServer.running(tmp_path, HONEST) as server:
        yield Audience(server, Path(shutil.copy(kept, tmp_path / "state")))
