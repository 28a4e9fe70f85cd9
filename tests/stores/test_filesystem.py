"""What the directory store promises beyond the contract: crashes, full disks, links, and who may read."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stores.disks import tiny_disk
from vault.errors import InvalidKey, NoSpace, NotFound, StoreUnavailable
from vault.store.filesystem import FilesystemStore
from vault.store.protocol import MIB, Store

WRITER = """
import os, signal, sys
from pathlib import Path
from vault.store.filesystem import FilesystemStore
with FilesystemStore(Path(sys.argv[1])).write("a/b") as writer:
    writer.write(b"half")
    print("written", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    with tiny_disk(tmp_path / "disk") as disk:
        yield disk


def names(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def write_mebibytes(store: Store, key: str, count: int) -> None:
    with store.write(key) as writer:
        for _ in range(count):
            writer.write(bytes(MIB))
        writer.commit()


def put_many(store: Store, count: int) -> None:
    for number in range(count):
        store.put(f"a/{number}", b"")


def test_only_the_owner_may_read(directory: FilesystemStore, root: Path) -> None:
    old = os.umask(0)
    try:
        directory.put("a/b/c", b"")
    finally:
        os.umask(old)
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "a/b").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "a/b/c").stat().st_mode) == 0o600


@pytest.mark.parametrize("write", ["put", "create", "stream"])
def test_a_full_disk_is_told_and_keeps_no_part(full: Path, write: str) -> None:
    store = FilesystemStore(full)
    store.put("kept/a", b"old")
    writes: dict[str, Callable[[], None]] = {
        "put": lambda: store.put("new/b", bytes(20 * MIB)),
        "create": lambda: store.create("new/b", bytes(20 * MIB)),
        "stream": lambda: write_mebibytes(store, "kept/a", 20),
    }
    with pytest.raises(NoSpace):
        writes[write]()
    assert names(full) == ["kept", "kept/a"]
    assert store.read("kept/a") == b"old"
    store.put("new/b", bytes(4 * MIB))  # the space came back


def test_a_disk_without_inodes_is_full(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk", "8m,nr_inodes=8") as disk:
        store = FilesystemStore(disk)
        with pytest.raises(NoSpace):
            put_many(store, 8)
        assert 0 < len(names(disk)) == len(list(store.list())) + 1


def test_a_missing_root_is_no_empty_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        FilesystemStore(tmp_path / "absent")


def test_a_root_that_vanishes_makes_the_store_unavailable_not_empty(directory: FilesystemStore, root: Path) -> None:
    root.rmdir()
    for ask in (directory.read, directory.exists, directory.delete):
        with pytest.raises(StoreUnavailable):
            ask("a")
    with pytest.raises(StoreUnavailable):
        directory.put("a", b"")
    with pytest.raises(StoreUnavailable):
        list(directory.list())
    assert not root.exists()


def test_errors_name_no_key_and_no_path(directory: FilesystemStore, root: Path) -> None:
    for key in ("absent-canary", "../canary"):
        with pytest.raises((NotFound, InvalidKey)) as caught:
            directory.read(key)
        assert "canary" not in str(caught.value)
        assert str(root) not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("target", ["folder", "file"])
def test_links_are_never_followed(directory: FilesystemStore, root: Path, tmp_path: Path, target: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    key = "link/secret" if target == "folder" else "link"
    (root / "link").symlink_to(outside if target == "folder" else outside / "secret")
    with pytest.raises(NotFound):
        directory.read(key)
    assert not directory.exists(key)
    assert list(directory.list()) == []
    directory.sweep()
    if target == "folder":
        with pytest.raises(InvalidKey):
            directory.put("link/new", b"")
        directory.delete(key)
    else:
        directory.put(key, b"ours")  # takes the link's place
        assert directory.read(key) == b"ours"
    assert names(outside) == ["secret"]
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_pipe_in_the_way_is_no_object_and_stops_nobody(directory: FilesystemStore, root: Path) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(NotFound):
        directory.read("pipe")
    assert list(directory.list()) == []


def test_no_key_may_be_the_folder_of_another(directory: FilesystemStore) -> None:
    directory.put("a/b", b"1")
    for write in (directory.put, directory.create):
        for key in ("a", "a/b/c"):
            with pytest.raises(InvalidKey):
                write(key, b"2")
    directory.delete("a")
    assert list(directory.list()) == ["a/b"]
    assert directory.read("a/b") == b"1"


def test_what_is_not_ours_is_not_listed(directory: FilesystemStore, root: Path) -> None:
    (root / "lost+found").mkdir()
    (root / "lost+found" / "x").write_bytes(b"")
    (root / ".partial-1").write_bytes(b"")
    (root / os.fsdecode(b"\xff")).write_bytes(b"")
    directory.put("a", b"")
    assert list(directory.list()) == ["a"]


def test_empty_folders_do_not_outlive_their_objects(directory: FilesystemStore, root: Path) -> None:
    directory.put("a/b/c", b"")
    directory.put("a/d", b"")
    directory.delete("a/b/c")
    assert names(root) == ["a", "a/d"]
    with directory.write("x/y"):
        assert (root / "x").is_dir()
    assert names(root) == ["a", "a/d"]


def test_sweep_removes_what_a_killed_writer_left_and_spares_a_living_one(
    directory: FilesystemStore, root: Path
) -> None:
    command = [sys.executable, "-c", WRITER, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        assert len(names(root)) == 2
        assert list(directory.list()) == []
        assert directory.sweep() == 0
        process.send_signal(signal.SIGKILL)
    assert len(names(root)) == 2
    assert not directory.exists("a/b")
    assert directory.sweep() == 1
    assert names(root) == []


def test_bytes_are_synced_before_they_get_their_name_and_the_name_before_it_is_told(
    directory: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename, link = os.fsync, os.rename, os.link

    def note_fsync(descriptor: int) -> None:
        steps.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def note_rename(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        steps.append("name")
        rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    def note_link(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        steps.append("name")
        link(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "rename", note_rename)
    monkeypatch.setattr(os, "link", note_link)
    directory.put("a/b/c", b"1")
    directory.create("a/b/d", b"1")
    # a/b, a, and the root: each may have been made just now.
    assert steps == ["file", "name", "directory", "directory", "directory"] * 2


def test_no_descriptor_is_left_open(directory: FilesystemStore) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    directory.put("a/b", b"1")
    directory.create("a/c", b"1")
    directory.create("a/c", b"1")
    directory.read("a/b")
    directory.exists("a/x/y")
    list(directory.list())
    with directory.write("d/e") as writer:
        writer.write(b"1")
    directory.delete("a/b")
    directory.sweep()
    assert count() == before
