import io
import tarfile
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.oracles import age
from tests.vault.making import Furnished, furnished, report, running
from tests.vault.media import PHOTO
from vault.age.errors import AgeError
from vault.age.identities import decrypt
from vault.backup import write_backup
from vault.database import schema
from vault.errors import StoreError
from vault.fixity import check
from vault.instance import Vault, open_vault


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    return furnished(tmp_path_factory.mktemp("backup") / "vault")


def backup(vault: Vault) -> bytes:
    pieces: list[bytes] = []
    write_backup(vault, pieces.append)
    return b"".join(pieces)


def unpack(data: bytes, folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def test_custodian_unpacks_a_vault_that_works(made: Furnished, tmp_path: Path) -> None:
    (made.folder / "pages").mkdir(exist_ok=True)
    (made.folder / "pages" / "help.en.md").write_text("words")
    with running(made.folder) as vault:
        sealed = backup(vault)
        kept = {key: vault.store.read(key) for key in vault.store.list()}
    restored = unpack(decrypt(sealed, [made.custodian.identity]), tmp_path / "restored")
    assert (restored / "pages" / "help.en.md").read_text() == "words"
    vault = open_vault(restored)
    assert {key: vault.store.read(key) for key in vault.store.list()} == kept
    assert check(vault).faults == []
    vault.close()
    with running(restored) as vault:
        report(vault, PHOTO)


def test_age_opens_a_backup(made: Furnished, tmp_path: Path) -> None:
    with running(made.folder) as vault:
        sealed = backup(vault)
    opened = age.program_decrypt(sealed, made.custodian.write(tmp_path))
    with tarfile.open(fileobj=io.BytesIO(opened)) as tar:
        names = tar.getnames()
        assert [member.name for member in tar if member.mode & 0o077] == []
    assert {"vault.toml", "trust.json", "log.key", "vault.db", "spool", "store/log/checkpoint"} <= set(names)
    assert len(names) == len(set(names))


def test_nobody_else_opens_a_backup_and_nothing_in_it_is_in_the_clear(made: Furnished) -> None:
    with running(made.folder) as vault:
        sealed = backup(vault)
    with pytest.raises(AgeError):
        decrypt(sealed, [made.partner.identity])
    for needle in (b"vault.toml", b"amparo/event/1", made.report.case.encode(), (made.folder / "log.key").read_bytes()):
        assert needle not in sealed


def test_backup_of_a_vault_at_work_is_consistent(made: Furnished, tmp_path: Path) -> None:
    with running(made.folder) as vault:
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                report(vault, statement="more")

        worker = threading.Thread(target=work)
        worker.start()
        try:
            backups = [backup(vault) for _ in range(5)]
        finally:
            stop.set()
            worker.join()
    for number, sealed in enumerate(backups):
        restored = open_vault(unpack(decrypt(sealed, [made.custodian.identity]), tmp_path / str(number)))
        restored.sequencer.run_once()
        assert check(restored).faults == []
        restored.close()


def test_no_snapshot_stays_in_the_spool_even_when_the_disk_is_full(made: Furnished) -> None:
    snapshots: list[Path] = []

    def refuse(_: bytes) -> None:
        snapshots.extend(made.folder.glob("spool/*.db"))
        if snapshots:
            raise StoreError("no space")

    with running(made.folder) as vault:
        with vault.database.transaction() as connection:  # larger than what the tar holds back
            nonces = [{"key_id": f"{number}", "nonce": "n" * 64, "expires": 0} for number in range(20_000)]
            connection.execute(insert(schema.nonces), nonces)
        with pytest.raises(StoreError, match="no space"):
            write_backup(vault, refuse)
    assert len(snapshots) == 1
    assert list((made.folder / "spool").iterdir()) == []
