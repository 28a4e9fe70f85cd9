"""What an auditor keeps makes the next audit small, and shows when it was damaged or changed."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from api.cli.audit_memory import AuditMemory
from evidence.audit_state import AuditState
from evidence.tlog.merkle import EMPTY_ROOT, Frontier
from tests.audience import Audience, faults
from tests.evidence.claims import ORIGIN, Log, approved, created, enrolled, opened, requested, sealed
from tests.logserver import LogServer

LONG: Final = Log([created(), *(opened(f"{number:04}-0000") for number in range(999)), enrolled(), opened()])
SIZE: Final = len(LONG.events)
LONGER: Final = Log([*LONG.events, requested(), approved(), sealed()])
"""A release that rests on who was enrolled and which case was opened before."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state file about `LONG`."""
    folder = tmp_path_factory.mktemp("kept")
    with LogServer.running(folder, LONG) as server:
        assert server.audit("--state", folder / "state").code == 0
    return folder / "state"


@pytest.fixture
def audience(kept: Path, tmp_path: Path) -> Iterator[Audience]:
    with LogServer.running(tmp_path, LONG) as server:
        yield Audience(server, Path(shutil.copy(kept, tmp_path / "state")))


def test_only_what_is_new_is_read(audience: Audience) -> None:
    done = audience.audit(LONGER)
    assert faults(done) == []
    assert done.json["since"] == SIZE
    asked = audience.server.asked
    assert asked.count("/api/audit/events") == 1
    assert len([path for path in asked if "/entries/" in path]) == 1
    assert len(asked) <= 8, asked  # with the checkpoint, and the tiles of the proof
    assert audience.audit(LONGER).json["since"] == SIZE + 3


def test_a_rule_that_rests_on_earlier_events_holds_in_a_later_audit(audience: Audience) -> None:
    """The same request once more; that it was used is known from the file alone."""
    assert faults(audience.audit(LONGER)) == []
    again = Log([*LONGER.events, requested(request="R-CCCCCCCCCCCC")])
    what = "release.requested: a signed document that was used before"
    assert faults(audience.audit(again)) == [("releases", SIZE + 3, what)]


def test_a_full_audit_reads_everything_again(audience: Audience) -> None:
    done = audience.audit(LONGER, "--full")
    assert faults(done) == []
    assert done.json["since"] == 0
    assert audience.audit(LONGER).json["since"] == SIZE + 3


def test_who_has_no_key_for_once_loses_nothing(audience: Audience) -> None:
    """The events that were not read then are read the next time, and no others."""
    audience.server.log = LONGER
    assert faults(audience.server.audit("--state", audience.state, with_key=False)) == []
    done = audience.audit(Log([*LONGER.events, opened("ZZZZ-ZZZZ")]))
    assert faults(done) == []
    assert done.json["since"] == SIZE


def test_a_broken_rule_is_told_each_time_until_it_is_acknowledged(audience: Audience) -> None:
    bad = Log([*LONG.events, sealed()])
    for options in ((), (), ("--acknowledge",)):
        assert [step for step, _, _ in faults(audience.audit(bad, *options))] == ["releases"]
    assert faults(audience.audit(Log([*bad.events, opened("ZZZZ-ZZZZ")]))) == []


def test_a_changed_log_cannot_be_acknowledged(audience: Audience) -> None:
    before = audience.state.read_bytes()
    forked = Log([*LONG.events[:-1], opened("ZZZZ-ZZZZ")])
    assert [step for step, _, _ in faults(audience.audit(forked, "--acknowledge"))] == ["append-only"]
    assert audience.state.read_bytes() == before


def test_a_first_audit_that_fails_leaves_no_file(audience: Audience, tmp_path: Path) -> None:
    audience.server.log = Log([created(), sealed()])
    assert audience.server.audit("--state", tmp_path / "new").code == 1
    assert not (tmp_path / "new").exists()


def test_only_its_owner_may_read_the_file(audience: Audience, tmp_path: Path) -> None:
    assert audience.server.audit("--state", tmp_path / "new").code == 0
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


# Damage. Each time everything is read instead, the file is left as it is, and that it cannot be used is the one fault.


def change(statement: str, *values: object) -> Callable[[Path], None]:
    def changed(state: Path) -> None:
        with sqlite3.connect(state) as file:
            assert file.execute(statement, values).rowcount

    return changed


def cut(length: int) -> Callable[[Path], None]:
    def cut_off(state: Path) -> None:
        state.write_bytes(state.read_bytes()[:length])

    return cut_off


def head_made_good(state: Path) -> None:
    """Another list of hashes is named in the head, whose own hash fits."""
    with sqlite3.connect(state) as file:
        (head,) = file.execute("select value from meta where name = 'head'").fetchone()
        head = head.replace(b'"memory":"', b'"memory":"0', 1)
        file.execute("update meta set value = ? where name = 'head'", (head,))
        file.execute("update meta set value = ? where name = 'head_sha256'", (hashlib.sha256(head).digest(),))


def another_file(state: Path) -> None:
    state.write_bytes(b'{"format":"amparo/audit-state/1"}')


def another_version(state: Path) -> None:
    with sqlite3.connect(state) as file:
        file.execute("pragma user_version = 1")


DAMAGES: Final = {
    "cut to nothing": cut(0),
    "cut in the first page": cut(100),
    "cut in the middle": cut(40960),
    "another file": another_file,
    "another version": another_version,
    "head edited": change("update meta set value = replace(value, 'vault', 'fault') where name = 'head'"),
    "head edited with its hash": head_made_good,
    "hash of the head edited": change("update meta set value = zeroblob(32) where name = 'head_sha256'"),
    "head removed": change("delete from meta where name = 'head'"),
    "list of hashes edited": change("update meta set value = zeroblob(262144) where name = 'digests'"),
    "memory edited": change("update pieces set content = cast(replace(content, 'enrolled', 'revoked_') as blob)"),
    "memory removed": change("delete from pieces"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_edited_state_file_is_caught(audience: Audience, damage: str) -> None:
    DAMAGES[damage](audience.state)
    before = audience.state.read_bytes()
    ((step, number, what),) = faults(audience.audit(LONGER))
    assert (step, number) == ("append-only", None)
    assert what.startswith("the state file ")
    assert audience.state.read_bytes() == before


def test_a_state_file_of_another_vault_is_caught(audience: Audience) -> None:
    with AuditMemory(audience.state) as memory:
        state = memory.open()
        assert state is not None
        memory.keep(replace(state, origin="vault.example/log"))
    before = audience.state.read_bytes()
    assert faults(audience.audit(LONGER)) == [("append-only", None, "what was kept is of another vault")]
    assert audience.state.read_bytes() == before


def test_a_state_with_another_checkpoint_than_its_tree_is_caught(audience: Audience) -> None:
    """Its hashes are good, but the log never signed that."""
    with AuditMemory(audience.state) as memory:
        state = memory.open()
        assert state is not None
        memory.keep(replace(state, note=LONGER.files["checkpoint"]))
    assert faults(audience.audit(LONGER)) == [("append-only", None, "what was kept contradicts itself")]


def test_a_state_file_that_another_audit_uses_is_left_alone(audience: Audience) -> None:
    with AuditMemory(audience.state) as memory:
        memory.open()
        done = audience.audit(LONGER)
    assert done.code == 1
    assert "another audit uses it" in done.err


# The memory itself


def test_the_file_remembers_as_a_dict_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it must write and forget in between, and when a text looks like another's key."""
    monkeypatch.setattr("api.cli.audit_memory.CACHED_TEXTS", 50)
    monkeypatch.setattr("api.cli.audit_memory.CACHED_BYTES", 2000)
    monkeypatch.setattr("api.cli.audit_memory.PIECES", 16)
    expected, state = dict[str, str](), AuditState(ORIGIN, b"", EMPTY_ROOT, Frontier(), Frontier())
    for round_ in range(3):
        with AuditMemory(tmp_path / "state") as memory:
            kept_before = memory.open()
            assert (kept_before is None) == (round_ == 0)
            for number in range(400):
                key = f"key {number * number % 211}"
                value = f"{round_} {_looks_like(number)}{'x' * (number % 300)}"
                assert memory.get(key) == expected.get(key)
                memory[key] = expected[key] = value
            assert memory.get("never") is None
            memory.keep(state)
    with AuditMemory(tmp_path / "state") as memory:
        memory.open()
        assert {key: memory.get(key) for key in expected} == expected


def _looks_like(number: int) -> str:
    """Sixteen characters that are another key's name in the file, where that can be written as text."""
    return hashlib.sha256(f"key {number}".encode()).digest()[:16].decode("latin-1")
