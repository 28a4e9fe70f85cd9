"""A lawyer opens a bundle with nothing of ours: the commands of its README, letter for letter, in each language."""

import hashlib
import json
import re
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from api.web.bundle_texts import LANGUAGES, LINE
from tests.oracles import require
from tests.service import Person, World
from tests.vault.media import FILM, PHOTO

pytestmark = pytest.mark.slow

STATEMENT: Final = "They took the phone at noon."
KEY: Final = re.compile(r"YOUR\.key|VOTRE\.key|SU\.key")
_COMMAND: Final = re.compile(r"^  ((?:unzip|cd|sha256sum|age) .*)$", re.MULTILINE)


@dataclass(frozen=True)
class Handed:
    """What the lawyer has, and what the vault told the source of the first exhibit."""

    bundle: Path
    key: Path
    request: str
    sha256: str

    @property
    def read_me(self) -> str:
        with zipfile.ZipFile(self.bundle) as bundle:
            return bundle.read(f"{self.request}/README.txt").decode()


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    folder = tmp_path_factory.mktemp("walk")
    with World.running(folder) as world:
        lawyer = Person.new(folder, "attorney", classic=True)  # an age key that Debian's age knows
        world.enrol(lawyer, "partner")
        told = world.report([("a.jpg", PHOTO.read_bytes()), ("b.mp4", FILM.read_bytes())], STATEMENT)
        request = world.ask(told["case"], partner=lawyer)
        world.as_custodian("approve", request)
        bundle = folder / f"{request}.zip"
        world.as_partner("download", request, "-o", bundle, partner=lawyer)
    return Handed(bundle, lawyer.key, request, told["exhibits"][0]["sha256"])


def walk(handed: Handed, commands: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Type the commands one after the other, each on a line of its own; the first that fails ends it."""
    for tool in ("unzip", "sha256sum", "age"):
        require.tool(tool)
    (folder / handed.bundle.name).write_bytes(handed.bundle.read_bytes())
    script = "\n".join(["set -e", *(KEY.sub(str(handed.key), each) + "\necho" for each in commands)])
    return subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("place", range(len(LANGUAGES)), ids=LANGUAGES)
def test_the_commands_of_the_readme_open_the_first_exhibit(handed: Handed, place: int, tmp_path: Path) -> None:
    commands = _COMMAND.findall(handed.read_me.split(LINE)[place + 1])
    assert [each.split()[0] for each in commands] == [
        "unzip",
        "cd",
        "sha256sum",
        "sha256sum",
        "age",
        "age",
        "sha256sum",
    ]
    done = walk(handed, commands, tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    printed = done.stdout.split()[-2]  # and the name of the file
    assert printed == record["media"]["sha256"] == handed.sha256
    opened = tmp_path / handed.request / "E01"
    assert hashlib.sha256(opened.read_bytes()).hexdigest() == handed.sha256
    assert opened.read_bytes()[:3] == PHOTO.read_bytes()[:3]


def test_every_language_has_the_same_commands(handed: Handed) -> None:
    said = [_COMMAND.findall(KEY.sub("KEY", text)) for text in handed.read_me.split(LINE)[1:]]
    assert said[0] == said[1] == said[2]


def test_every_file_of_the_bundle_is_named_in_every_language_and_opens(handed: Handed, tmp_path: Path) -> None:
    with zipfile.ZipFile(handed.bundle) as bundle:
        names = [name.removeprefix(f"{handed.request}/") for name in bundle.namelist()]
    for text in handed.read_me.split(LINE)[1:]:
        for name in names:
            known = name.replace("E02", "E01") if "E02" in name else name
            assert known in text or known.startswith("data/custody/") or known == "README.txt", name
    sealed = [name for name in names if name.endswith(".age")]
    commands = [f"unzip {handed.bundle.name}", f"cd {handed.request}"]
    done = walk(
        handed, [*commands, *(f"age -d -i YOUR.key -o opened-{at} {name}" for at, name in enumerate(sealed))], tmp_path
    )
    assert done.returncode == 0, done.stderr
    opened = tmp_path / handed.request / f"opened-{sealed.index('data/statement-1.txt.age')}"
    assert opened.read_text().endswith(STATEMENT)


def test_one_bit_changed_on_the_way_is_seen_by_the_first_check(handed: Handed, tmp_path: Path) -> None:
    data = bytearray(handed.bundle.read_bytes())
    with zipfile.ZipFile(handed.bundle) as bundle:
        info = bundle.getinfo(f"{handed.request}/data/E01/media.age")
    data[info.header_offset + 1000] ^= 1
    changed = tmp_path / "changed.zip"
    changed.write_bytes(data)
    commands = ["unzip -o -q changed.zip || true", f"cd {handed.request}", "sha256sum -c manifest-sha256.txt"]
    done = walk(handed, commands, tmp_path)
    assert done.returncode != 0
    assert "data/E01/media.age: FAILED" in done.stdout
