"""`amparo notices`: shows whom a vault tells that something is new, never where, and tries it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.commands import Amparo, assert_failed
from tests.cli.conftest import Handed
from tests.service import free_port
from vault.notices import FILE


@pytest.fixture
def folder(handed: Handed, tmp_path: Path) -> Path:
    shutil.copytree(handed.vault.folder, tmp_path / "vault")
    return tmp_path / "vault"


def write(folder: Path, *addresses: str) -> None:
    (folder / FILE).write_text("".join(f'[[notice]]\nto = "custodians"\naddress = "{each}"\n' for each in addresses))
    (folder / FILE).chmod(0o600)


def test_without_a_file_it_says_that_nobody_is_told(amparo: Amparo, folder: Path) -> None:
    said = amparo("notices", folder)
    assert said.code == 0
    assert FILE in said.out


def test_entries_are_listed_without_their_addresses(amparo: Amparo, folder: Path) -> None:
    write(folder, "json://user:hunter2@192.0.2.1/", "no-such-thing://x")
    said = amparo("notices", folder)
    assert_failed(said)
    assert said.out.splitlines() == ["1  custodians  understood", "2  custodians  FAILED"]
    assert "hunter2" not in said.out + said.err
    assert json.loads(amparo("notices", folder, "--json").out) == [
        {"number": 1, "to": "custodians", "ok": True},
        {"number": 2, "to": "custodians", "ok": False},
    ]


def test_where_nobody_listens_sending_fails(amparo: Amparo, folder: Path) -> None:
    write(folder, f"json://127.0.0.1:{free_port()}/")
    assert_failed(amparo("notices", folder, "--send"))


def test_the_doctor_names_an_address_that_is_none(amparo: Amparo, folder: Path) -> None:
    write(folder, "no-such-thing://x")
    said = amparo("doctor", folder)
    assert_failed(said)
    assert "notices: the address of entry 1" in said.err
    assert "no-such-thing" not in said.err
