"""What holds for every test: no deadlines for hypothesis on shared machines, and the same examples in each CI run.

Where a test takes a real PostgreSQL or Ceph, there is one of each for the whole session.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.oracles import ceph as object_gateway
from tests.oracles import postgresql

settings.register_profile("amparo", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("amparo")


@pytest.fixture(scope="session")
def ceph() -> Iterator[object_gateway.Gateway]:
    with object_gateway.running() as gateway:
        yield gateway


@pytest.fixture(scope="session")
def server() -> Iterator[postgresql.Server]:
    with postgresql.running() as server:
        yield server
