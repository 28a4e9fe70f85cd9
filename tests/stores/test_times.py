"""The times that a directory store shows tell the hour of an upload, and no more."""

from pathlib import Path

import pytest

from vault.errors import AlreadyExists
from vault.store.filesystem import FilesystemStore

HOUR = 3600


def finer_than_the_hour(root: Path) -> list[str]:
    """Names of what shows a time that is not a whole hour."""
    found = []
    for path in [root, *root.rglob("*")]:
        status = path.stat()
        if status.st_mtime_ns % (HOUR * 10**9) or (path.is_file() and status.st_atime_ns % (HOUR * 10**9)):
            found.append(str(path.relative_to(root)))
    return found


def test_what_is_stored_shows_the_hour_and_so_do_its_folders(directory: FilesystemStore, tmp_path: Path) -> None:
    directory.put("exhibits/one/media.payload", b"sealed")
    directory.create("cases/one/case.json", b"{}")
    directory.create("cases/one/case.json", b"{}")
    assert finer_than_the_hour(tmp_path / "store") == []


def test_what_is_replaced_refused_abandoned_or_deleted_leaves_no_finer_time(
    directory: FilesystemStore, tmp_path: Path
) -> None:
    directory.put("a/b/one", b"1")
    directory.put("a/b/one", b"2")
    with pytest.raises(AlreadyExists):
        directory.create("a/b/one", b"3")
    with directory.write("a/b/two") as writer:
        writer.write(b"half")
    directory.put("a/b/three", b"3")
    directory.delete("a/b/three")
    directory.put("a/c/d", b"4")
    directory.delete("a/c/d")
    assert finer_than_the_hour(tmp_path / "store") == []


def test_shown_hour_is_the_one_in_which_it_was_stored(directory: FilesystemStore, tmp_path: Path) -> None:
    before = (tmp_path / "store").stat().st_ctime
    directory.put("a", b"1")
    shown = (tmp_path / "store" / "a").stat().st_mtime
    assert before - HOUR < shown <= (tmp_path / "store" / "a").stat().st_ctime
