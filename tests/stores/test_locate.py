"""A store's URL is spelt in one way, and never holds a secret."""

from pathlib import Path

import pytest

from vault.errors import SettingsError, StoreUnavailable
from vault.store.filesystem import FilesystemStore
from vault.store.locate import S3Credentials, open_store
from vault.store.s3.bucket import S3Store

CREDENTIALS = S3Credentials("access", "canary-of-a-secret")


def test_a_relative_directory_is_below_the_vault(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    store = open_store("file:store", tmp_path)
    assert isinstance(store, FilesystemStore)
    store.put("a", b"1")
    assert (tmp_path / "store" / "a").read_bytes() == b"1"


def test_an_absolute_directory_is_itself(tmp_path: Path) -> None:
    open_store(f"file:{tmp_path}", Path("/nowhere")).put("a", b"1")
    assert (tmp_path / "a").exists()


def test_a_missing_directory_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_store("file:store", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket?endpoint=http://127.0.0.1:9000",
        "s3://bucket/?endpoint=https://s3.example.org",
        "s3://bucket/some/prefix?endpoint=https://s3.example.org/&region=eu-west-1",
    ],
)
def test_a_bucket_is_not_asked_before_it_is_used(tmp_path: Path, url: str) -> None:
    assert isinstance(open_store(url, tmp_path, CREDENTIALS), S3Store)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store",
        "/srv/store",
        "http://example.org",
        "FILE:store",
        "file:",
        "file://host/store",
        "file:a\0b",
        "s3:bucket",
        "s3://?endpoint=http://h",
        "s3://bucket",
        "s3://bucket?endpoint=",
        "s3://bucket?endpoint=ftp://h",
        "s3://bucket?endpoint=h:9000",
        "s3://bucket?endpoint=http://h/path",
        "s3://bucket?endpoint=http://h:port",
        "s3://bucket?endpoint=http://h:99999",
        "s3://bucket?endpoint=http://user:word@h",
        "s3://user:word@bucket?endpoint=http://h",
        "s3://Bucket?endpoint=http://h",
        "s3://b?endpoint=http://h",
        "s3://bucket/../x?endpoint=http://h",
        "s3://bucket//x?endpoint=http://h",
        "s3://bucket?endpoint=http://h&endpoint=http://i",
        "s3://bucket?endpoint=http://h&region=",
        "s3://bucket?endpoint=http://h&secret_key=canary",
        "s3://bucket?endpoint",
        "s3://bucket?endpoint=http://h#fragment",
        "s3://[::1?endpoint=http://h",
    ],
)
def test_other_urls_are_refused_without_repeating_them(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_store(url, tmp_path, CREDENTIALS)
    assert "canary" not in str(caught.value)
    assert "word" not in str(caught.value)


def test_a_bucket_without_credentials_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        open_store("s3://bucket?endpoint=http://127.0.0.1:9000", tmp_path)


def test_credentials_do_not_print_their_secret() -> None:
    assert "canary" not in repr(CREDENTIALS)
