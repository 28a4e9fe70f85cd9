import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.extensions import extension_of
from evidence.archive import Source
from evidence.exhibit import ExhibitRecord, parse_withheld
from evidence.segments import restore
from redaction.containers.formats import ACCEPTED
from tests.cli.commands import Amparo, assert_failed, assert_wrong_use
from tests.cli.conftest import Handed
from tests.cli.test_verify import flipped
from tests.oracles import require
from tests.vault.media import FILM, PHOTO
from vault.opening import AgeOpener


@pytest.fixture
def opened(amparo: Amparo, handed: Handed, tmp_path: Path) -> Path:
    folder = tmp_path / "opened"
    said = amparo("open", handed.bundle, "-i", handed.key, "-o", folder, "--trust", handed.trust)
    assert (said.code, said.err) == (0, "")
    return folder


def test_writes_plain_files_and_nothing_else(opened: Path) -> None:
    files = {str(path.relative_to(opened)) for path in opened.rglob("*") if path.is_file()}
    assert files == {
        *("E01.jpg", "E02.mp4", "statement-1.txt", "case.json", "report.html", "SHA256SUMS"),
        *("custody/events.json", "custody/approvals.json", "custody/checkpoint"),
        *("records/E01.json", "records/E02.json", "withheld/E01.json", "withheld/E02.json"),
    }
    first, _, words = (opened / "statement-1.txt").read_text().partition("\n\n")
    assert first.endswith(", statement 1")
    assert words == "It happened at noon."
    assert [path for path in opened.rglob("*") if path.stat().st_mode & 0o077] == []
    assert [path.name for path in opened.parent.iterdir()] == ["opened"]


def test_sha256sum_agrees_with_every_file(opened: Path) -> None:
    command = [require.tool("sha256sum"), "--check", "--strict", "SHA256SUMS"]
    done = subprocess.run(command, cwd=opened, capture_output=True, text=True, check=True)
    assert done.stdout.count(": OK") == 12


@pytest.mark.parametrize(("name", "original"), [("E01.jpg", PHOTO), ("E02.mp4", FILM)])
def test_what_was_withheld_completes_the_exhibit_to_the_original(opened: Path, name: str, original: Path) -> None:
    record = ExhibitRecord.parse((opened / "records" / f"{name[:3]}.json").read_bytes())
    _, segments = parse_withheld((opened / "withheld" / f"{name[:3]}.json").read_bytes())
    redacted = (opened / name).read_bytes()
    assert redacted != original.read_bytes()
    assert b"".join(restore([redacted], record.withheld, segments)) == original.read_bytes()


def test_report_tells_what_was_checked(opened: Path, handed: Handed) -> None:
    page = (opened / "report.html").read_text()
    assert handed.vault.report.case in page
    assert page.count("passed") == 12
    assert "FAILED" not in page


def test_json_is_the_contract(amparo: Amparo, handed: Handed, tmp_path: Path) -> None:
    said = amparo("open", handed.bundle, "-i", handed.key, "-o", tmp_path / "o", "--trust", handed.trust, "--json")
    assert said.json["ok"] is True
    assert [check["number"] for check in said.json["checks"]] == list(range(1, 13))


@pytest.mark.parametrize("at", [100, 5_000, 20_000, 40_000, 60_000, 70_000])
def test_changed_bundle_leaves_no_folder(amparo: Amparo, handed: Handed, tmp_path: Path, at: int) -> None:
    changed = flipped(handed.bundle, tmp_path / "changed.zip", at)
    said = amparo("open", changed, "-i", handed.key, "-o", tmp_path / "out", "--trust", handed.trust)
    assert_failed(said)
    assert [each.name for each in tmp_path.iterdir()] == ["changed.zip"]


def test_cut_bundle_leaves_no_folder(amparo: Amparo, handed: Handed, tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(handed.bundle.read_bytes()[:-1])
    assert_failed(amparo("open", tmp_path / "cut.zip", "-i", handed.key, "-o", tmp_path / "o", "--trust", handed.trust))
    assert [each.name for each in tmp_path.iterdir()] == ["cut.zip"]


def test_another_key_leaves_no_folder(amparo: Amparo, handed: Handed, tmp_path: Path) -> None:
    said = amparo("open", handed.bundle, "-i", handed.stranger, "-o", tmp_path / "out", "--trust", handed.trust)
    assert_failed(said)
    assert "✗  4 key" in said.out
    assert list(tmp_path.iterdir()) == []


def test_trust_anchor_of_another_vault_fails(amparo: Amparo, handed: Handed, tmp_path: Path) -> None:
    amparo("init", tmp_path / "other", "--custodian", handed.stranger.with_name("stranger.pub"))
    trust = tmp_path / "other" / "trust.json"
    assert_failed(amparo("open", handed.bundle, "-i", handed.key, "-o", tmp_path / "out", "--trust", trust))
    assert not (tmp_path / "out").exists()


def test_folder_that_exists_is_refused_and_kept(amparo: Amparo, handed: Handed, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    assert_wrong_use(amparo("open", handed.bundle, "-i", handed.key, "-o", tmp_path, "--trust", handed.trust))
    assert [each.read_text() for each in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("reading", [1, 2, 3])
def test_bundle_that_changes_after_it_was_verified_leaves_no_folder(
    amparo: Amparo, handed: Handed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reading: int
) -> None:
    """The second pass compares again: here the opener gives other bytes once everything was verified."""
    genuine, seen = AgeOpener.__call__, dict[int, int]()

    def changing(self: AgeOpener, source: Source) -> Iterator[bytes]:
        seen[source.size] = seen.get(source.size, 0) + 1
        for chunk in genuine(self, source):
            second = seen[source.size] == 2 and len([size for size, times in seen.items() if times > 1]) == reading
            yield chunk[:-1] + bytes([chunk[-1] ^ 1]) if second and chunk else chunk

    monkeypatch.setattr(AgeOpener, "__call__", changing)
    assert_failed(amparo("open", handed.bundle, "-i", handed.key, "-o", tmp_path / "o", "--trust", handed.trust))
    assert list(tmp_path.iterdir()) == []


def test_case_is_what_was_asked_for(opened: Path, handed: Handed) -> None:
    case = json.loads((opened / "case.json").read_bytes())
    assert (case["case"], case["request"]) == (handed.vault.report.case, handed.vault.request)


def test_every_accepted_kind_has_an_extension() -> None:
    assert [kind for kind in ACCEPTED if extension_of(kind) == ".bin"] == []
