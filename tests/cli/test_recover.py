"""The server is gone: the drill of docs/recovery.md, line by line, and what can go wrong in it."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import Amparo
from tests.oracles.require import tool
from tests.paths import ROOT
from tests.vault.making import Person, new_vault, person, report, running
from tests.vault.media import FILM, PHOTO


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return [person("alice"), person("bob"), person("carol")]


@pytest.fixture(scope="module")
def left(people: list[Person], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is left of a vault with a quorum of two: a copy of its store, and the custodians' key files."""
    folder = tmp_path_factory.mktemp("left")
    new_vault(folder / "vault", *people, quorum=2)
    with running(folder / "vault") as vault:
        report(vault, PHOTO, FILM, statement="It happened at noon.", keep_place=True)
    (folder / "vault" / "store").rename(folder / "store")
    shutil.rmtree(folder / "vault")
    for each in people:
        each.write(folder).rename(folder / f"{each.line.name}.key")
        (folder / f"{each.line.name}.pub").rename(folder / f"{each.line.name}.key.pub")
    return folder


@pytest.fixture
def place(left: Path, tmp_path: Path) -> Path:
    return shutil.copytree(left, tmp_path / "left")


def test_the_drill_of_the_documents_opens_everything(place: Path) -> None:
    tool("age")
    commands = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "recovery.md").read_text("utf-8"), re.DOTALL)
    assert len(commands) == 3
    wrapper = place.parent / "amparo"
    wrapper.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m api.cli.main "$@"\n')
    wrapper.chmod(0o700)
    environment = {**os.environ, "PATH": f"{place.parent}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-e", "-c", "\n".join(commands)], cwd=place, env=environment, check=True)
    opened = {path.name.split("-", 2)[2]: path for path in (place / "recovered").iterdir() if "-E0" in path.name}
    assert set(opened) == {"E01.jpg", "E01.withheld.json", "E02.mp4", "E02.withheld.json"}
    assert len(opened["E01.jpg"].read_bytes()) == PHOTO.stat().st_size
    assert len(opened["E02.mp4"].read_bytes()) == FILM.stat().st_size
    assert opened["E01.jpg"].read_bytes()[:3] == b"\xff\xd8\xff"
    assert opened["E01.withheld.json"].read_bytes().startswith(b"{")
    assert {stat.S_IMODE(path.stat().st_mode) for path in opened.values()} == {0o600}


def shares(amparo: Amparo, place: Path, by: str, to: str = "alice") -> Path:
    words = ("recover", "shares", place / "store", "-i", place / f"{by}.key", "--to", place / f"{to}.key.pub")
    said = amparo(*words, "-o", place / f"{by}.shares")
    assert said.code == 0, said.err
    return place / f"{by}.shares"


def test_one_custodian_alone_recovers_nothing(amparo: Amparo, place: Path) -> None:
    said = amparo("recover", "join", place / "store", "-i", place / "alice.key", "-o", place / "out")
    assert (said.code, (place / "out").exists()) == (1, False)
    assert "lack shares of 1 more" in said.err


def test_two_keys_at_one_place_need_no_shares(amparo: Amparo, place: Path) -> None:
    keys = ("-i", place / "carol.key", "-i", place / "bob.key")
    said = amparo("recover", "join", place / "store", *keys, "-o", place / "out")
    assert said.code == 0, said.err
    assert "headers to carol for 4 of 4 objects" in said.out


def test_shares_for_somebody_else_are_named(amparo: Amparo, place: Path) -> None:
    given = shares(amparo, place, "bob", to="carol")
    said = amparo("recover", "join", place / "store", "-i", place / "alice.key", "--shares", given, "-o", place / "out")
    assert said.code == 1
    assert "bob.shares holds no shares for alice" in said.err


def test_a_damaged_share_is_made_good_by_a_third(amparo: Amparo, place: Path) -> None:
    (header, *_) = sorted((place / "store" / "exhibits").glob("*/media.header"))
    data = bytearray(header.read_bytes())
    body = data.index(b"\n", data.index(b"-> amparo/share/1 2 2 ")) + 1
    data[body] = ord("A") if data[body] != ord("A") else ord("B")
    header.write_bytes(data)
    bob, carol = shares(amparo, place, "bob"), shares(amparo, place, "carol")
    words = ("recover", "join", place / "store", "-i", place / "alice.key")
    said = amparo(*words, "--shares", bob, "-o", place / "less")
    assert said.code == 1
    assert "for 3 of 4 objects" in said.out
    said = amparo(*words, "--shares", bob, "--shares", carol, "-o", place / "out")
    assert "for 4 of 4 objects" in said.out
    assert said.code == 0, said.err


def test_a_damaged_record_costs_its_exhibit_alone(amparo: Amparo, place: Path) -> None:
    (record, *_) = sorted((place / "store" / "exhibits").glob("*/record.age"))
    record.write_bytes(record.read_bytes()[:-1])
    given = shares(amparo, place, "bob")
    said = amparo("recover", "join", place / "store", "-i", place / "alice.key", "--shares", given, "-o", place / "out")
    assert (said.code, "for 2 of 2 objects" in said.out) == (1, True)
    assert f"exhibits/{record.parent.name}/record.age is damaged" in said.err


def test_a_folder_that_is_no_store_is_wrong_use(amparo: Amparo, place: Path) -> None:
    said = amparo("recover", "join", place, "-i", place / "alice.key", "-o", place / "out")
    assert said.code == 2
