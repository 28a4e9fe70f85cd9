from pathlib import Path

import pytest

from evidence.trust import Trust
from tests.cli.commands import Amparo, assert_explained, assert_wrong_use
from tests.vault.making import person


@pytest.fixture
def public(tmp_path: Path) -> list[Path]:
    for name in ("one", "two"):
        person(name).write(tmp_path)
    return [tmp_path / "one.pub", tmp_path / "two.pub"]


def test_makes_a_vault_and_prints_the_logs_key(amparo: Amparo, tmp_path: Path, public: list[Path]) -> None:
    folder = tmp_path / "vault"
    said = amparo("init", folder, "--custodian", *public, "--origin", "vault.example/log")
    trust = Trust.parse((folder / "trust.json").read_bytes())
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0] == trust.log.vkey
    assert str(folder / "trust.json") in said.out
    assert trust.origin == "vault.example/log"
    assert [line.name for line in trust.custodians] == ["one", "two"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert amparo("fixity", folder).code == 0


def test_custodians_may_be_named_one_by_one(amparo: Amparo, tmp_path: Path, public: list[Path]) -> None:
    said = amparo("init", tmp_path / "vault", "--custodian", public[0], "--custodian", public[1])
    assert said.code == 0
    assert len(Trust.parse((tmp_path / "vault" / "trust.json").read_bytes()).custodians) == 2


def test_refuses_a_folder_that_holds_something(amparo: Amparo, tmp_path: Path, public: list[Path]) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "mine").write_text("mine")
    assert_wrong_use(amparo("init", tmp_path / "vault", "--custodian", *public))
    assert [each.name for each in (tmp_path / "vault").iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "options",
    [
        ["--quorum", "3"],
        ["--quorum", "0"],
        ["--quorum", "x"],
        ["--db", "nonsense"],
        ["--db", "nonsense://host/name"],
        ["--store", "nonsense:"],
        ["--store", "s3://bucket?endpoint=http://127.0.0.1:9"],
        ["--origin", "with blank"],
        ["--custodian", "missing.pub"],
    ],
)
def test_what_cannot_be_is_explained_and_leaves_nothing(
    amparo: Amparo, tmp_path: Path, public: list[Path], options: list[str]
) -> None:
    said = amparo("init", tmp_path / "vault", "--custodian", *public, *options)
    assert said.code in {1, 2}
    assert_explained(said)
    assert not (tmp_path / "vault").exists()


def test_secret_key_in_place_of_a_public_line_is_refused_without_repeating_it(
    amparo: Amparo, tmp_path: Path, public: list[Path]
) -> None:
    said = amparo("init", tmp_path / "vault", "--custodian", public[0].with_suffix(""))
    assert_wrong_use(said)
    assert "AGE-SECRET-KEY" not in said.err


def test_half_of_the_credentials_is_wrong_use(
    amparo: Amparo, tmp_path: Path, public: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMPARO_S3_ACCESS_KEY", "half")
    monkeypatch.delenv("AMPARO_S3_SECRET_KEY", raising=False)
    assert_wrong_use(amparo("init", tmp_path / "vault", "--custodian", *public))
