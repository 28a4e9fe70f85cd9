import subprocess
from pathlib import Path

import pytest

from api.cli.failures import WrongUse
from api.cli.keys import load_identity
from evidence.identity import PublicLine
from tests.cli.commands import Amparo, assert_wrong_use
from tests.oracles import age, require


@pytest.mark.parametrize(("options", "prefix"), [([], "age1pq1"), (["--classic"], "age1")])
def test_writes_a_secret_and_its_public_line(amparo: Amparo, tmp_path: Path, options: list[str], prefix: str) -> None:
    said = amparo("keygen", "ana.1", "-o", tmp_path / "key", *options)
    assert said.code == 0
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "key.pub").read_text() == said.out
    line = PublicLine.parse(said.out)
    assert line.name == "ana.1"
    assert line.recipient.startswith(prefix)
    assert load_identity(tmp_path / "key")[1] == line


def test_age_reads_the_classic_key_file_and_opens_what_is_sealed_to_it(amparo: Amparo, tmp_path: Path) -> None:
    line = PublicLine.parse(amparo("keygen", "ana", "-o", tmp_path / "key", "--classic").out)
    command = [require.tool("age-keygen"), "-y", str(tmp_path / "key")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == line.recipient
    assert age.program_decrypt(age.program_encrypt(b"text", line.recipient), tmp_path / "key") == b"text"


def test_two_keys_differ(amparo: Amparo, tmp_path: Path) -> None:
    assert amparo("keygen", "a", "-o", tmp_path / "1").out != amparo("keygen", "a", "-o", tmp_path / "2").out


@pytest.mark.parametrize("taken", ["key", "key.pub"])
def test_refuses_to_overwrite(amparo: Amparo, tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    assert_wrong_use(amparo("keygen", "ana", "-o", tmp_path / "key"))
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(taken, "mine")]


@pytest.mark.parametrize("name", ["", "a b", "-a", "a" * 65, "ñ"])
def test_refuses_a_name_that_cannot_stand_in_a_public_line(amparo: Amparo, tmp_path: Path, name: str) -> None:
    assert amparo("keygen", "-o", tmp_path / "key", "--", name).code == 2
    assert list(tmp_path.iterdir()) == []


def test_key_that_others_can_read_is_used_with_a_warning(
    amparo: Amparo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    amparo("keygen", "ana", "-o", tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    load_identity(tmp_path / "key")
    assert "chmod 600" in capsys.readouterr().err


def test_key_file_without_its_public_line_or_with_another_is_refused(amparo: Amparo, tmp_path: Path) -> None:
    amparo("keygen", "ana", "-o", tmp_path / "ana")
    amparo("keygen", "ben", "-o", tmp_path / "ben")
    (tmp_path / "ana.pub").write_bytes((tmp_path / "ben.pub").read_bytes())
    with pytest.raises(WrongUse, match="not the public line"):
        load_identity(tmp_path / "ana")
    (tmp_path / "ana.pub").unlink()
    with pytest.raises(WrongUse, match="missing"):
        load_identity(tmp_path / "ana")


@pytest.mark.parametrize("text", ["", "AGE-SECRET-KEY-1NO\n", "\xff", "x" * 70_000])
def test_what_is_no_key_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text, "latin-1")
    with pytest.raises(WrongUse) as refused:
        load_identity(tmp_path / "key")
    assert text[:16] == "" or text[:16] not in refused.value.sentence
