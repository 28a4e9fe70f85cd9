"""One running vault per promise: custodian, an enrolled partner and auditor, the real service."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.audience import HONEST, Audience
from tests.logserver import LogServer
from tests.places import BOTH, SMALL, place
from tests.service import World

ON_BOTH: Final = {"test_02_no_plaintext_at_rest", "test_12_hostile_input"}
"""Modules whose tests run over SQLite and a directory, and over PostgreSQL and Ceph; others make their own places."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where the vault of a module in `ON_BOTH` rests."""
    if metafunc.module.__name__.rpartition(".")[2] in ON_BOTH and "world" in metafunc.fixturenames:
        metafunc.parametrize("world", BOTH, indirect=True, scope="module")


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with (
        place(request, getattr(request, "param", SMALL), folder.name) as where,
        World.running(folder, **where.told()) as world,
    ):
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
