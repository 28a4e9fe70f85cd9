"""A backup is a vault again, by one command; what is no whole backup becomes nothing."""

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.cli.commands import Amparo, assert_failed, assert_wrong_use
from tests.cli.conftest import Handed
from tests.vault.making import report, running
from tests.vault.media import PHOTO
from vault.age.recipients import parse_recipient
from vault.instance import open_vault
from vault.sealing import seal_bytes
from vault.sequencer import waiting_events


@pytest.fixture
def key(handed: Handed, tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    return handed.vault.custodian.write(tmp_path / "keys")


@pytest.fixture
def backup(amparo: Amparo, handed: Handed, tmp_path: Path) -> Path:
    path = tmp_path / "backup.age"
    assert amparo("backup", handed.vault.folder, "-o", path).code == 0
    return path


def sealed(handed: Handed, *members: tarfile.TarInfo) -> bytes:
    """What somebody who knows the custodian's public line may send as a backup."""
    plain = io.BytesIO()
    with tarfile.open(mode="w", fileobj=plain) as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return seal_bytes(plain.getvalue(), [parse_recipient(handed.vault.custodian.line.recipient)])


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    made.size = 1 if kind == tarfile.REGTYPE else 0
    return made


def test_a_lost_vault_comes_back_and_goes_on(
    amparo: Amparo, handed: Handed, tmp_path: Path, key: Path, backup: Path
) -> None:
    folder = tmp_path / "restored"
    said = amparo("restore", backup, "-i", key, "-o", folder)
    assert (said.code, said.err) == (0, "")
    assert "faults: 0" in said.out
    before = open_vault(handed.vault.folder)
    after = open_vault(folder)
    try:
        kept = {name: before.store.read(name) for name in before.store.list("exhibits/")}
        assert kept
        assert {name: after.store.read(name) for name in after.store.list("exhibits/")} == kept
        # Nothing was added to the copy's log: it would be another history, signed with the vault's own key.
        assert after.store.read("log/checkpoint") == before.store.read("log/checkpoint")
        with after.database.reading() as connection:
            assert waiting_events(connection) == 0
        assert after.trust.log.vkey == before.trust.log.vkey
        assert f"Its log is {before.trust.log.vkey}" in said.out
    finally:
        before.close()
        after.close()
    with running(folder) as vault:
        report(vault, PHOTO)
    assert amparo("fixity", folder).code == 0


def test_only_its_owner_may_enter_what_is_restored(amparo: Amparo, tmp_path: Path, key: Path, backup: Path) -> None:
    amparo("restore", backup, "-i", key, "-o", tmp_path / "restored")
    assert [path for path in (tmp_path / "restored").rglob("*") if path.is_file() and path.stat().st_mode & 0o077] == []
    assert (tmp_path / "restored").stat().st_mode & 0o077 == 0


def test_what_is_changed_or_cut_anywhere_becomes_nothing(
    amparo: Amparo, tmp_path: Path, key: Path, backup: Path
) -> None:
    data = backup.read_bytes()
    middle = len(data) // 2
    flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    for number, bad in enumerate((flipped, data[:-1], data[:middle], data[: -(65536 + 16)], data + b"\0", b"", b"x")):
        (tmp_path / f"bad-{number}").write_bytes(bad)
        assert_failed(amparo("restore", tmp_path / f"bad-{number}", "-i", key, "-o", tmp_path / "restored"))
        assert not (tmp_path / "restored").exists()
        assert list(tmp_path.glob(".restored*")) == []


def test_another_key_opens_nothing_and_nothing_is_overwritten(
    amparo: Amparo, handed: Handed, tmp_path: Path, key: Path, backup: Path
) -> None:
    assert_failed(amparo("restore", backup, "-i", handed.stranger, "-o", tmp_path / "restored"))
    assert not (tmp_path / "restored").exists()
    (tmp_path / "there").mkdir()
    assert_wrong_use(amparo("restore", backup, "-i", key, "-o", tmp_path / "there"))
    assert list((tmp_path / "there").iterdir()) == []


@pytest.mark.parametrize(
    "members",
    [
        [member("../outside")],
        [member("/outside")],
        [member("a/../../outside")],
        [member("link", tarfile.SYMTYPE, ".."), member("link/outside")],
        [member("hard", tarfile.LNKTYPE, "trust.json")],
        [member("pipe", tarfile.FIFOTYPE)],
        [member("trust.json"), member("trust.json")],
        [member("anything")],
        [member("trust.json")],
        [],
    ],
    ids=[
        *("above", "absolute", "above by a detour", "symlink", "hard link", "pipe", "twice"),
        *("no vault", "no trust anchor", "empty"),
    ],
)
def test_a_forged_backup_writes_nothing_anywhere(
    amparo: Amparo, handed: Handed, tmp_path: Path, key: Path, members: list[tarfile.TarInfo]
) -> None:
    (tmp_path / "forged").write_bytes(sealed(handed, *members))
    before = sorted(path for path in tmp_path.rglob("*"))
    assert_failed(amparo("restore", tmp_path / "forged", "-i", key, "-o", tmp_path / "restored"))
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_what_the_backup_lacks_is_named(amparo: Amparo, handed: Handed, tmp_path: Path, key: Path) -> None:
    shutil.copytree(handed.vault.folder, tmp_path / "vault")
    payload = min((tmp_path / "vault" / "store").glob("exhibits/*/media.payload"))
    payload.unlink()
    assert amparo("backup", tmp_path / "vault", "-o", tmp_path / "poor.age").code == 0
    said = amparo("restore", tmp_path / "poor.age", "-i", key, "-o", tmp_path / "restored")
    assert_failed(said)
    assert f"exhibits/{payload.parent.name}/media" in said.out
    assert (tmp_path / "restored").is_dir()
