"""Whoever changes, drops, reorders, adds or forks events, the operator included, is found out by an auditor.

An auditor who kept one earlier checkpoint finds even a history that was signed anew with the vault's own log key.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from api.cli.audit_memory import AuditMemory
from tests import media
from tests.promises import history
from tests.service import Done, Service, World

pytestmark = pytest.mark.slow
IN: Final = {"database": history.in_database, "store": history.in_store, "both": history.in_both}
CHANGES: Final = {
    "edited": history.edited,
    "dropped": history.dropped,
    "swapped": history.swapped,
    "cut": history.cut,
    "inserted": history.inserted,
}


@dataclass(frozen=True)
class Past:
    """A stopped vault with some history, and what an auditor kept in the middle of it."""

    world: World
    state: Path

    def tampered(self, folder: Path, tamper: Callable[[Path], None]) -> World:
        """A copy of the world in which somebody was at work."""
        vault = folder / "vault"
        shutil.copytree(self.world.vault, vault)
        tamper(vault)
        people = (self.world.custodian, self.world.partner, self.world.auditor)
        return World(folder, *people, Service(vault, folder / "said.txt"))


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    folder = tmp_path_factory.mktemp("past")
    with World.running(folder) as world:
        case = world.report([("a.jpg", media.noise())], "what happened")["case"]
        world.release(case, folder / "bundle.zip")
        assert world.audit("--state", folder / "state").code == 0
        for number in range(3):
            world.report([("b.jpg", media.noise())], f"later {number}")
        world.service.stop()
    return Past(world, folder / "state")


@pytest.fixture
def audited(past: Past, tmp_path: Path) -> Iterator[Callable[[Callable[[Path], None]], Done]]:
    """Tamper, start the service, audit every event with the key and the state that was kept."""
    services: list[Service] = []

    def run(tamper: Callable[[Path], None]) -> Done:
        world = past.tampered(tmp_path, tamper)
        services.append(world.service)
        world.service.start(healthy=False)
        state = shutil.copy(past.state, tmp_path / "state")
        return world.audit("--state", state, "--full")

    yield run
    for service in services:
        service.kill()


Audited = Callable[[Callable[[Path], None]], Done]


def seen_in(state: Path) -> int:
    """How many events an auditor's state file covers."""
    with AuditMemory(state) as memory:
        kept = memory.open()
    assert kept is not None
    return kept.size


def test_an_honest_history_passes(audited: Audited) -> None:
    assert audited(lambda _: None).code == 0


@pytest.mark.parametrize("place", IN)
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_history_fails_and_the_event_is_named(audited: Audited, place: str, change: str) -> None:
    done = audited(lambda vault: IN[place](vault, CHANGES[change]))
    assert done.code == 1
    assert re.search(r"event [6-8]\b|events are missing", done.out), done.out


@pytest.mark.parametrize("change", CHANGES)
def test_a_history_signed_anew_with_the_log_key_fails(audited: Audited, change: str) -> None:
    done = audited(lambda vault: history.signed_anew(vault, CHANGES[change]))
    assert done.code == 1
    expected = "the log was cut short: " if change == "cut" else "history was rewritten"
    assert expected in done.out


def test_a_history_signed_anew_fails_for_those_too_who_may_not_read_events(past: Past, tmp_path: Path) -> None:
    world = past.tampered(tmp_path, lambda vault: history.signed_anew(vault, history.edited))
    try:
        world.service.start()
        done = world.audit("--state", shutil.copy(past.state, tmp_path / "state"), with_key=False)
    finally:
        world.service.kill()
    assert done.code == 1
    seen = seen_in(past.state)
    assert f"history was rewritten: the first {seen} events are not those that were seen before" in done.out


def test_a_vault_that_was_set_back_to_an_older_copy_fails(past: Past, tmp_path: Path) -> None:
    world = past.tampered(tmp_path, lambda _: None)
    state = tmp_path / "state"
    try:
        world.service.start()
        for _ in range(2):
            assert world.audit("--state", state).code == 0
        world.service.stop()
        shutil.rmtree(world.vault)
        shutil.copytree(past.world.vault, world.vault)
        world.service.start()
        done = world.audit("--state", state)
    finally:
        world.service.kill()
    assert done.code == 1
    seen = seen_in(state)
    assert f"the log was cut short: {seen} events were seen before, now it has {seen - 1}" in done.out


def test_a_state_is_not_replaced_by_a_failed_audit(past: Past, tmp_path: Path) -> None:
    world = past.tampered(tmp_path, lambda vault: history.signed_anew(vault, history.dropped))
    state = Path(shutil.copy(past.state, tmp_path / "state"))
    try:
        world.service.start()
        assert world.audit("--state", state).code == 1
    finally:
        world.service.kill()
    assert state.read_bytes() == past.state.read_bytes()


@pytest.mark.parametrize("file", ["log/tile/0/000.p", "log/tile/entries/000.p", "events/000.p"])
@pytest.mark.parametrize("damage", ["flipped", "deleted"])
def test_a_damaged_file_of_the_log_is_found(audited: Audited, file: str, damage: str) -> None:
    def tamper(vault: Path) -> None:
        path = max((vault / "store" / file).iterdir(), key=lambda each: int(each.name))
        data = bytearray(path.read_bytes())
        data[600] ^= 0x81  # not UTF-8 any more, where it was text
        path.unlink()
        if damage == "flipped":
            path.write_bytes(data)

    done = audited(tamper)
    assert done.code == 1
    assert re.search(r"event \d+: |a part of the log that the checkpoint promises is missing", done.out), done.out


def test_a_checkpoint_of_another_key_is_refused(audited: Audited) -> None:
    def tamper(vault: Path) -> None:
        path = vault / "store" / "log" / "checkpoint"
        lines = path.read_text().splitlines(keepends=True)
        lines[2] = lines[2][::-1].strip().rjust(44, "A")[:44] + "\n"  # another root under the old signature
        path.write_text("".join(lines))

    done = audited(tamper)
    assert done.code == 1
    assert "✗  1 checkpoint" in done.out
