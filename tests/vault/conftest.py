"""The use cases on both databases: the tests of the modules in `ON_BOTH` run once over each."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.oracles import postgresql
from tests.vault import making

ON_BOTH: Final = {"test_intake", "test_interruption", "test_release", "test_sequencer", "test_withdrawal"}
"""These make a vault for each test, so that none is made for the wrong database."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The vaults of a module in `ON_BOTH` lie in SQLite, then in PostgreSQL."""
    if metafunc.module.__name__.rpartition(".")[2] in ON_BOTH:
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The kind of database in which `making.new_vault` makes vaults during this test."""
    kind: str = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        yield kind
        return
    server: postgresql.Server = request.getfixturevalue("server")
    with making.databases(server.new_database):
        yield kind
