"""`amparo doctor`: each thing that is broken on purpose is named, with what to do, and nothing else is."""

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.commands import Amparo, assert_failed
from tests.cli.conftest import Handed
from tests.vault.making import report, running
from tests.vault.media import PHOTO
from vault import soundness
from vault.clock import SystemClock

NAMES = ["vault", "folder", "store", "log", "disk", "swap", "clock", "custodians", "notices"]
SWAPS = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@pytest.fixture
def folder(handed: Handed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vault on a machine on which nothing is wrong."""
    monkeypatch.setattr(SystemClock, "synchronised", lambda _: "ntp")
    (tmp_path / "swaps").write_text(SWAPS)
    monkeypatch.setattr(soundness, "_SWAPS", tmp_path / "swaps")
    shutil.copytree(handed.vault.folder, tmp_path / "vault")
    return tmp_path / "vault"


def failed(amparo: Amparo, folder: Path) -> list[str]:
    """The names of the checks that fail; each is explained."""
    answer = amparo("doctor", folder, "--json").json
    found = [check["name"] for check in answer["checks"] if not check["ok"]]
    assert answer["ok"] == (not found)
    said = amparo("doctor", folder)
    if found:
        assert_failed(said)
        assert re.findall(r"^amparo: (\w+):", said.err, re.MULTILINE) == found
        assert said.err.count("hint: ") == len(found)
    return found


def test_a_sound_vault_passes_and_is_left_as_it_was(amparo: Amparo, folder: Path) -> None:
    before = sorted(path for path in (folder / "store").rglob("*") if path.is_file())
    said = amparo("doctor", folder)
    assert (said.code, said.err) == (0, "")
    assert [line.split()[2] for line in said.out.splitlines()] == NAMES
    assert sorted(path for path in (folder / "store").rglob("*") if path.is_file()) == before
    assert amparo("fixity", folder).code == 0


def test_no_vault(amparo: Amparo, tmp_path: Path) -> None:
    assert failed(amparo, tmp_path) == ["vault"]


def test_log_key_that_others_may_read(amparo: Amparo, folder: Path) -> None:
    (folder / "log.key").chmod(0o644)
    assert failed(amparo, folder) == ["vault"]


def test_folder_that_others_may_enter(amparo: Amparo, folder: Path) -> None:
    folder.chmod(0o755)
    assert failed(amparo, folder) == ["folder"]


def test_store_that_takes_nothing(amparo: Amparo, folder: Path) -> None:
    shutil.rmtree(folder / "store" / "staging", ignore_errors=True)
    (folder / "store" / "staging").write_text("in the way")
    assert failed(amparo, folder) == ["store"]


def test_database_older_than_the_log(amparo: Amparo, folder: Path) -> None:
    shutil.copy(folder / "vault.db", folder.parent / "older.db")
    with running(folder) as vault:
        report(vault, PHOTO)
    for path in folder.glob("vault.db*"):
        path.unlink()
    shutil.copy(folder.parent / "older.db", folder / "vault.db")
    assert failed(amparo, folder) == ["log"]


def test_checkpoint_that_somebody_changed(amparo: Amparo, folder: Path) -> None:
    path = folder / "store" / "log" / "checkpoint"
    path.write_bytes(path.read_bytes()[:-6] + b"AAAA=\n")
    assert failed(amparo, folder) == ["log"]


def test_disk_with_less_room_than_uploads_need(amparo: Amparo, folder: Path) -> None:
    settings = folder / "vault.toml"
    settings.write_text(re.sub(r"(?m)^free_bytes = .*$", f"free_bytes = {1 << 60}", settings.read_text()))
    assert failed(amparo, folder) == ["disk"]


@pytest.mark.parametrize(
    ("place", "wrong"), [("/dev/sda2", ["swap"]), ("/swapfile", ["swap"]), ("/dev/dm-1", []), ("/dev/zram0", [])]
)
def test_swap_on_a_plain_disk(amparo: Amparo, folder: Path, place: str, wrong: list[str]) -> None:
    (folder.parent / "swaps").write_text(f"{SWAPS}{place}\t\tpartition\t1000\t0\t-2\n")
    assert failed(amparo, folder) == wrong


def test_clock_that_nothing_keeps(amparo: Amparo, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "synchronised", lambda _: "unsynchronised")
    assert failed(amparo, folder) == ["clock"]
