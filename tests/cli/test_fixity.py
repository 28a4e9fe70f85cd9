import shutil
from pathlib import Path

import pytest

from tests.cli.commands import Amparo, assert_failed
from tests.cli.conftest import Handed
from tests.oracles import age


@pytest.fixture
def folder(handed: Handed, tmp_path: Path) -> Path:
    shutil.copytree(handed.vault.folder, tmp_path / "vault")
    return tmp_path / "vault"


def damage(folder: Path) -> str:
    path = min((folder / "store").glob("exhibits/*/media.payload"))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    return f"exhibits/{path.parent.name}/media"


def test_fixity_of_a_whole_vault_passes(amparo: Amparo, folder: Path) -> None:
    said = amparo("fixity", folder)
    assert (said.code, said.out, said.err) == (0, "objects: 7, faults: 0\n", "")
    assert amparo("fixity", folder, "--json").json == {
        "ok": True,
        "objects": 7,
        "faults": [],
        "orphans": [],
        "removed": [],
        "recorded": True,
    }


def test_fixity_names_what_is_changed(amparo: Amparo, folder: Path) -> None:
    key = damage(folder)
    said = amparo("fixity", folder)
    assert_failed(said)
    assert f"{key}: its payload is not the one that was sealed" in said.out
    assert amparo("fixity", folder, "--json").json["ok"] is False


@pytest.mark.parametrize("command", [["fixity"], ["rebuild"], ["backup", "-o", "b"]])
def test_folder_that_is_no_vault_is_explained(
    amparo: Amparo, tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = amparo(*command, tmp_path)
    assert_failed(said)
    assert "no vault here" in said.err
    assert list(tmp_path.iterdir()) == []


def test_rebuild_says_what_came_back_and_where_the_old_database_is(amparo: Amparo, folder: Path) -> None:
    said = amparo("rebuild", folder)
    assert (said.code, said.err) == (0, "")
    assert "cases: 1, exhibits: 2" in said.out
    (old,) = folder.glob("vault.db.old-*")
    assert str(old) in said.out
    assert amparo("fixity", folder).code == 0


def test_rebuild_of_a_damaged_log_fails_and_changes_nothing(amparo: Amparo, folder: Path) -> None:
    (bundle,) = (path for path in (folder / "store" / "events").rglob("*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes().replace(b"system", b"sistem", 1))
    before = (folder / "vault.db").read_bytes()
    assert_failed(amparo("rebuild", folder))
    assert (folder / "vault.db").read_bytes() == before


def test_file_that_is_no_database_is_explained(amparo: Amparo, folder: Path) -> None:
    (folder / "vault.db").write_bytes(b"no database" * 1000)
    assert_failed(amparo("fixity", folder))


def test_backup_opens_with_age_and_is_never_overwritten(
    amparo: Amparo, folder: Path, handed: Handed, tmp_path: Path
) -> None:
    said = amparo("backup", folder, "-o", tmp_path / "backup.age")
    assert (said.code, said.err) == (0, "")
    key = handed.vault.custodian.write(tmp_path)
    assert b"vault.toml" in age.program_decrypt((tmp_path / "backup.age").read_bytes(), key)
    assert (tmp_path / "backup.age").stat().st_mode & 0o777 == 0o600
    assert amparo("backup", folder, "-o", tmp_path / "backup.age").code == 2
