"""Each test of this folder runs on both databases."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases.place import Place
from tests.oracles import postgresql


@pytest.fixture
def postgresql_place(server: postgresql.Server, tmp_path: Path) -> Iterator[Place]:
    """A new database of a server that other tests use too."""
    with contextlib.closing(Place(server.new_database(), tmp_path / "vault.lock")) as place:
        yield place


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where a new database may be made."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgresql_place")
        return
    with contextlib.closing(Place(f"sqlite:///{tmp_path}/vault.db", tmp_path / "vault.lock")) as place:
        yield place
