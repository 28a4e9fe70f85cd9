"""Whoever takes everything that the server owns cannot open one stored object: it holds no key that opens anything."""

import base64
import contextlib
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests import media
from tests.oracles.require import tool
from tests.paths import ROOT
from tests.service import World
from tests.traces import files
from vault.age.errors import AgeError
from vault.age.identities import HybridIdentity, Identity, KeyIdentity, X25519Identity, open_header
from vault.age.stream import Decryptor

AGE: Final = b"age-encryption.org/v1\n"
STATEMENT: Final = "they took her phone and hit her"
_TOKEN: Final = re.compile(rb"[0-9a-fA-F]{32,64}|[A-Za-z0-9+/]{22,44}={0,2}")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lived_in(world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A vault through which a case went: received with its place sealed, reviewed, released."""
    case = world.report([("a.jpg", media.real("train.jpg"))], STATEMENT, keep_place=True)["case"]
    folder = tmp_path_factory.mktemp("out")
    world.release(case, folder / "bundle.zip", "--with-place")
    world.as_custodian("review", case, "-o", folder / "review")
    return world


@pytest.fixture(scope="module")
def sealed(lived_in: World, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Everything in the vault that is an age file, each as one file as stock tools take it."""
    folder = tmp_path_factory.mktemp("sealed")
    found = [path for path in files([lived_in.vault]) if path.read_bytes().startswith(AGE)]
    for path in [path for path in found if path.suffix == ".header" and path.with_suffix(".payload").exists()]:
        found.remove(path)
        whole = folder / f"{path.parent.name}.age"
        whole.write_bytes(path.read_bytes() + path.with_suffix(".payload").read_bytes())
        found.append(whole)
    return found


def test_no_object_opens_with_any_file_of_the_server(lived_in: World, sealed: list[Path]) -> None:
    age = tool("age")
    keys = [path for path in files([lived_in.vault]) if path.stat().st_size < 1 << 20]
    tries = [(key, sealed[-1]) for key in keys] + [(lived_in.vault / "log.key", path) for path in sealed]
    assert len(tries) > 20
    for key, path in tries:
        done = subprocess.run([age, "-d", "-i", key, path], capture_output=True, check=False)
        assert done.returncode != 0
        assert done.stdout == b""


def test_no_number_that_the_server_keeps_is_a_key(lived_in: World, sealed: list[Path]) -> None:
    numbers = _numbers(lived_in.vault)
    assert base64.b64decode((lived_in.vault / "log.key").read_bytes()) in numbers
    heads = [path.read_bytes()[: 1 << 17] for path in sealed]
    for secret in (each for each in numbers if len(each) == 32):
        identities: list[Identity] = [X25519Identity(secret), HybridIdentity(secret)]
        for head in heads:
            with pytest.raises(AgeError):
                open_header(head, identities)


def test_no_number_that_the_server_keeps_is_a_file_key(lived_in: World) -> None:
    payloads = [path.read_bytes()[: 1 << 17] for path in files([lived_in.vault]) if path.suffix == ".payload"]
    payloads += [path.read_bytes() for path in files([lived_in.vault]) if "/receipt/" in str(path)]
    assert len(payloads) == 2
    keys = {number[at : at + 16] for number in _numbers(lived_in.vault) for at in (0, len(number) - 16)}
    for key in keys:
        for payload in payloads:
            with pytest.raises(AgeError):
                Decryptor(key).update(payload + bytes(1 << 17))


def test_the_custodian_opens_what_nobody_else_could(lived_in: World, sealed: list[Path]) -> None:
    # The counterproof: the tries above fail for want of the key, not because the objects are noise.
    opened = [_opened(path.read_bytes(), lived_in.custodian.identity) for path in sealed]
    assert any(plain.endswith(STATEMENT.encode()) for plain in opened)
    assert any(plain.startswith(b"\xff\xd8\xff") for plain in opened)
    assert sum(plain != b"" for plain in opened) == 4  # media, record, withheld, statement


def test_a_custodian_needs_nothing_of_ours_to_open_an_exhibit(tmp_path: Path) -> None:
    # With a classic key, because older releases of age do not know post-quantum ones.
    age = tool("age")
    world = World.make(tmp_path, classic=True)
    world.service.start()
    photo = media.noise()
    try:
        world.report([("a.jpg", photo)])
    finally:
        world.service.kill()
    (payload,) = [path for path in files([world.vault]) if path.suffix == ".payload"]
    whole = payload.with_suffix(".header").read_bytes() + payload.read_bytes()
    done = subprocess.run([age, "-d", "-i", world.custodian.key], input=whole, capture_output=True, check=True)
    assert done.stdout == photo


def test_the_service_never_loads_what_could_open_anything(lived_in: World) -> None:
    script = (
        "import sys, json; from pathlib import Path; import api.cli.serve; from vault.instance import open_vault;"
        "app = api.cli.serve.create_app(open_vault(Path(sys.argv[1]))); print(json.dumps(sorted(sys.modules)))"
    )
    command = [sys.executable, "-c", script, str(lived_in.vault)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    loaded = json.loads(done.stdout)
    assert "vault.intake" in loaded
    assert [name for name in loaded if name in {"vault.age.identities", "vault.opening"}] == []


def test_the_service_cannot_dump_its_memory_to_a_disk(lived_in: World) -> None:
    limits = Path(f"/proc/{lived_in.service.pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def _opened(data: bytes, identity: KeyIdentity) -> bytes:
    """What the identity reads in an age file; nothing when it is sealed to somebody else."""
    try:
        key, length = open_header(data[: 1 << 20], [identity])
        decryptor = Decryptor(key)
        return decryptor.update(data[length:]) + decryptor.finish()
    except AgeError:
        return b""


def _numbers(vault: Path) -> set[bytes]:
    """Every number of 16 to 32 bytes that stands in a file of the vault or in its database, however it is written."""
    found: set[bytes] = set()
    for path in files([vault]):
        if path.suffix in {".payload", ".age"}:
            continue
        for token in _TOKEN.findall(path.read_bytes()[: 1 << 20]):
            found |= set(_read(token))
    found |= set(_blobs(vault / "vault.db"))
    return {number for number in found if 16 <= len(number) <= 32}


def _read(token: bytes) -> Iterator[bytes]:
    with contextlib.suppress(ValueError):
        yield bytes.fromhex(token.decode())
    with contextlib.suppress(ValueError):
        yield base64.b64decode(token + b"=" * (-len(token) % 4))


def _blobs(database: Path) -> Iterator[bytes]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in connection.execute(f"select * from {table}"):  # noqa: S608 - names from the database's own list
                yield from (value for value in row if isinstance(value, bytes))
    finally:
        connection.close()
