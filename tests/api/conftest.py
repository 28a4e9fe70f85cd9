"""One running vault per module: custodian, an enrolled partner and auditor, the real service."""

from collections.abc import Iterator

import pytest

from tests.service import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.running(tmp_path_factory.mktemp("world")) as world:
        yield world
