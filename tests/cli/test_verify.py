import shutil
from pathlib import Path

from tests.cli.commands import Amparo, assert_failed, assert_wrong_use
from tests.cli.conftest import Handed


def test_checks_what_needs_no_key(amparo: Amparo, handed: Handed) -> None:
    said = amparo("verify", handed.bundle, "--trust", handed.trust)
    assert (said.code, said.err) == (0, "")
    assert [line.split()[:3] for line in said.out.splitlines()[:3]] == [
        ["✓", "1", "archive"],
        ["✓", "2", "bag"],
        ["✓", "3", "checkpoint"],
    ]


def test_json_is_the_contract(amparo: Amparo, handed: Handed) -> None:
    answer = amparo("verify", handed.bundle, "--trust", handed.trust, "--json").json
    assert answer["ok"] is True
    assert [set(check) for check in answer["checks"]] == [{"number", "name", "ok", "detail"}] * 3


def test_changed_bundle_fails(amparo: Amparo, handed: Handed, tmp_path: Path) -> None:
    changed = flipped(handed.bundle, tmp_path / "changed.zip", 5000)
    said = amparo("verify", changed, "--trust", handed.trust)
    assert_failed(said)
    assert "✗  2 bag" in said.out
    assert amparo("verify", changed, "--trust", handed.trust, "--json").json["ok"] is False


def test_what_is_no_bundle_fails(amparo: Amparo, handed: Handed) -> None:
    assert_failed(amparo("verify", handed.key, "--trust", handed.trust))


def test_what_is_no_trust_anchor_is_wrong_use(amparo: Amparo, handed: Handed, tmp_path: Path) -> None:
    assert_wrong_use(amparo("verify", handed.bundle, "--trust", handed.key))
    assert_wrong_use(amparo("verify", handed.bundle, "--trust", tmp_path / "missing.json"))
    assert_wrong_use(amparo("verify", handed.bundle))


def flipped(source: Path, target: Path, at: int) -> Path:
    """A copy with one bit changed."""
    shutil.copyfile(source, target)
    with target.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))
    return target
