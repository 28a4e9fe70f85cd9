"""A bundle carries, of each authority, the first stamp of a log that held all its source sent; anybody can check it."""

import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from evidence import bundle_stamps
from evidence.errors import EvidenceError
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.note import Note
from evidence.trust import Trust
from tests.oracles import tsa
from tests.oracles.tsa import Tsa
from tests.service import World, succeed
from tests.vault.media import PHOTO
from vault.instance import open_vault
from vault.timestamp_schedule import stamp

pytestmark = pytest.mark.slow


def stamp_now(world: World) -> int:
    """Have the log stamped while the service is down; how much of it was."""
    vault = open_vault(world.vault)
    record = stamp(vault, vault.trust.authorities[0])
    vault.sequencer.run_once()
    vault.close()
    return record.size


@dataclass
class Opened:
    """What a partner has after opening a bundle, the sizes that were stamped, and the authority."""

    folder: Path
    sizes: list[int]
    trust: Trust
    authority: Tsa
    said: str

    @property
    def files(self) -> dict[str, bytes]:
        return {bundle_stamps.FOLDER + path.name: path.read_bytes() for path in self.stamps.iterdir()}

    @property
    def stamps(self) -> Path:
        return self.folder / "custody" / "timestamps"

    @property
    def head(self) -> Checkpoint:
        return Checkpoint.parse(Note.parse((self.folder / "custody" / "checkpoint").read_bytes()).text)

    def check(self, **changed: bytes | None) -> str:
        """What the files say; `changed` are those that differ, None where one is missing."""
        files = self.files
        for name, data in changed.items():
            files.pop(f"{bundle_stamps.FOLDER}one.{name}")
            files |= {} if data is None else {f"{bundle_stamps.FOLDER}one.{name}": data}
        return bundle_stamps.check(files, self.trust, self.head)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("stamped")
    world = World.make(folder)
    with tsa.running(folder / "one") as authority:
        succeed("authority", world.vault, "add", "one", authority.url, authority.root)
        try:
            sizes = [stamp_now(world)]
            world.service.start()
            world.enrol(world.partner, "partner")
            case = world.report([("a.jpg", PHOTO.read_bytes())])["case"]
            world.service.kill()
            sizes += [stamp_now(world), stamp_now(world)]
            world.service.start()
            world.release(case, folder / "bundle.zip")
            done = world.open(folder / "bundle.zip", folder / "opened")
            assert done.code == 0, done.out + done.err
        finally:
            world.service.kill()
        trust = Trust.parse((world.vault / "trust.json").read_bytes())
        yield Opened(folder / "opened", sizes, trust, authority, done.out)


def test_the_first_stamp_that_covers_everything_is_carried_and_openssl_accepts_it(opened: Opened) -> None:
    before, covering, after = opened.sizes
    assert before < covering < after
    assert f"one saw the first {covering} events at 20" in opened.said
    assert {path.suffix for path in opened.stamps.iterdir()} == {".tsr", ".pem", ".checkpoint", ".consistency"}
    reply, note = opened.stamps / "one.tsr", opened.stamps / "one.checkpoint"
    assert tsa.accepts(opened.authority.root, reply, note)
    assert f"\n{covering}\n" in note.read_text()
    assert "custody/timestamps/one.tsr" in (opened.folder / "SHA256SUMS").read_text()
    assert f"one saw the first {covering} events" in (opened.folder / "report.html").read_text()


def test_the_bundle_says_how_its_timestamps_are_checked_and_that_works(opened: Opened) -> None:
    with zipfile.ZipFile(opened.folder.with_name("bundle.zip")) as bundle:
        (name,) = [each for each in bundle.namelist() if each.endswith("/README.txt")]
        text = bundle.read(name).decode()
        bundle.extractall(opened.folder.with_name("unzipped"))
    commands = re.findall(r"^  openssl ts -verify .*\\\n.*$", text, re.MULTILINE)
    assert len(commands) == 3  # one in each language
    for command in commands:
        filled = re.sub(
            r"NOMBRE|NAME|NOM", "one", re.sub(r"(ROOT|RACINE|RAIZ)\.pem", str(opened.authority.root), command)
        )
        where = opened.folder.with_name("unzipped") / name.partition("/")[0]
        done = subprocess.run(["sh", "-c", filled], cwd=where, capture_output=True, text=True, check=False)
        assert "Verification: OK" in done.stdout + done.stderr


def test_what_does_not_belong_together_is_refused(opened: Opened) -> None:
    assert opened.check().startswith("one saw")
    note, lines = (
        opened.files[f"{bundle_stamps.FOLDER}one.checkpoint"],
        opened.files[f"{bundle_stamps.FOLDER}one.consistency"],
    )
    other = opened.authority.reply((opened.authority.folder / "query").read_bytes())
    for name, data in [
        ("tsr", None),
        ("tsr", b""),
        ("tsr", other),  # of the newest stamp, over another checkpoint
        ("checkpoint", None),
        ("checkpoint", (opened.folder / "custody" / "checkpoint").read_bytes()),
        ("checkpoint", note[:-8] + b"AAAAAA=\n"),
        ("consistency", None),
        ("consistency", b""),
        ("consistency", lines.replace(lines[:4], b"AAAA")),
        ("consistency", lines[:-1]),
        ("consistency", lines + b"AAAA\n"),
    ]:
        with pytest.raises(EvidenceError):
            opened.check(**{name: data})


def test_an_authority_that_the_trust_anchor_does_not_name_is_not_believed(opened: Opened) -> None:
    nobody = replace(opened.trust, authorities=())
    said = bundle_stamps.check(opened.files, nobody, opened.head)
    assert said == "1 timestamps by authorities that the trust anchor does not name"
    assert bundle_stamps.check({}, opened.trust, opened.head) == "no timestamps"
