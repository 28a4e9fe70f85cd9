"""Where a vault rests: SQLite and a directory, or PostgreSQL and a bucket of Ceph."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest

from api.cli.vaults import ACCESS_KEY, SECRET_KEY
from tests.oracles import ceph, postgresql

SMALL: Final = "small"
"""One machine: what `amparo init` makes when nothing is said."""
LARGE: Final = "large"
"""Several machines: PostgreSQL and Ceph."""
BOTH: Final = (SMALL, pytest.param(LARGE, marks=pytest.mark.ceph))


@dataclass(frozen=True)
class Place:
    """What `amparo init` is told; `disks` are folders, beside the vault's own, on which others keep what it stores."""

    database: str = ""
    store: str = ""
    disks: tuple[Path, ...] = ()

    def told(self) -> dict[str, Any]:
        """The same, by the names under which `World.running` takes it."""
        return {"database": self.database, "store": self.store, "disks": self.disks}


@contextmanager
def place(request: pytest.FixtureRequest, kind: str, name: str) -> Iterator[Place]:
    """A place that nobody used before; `name` tells it from others of the same bucket."""
    if kind == SMALL:
        yield Place()
        return
    server: postgresql.Server = request.getfixturevalue("server")
    gateway: ceph.Gateway = request.getfixturevalue("ceph")
    with with_credentials(gateway):
        yield Place(server.new_database(), gateway.url(name), (server.folder,))


@contextmanager
def with_credentials(gateway: ceph.Gateway) -> Iterator[None]:
    """Meanwhile commands and services have the keys of the gateway's user, the way that people give them."""
    with patch.dict(os.environ, {ACCESS_KEY: gateway.access_key, SECRET_KEY: gateway.secret_key}):
        yield
