"""Each store, empty, under the fixture `store`."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracles.ceph import Gateway
from vault.store.filesystem import FilesystemStore
from vault.store.locate import S3Credentials, open_store
from vault.store.protocol import Store
from vault.store.s3.bucket import S3Store

_numbers = itertools.count()


@pytest.fixture
def s3(ceph: Gateway) -> Iterator[S3Store]:
    """A prefix of the bucket that nobody used before."""
    credentials = S3Credentials(ceph.access_key, ceph.secret_key)
    store = open_store(ceph.url(f"test-{next(_numbers)}/vault"), Path(), credentials)
    assert isinstance(store, S3Store)
    yield store
    store.close()


@pytest.fixture
def directory(tmp_path: Path) -> FilesystemStore:
    root = tmp_path / "store"
    root.mkdir()
    return FilesystemStore(root)


@pytest.fixture(params=["filesystem", pytest.param("s3", marks=pytest.mark.ceph)])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue("directory" if request.param == "filesystem" else "s3")
    return found
