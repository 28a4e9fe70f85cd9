"""The spool gives back what it was given, and leaves nothing readable anywhere."""

import contextlib
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.reader import Reader
from tests.stores.disks import tiny_disk
from vault.errors import Altered, NoSpace, StoreUnavailable
from vault.spool import CHUNK, MemoryBudget, Spool

CANARY = b"the canary sings at 19.4326077,-99.1332080"
BORDERS = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 1]


def pattern(size: int) -> bytes:
    """Bytes without a period that divides a chunk."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def filled(directory: Path, data: bytes, piece: int = 100_000, limit: int = 0) -> Spool:
    spool = Spool(directory, memory_limit=limit)
    for start in range(0, len(data), piece):
        spool.write(data[start : start + piece])
    spool.finish()
    return spool


def descriptors() -> dict[int, str]:
    """This process's open files: descriptor to what /proc says it is."""
    found = {}
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the listing's own descriptor
            found[int(link.name)] = str(link.readlink())
    return found


def spool_descriptors(directory: Path) -> list[int]:
    return [number for number, target in descriptors().items() if target.startswith(str(directory.resolve()) + "/")]


@pytest.mark.parametrize("limit", [0, CHUNK, 1 << 22])
@given(size=st.sampled_from(BORDERS) | st.integers(0, 3 * CHUNK), piece=st.integers(1000, 2 * CHUNK), data=st.data())
@settings(max_examples=25, deadline=None)
def test_random_reads_equal_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, limit: int, size: int, piece: int, data: st.DataObject
) -> None:
    content = pattern(size)
    with filled(tmp_path_factory.getbasetemp(), content, piece, limit) as spool:
        reader: Reader = spool
        assert reader.size == size
        for _ in range(10):
            offset, length = data.draw(st.integers(0, size + 5)), data.draw(st.integers(0, size + 5))
            assert reader.read(offset, length) == content[offset : offset + length]
        assert b"".join(spool.chunks(data.draw(st.integers(5000, 1 << 20)))) == content


@pytest.mark.parametrize("size", [n + CHUNK * m for n in (-1, 0, 1) for m in (1, 2, 4)])
def test_every_chunk_border_is_read_across(tmp_path: Path, size: int) -> None:
    content = pattern(size)
    with filled(tmp_path, content) as spool:
        for border in range(0, size + CHUNK, CHUNK):
            start = max(0, border - 3)
            assert spool.read(start, 6) == content[start : start + 6]


def test_small_content_never_reaches_the_disk(tmp_path: Path) -> None:
    with filled(tmp_path, CANARY, limit=len(CANARY)) as spool:
        assert spool_descriptors(tmp_path) == []
        assert spool.read(0, 100) == CANARY


@pytest.mark.parametrize("tmpfile", [True, False], ids=["O_TMPFILE", "create-and-unlink"])
def test_no_plaintext_lies_in_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmpfile: bool) -> None:
    if not tmpfile:
        refuse_tmpfile(monkeypatch)
    content = CANARY * (2 * CHUNK // len(CANARY))
    with filled(tmp_path, content) as spool:
        assert list(tmp_path.iterdir()) == []
        (descriptor,) = spool_descriptors(tmp_path)
        status = os.fstat(descriptor)
        assert status.st_nlink == 0
        assert status.st_mode & 0o777 == 0o600
        raw = os.pread(descriptor, status.st_size + 1, 0)
        assert len(raw) > len(content)
        assert CANARY not in raw
        assert CANARY[:8] not in raw
        assert spool.read(0, spool.size) == content


def refuse_tmpfile(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def without_tmpfile(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not here")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", without_tmpfile)


def test_a_killed_process_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from vault.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1]), memory_limit=0); spool.write(b'x' * 3_000_000)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert ended.returncode == -9
    assert list(tmp_path.iterdir()) == []


def test_closing_forgets_and_lets_go_of_the_file(tmp_path: Path) -> None:
    spool = filled(tmp_path, pattern(CHUNK))
    spool.close()
    spool.close()
    assert spool_descriptors(tmp_path) == []
    with pytest.raises(RuntimeError):
        spool.read(0, 1)
    with pytest.raises(RuntimeError):
        spool.write(b"")


def test_reading_waits_for_finish_and_writing_ends_with_it(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.write(b"a")
        with pytest.raises(RuntimeError):
            spool.read(0, 1)
        spool.finish()
        with pytest.raises(RuntimeError):
            spool.write(b"b")
        assert spool.read(0, 9) == b"a"


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    with filled(tmp_path, pattern(2 * CHUNK)) as spool:
        (descriptor,) = spool_descriptors(tmp_path)
        os.pwrite(descriptor, b"\0\0\0\0\0\0\0\0", CHUNK + 100)
        assert spool.read(0, 8) == pattern(8)
        with pytest.raises(Altered):
            spool.read(CHUNK, 8)


def test_two_spools_of_the_same_content_share_no_ciphertext(tmp_path: Path) -> None:
    with filled(tmp_path, pattern(CHUNK)), filled(tmp_path, pattern(CHUNK)):
        one, two = (os.pread(number, CHUNK, 0) for number in spool_descriptors(tmp_path))
        assert one[:64] != two[:64]


def write_endlessly(spool: Spool) -> None:
    while spool.size < 1 << 30:
        spool.write(bytes(1 << 20))


def test_a_full_disk_is_told_and_closes_the_spool(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk") as disk:
        spool = Spool(disk, memory_limit=0)
        with pytest.raises(NoSpace):
            write_endlessly(spool)
        assert spool_descriptors(disk) == []
        with pytest.raises(RuntimeError):
            spool.finish()
        with filled(disk, pattern(3 * CHUNK)) as again:  # the space came back
            assert again.read(0, again.size) == pattern(3 * CHUNK)


def test_a_missing_directory_is_an_unavailable_store(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "missing", memory_limit=0)
    with pytest.raises(StoreUnavailable):
        spool.write(b"a")


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1)])
def test_negative_ranges_are_a_bug_of_the_caller(tmp_path: Path, offset: int, length: int) -> None:
    with filled(tmp_path, b"abc", limit=10) as spool, pytest.raises(ValueError, match="counted from 0"):
        spool.read(offset, length)


def test_spools_share_one_budget_and_spill_when_it_is_used_up(tmp_path: Path) -> None:
    whole = MemoryBudget(1000)
    form = MemoryBudget(600, within=whole)
    one, two = Spool(tmp_path, budget=form), Spool(tmp_path, budget=form)
    one.write(bytes(500))
    assert (form.left, whole.left, spool_descriptors(tmp_path)) == (100, 500, [])
    two.write(b"a" * 101)
    assert len(spool_descriptors(tmp_path)) == 1
    one.write(b"b" * 200)  # now this one spills too, and gives back what it held
    assert len(spool_descriptors(tmp_path)) == 2
    assert (form.left, whole.left) == (600, 1000)
    one.finish()
    two.finish()
    assert (one.read(0, 999), two.read(0, 999)) == (bytes(500) + b"b" * 200, b"a" * 101)
    one.close()
    two.close()


def test_budget_within_another_takes_from_both_or_from_none(tmp_path: Path) -> None:
    whole = MemoryBudget(100)
    form = MemoryBudget(1000, within=whole)
    assert not form.take(101)
    assert (form.left, whole.left) == (1000, 100)
    with Spool(tmp_path, budget=form) as spool:
        spool.write(bytes(100))
        assert (form.left, whole.left) == (900, 0)
    assert (form.left, whole.left) == (1000, 100)


def test_rested_spool_reads_the_same_again(tmp_path: Path) -> None:
    with filled(tmp_path, pattern(3 * CHUNK)) as spool:
        before = spool.read(CHUNK - 5, 10)
        spool.rest()
        assert spool.read(CHUNK - 5, 10) == before
