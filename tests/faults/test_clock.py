"""A clock that jumps loses nothing; where it went back further than an honest log can, the audit says so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.faults.looking import recovers, require_kept, send
from tests.service import World

pytestmark = pytest.mark.slow
MINUTE: Final = 60
YEARS: Final = 3 * 365 * 24 * 60 * MINUTE


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World.make(tmp_path)
    ahead(world, 0)
    world.service.launcher = ("tests.faults.wrong_clock", str(tmp_path / "ahead"))
    try:
        world.service.start()
        world.enrol(world.auditor, "auditor")
        yield world
    finally:
        world.service.kill()


def ahead(world: World, seconds: int) -> None:
    file = world.folder / "ahead.new"
    file.write_text(str(seconds))
    file.rename(world.folder / "ahead")


def test_small_jumps_are_not_noticed(world: World) -> None:
    told = []
    for seconds in (20 * MINUTE, -20 * MINUTE, 0):
        ahead(world, seconds)
        told.append(recovers(world))
    require_kept(world, told)


def test_after_years_ahead_and_back_everything_is_kept_and_the_audit_names_the_step(world: World) -> None:
    told = [recovers(world)]
    for seconds in (YEARS, 0):
        ahead(world, seconds)
        answer = send(world)
        assert answer.status_code == 200, answer.text
        told.append(answer.json())
    done = world.audit("--json")
    assert done.code == 1
    faults = [fault["what"].partition(": its time lies ")[2] for fault in done.json["faults"]]
    assert set(faults) == {"more than a day in the future", "more than an hour before that of an earlier event"}
    assert faults.count("more than an hour before that of an earlier event") == 1
    require_kept(world, [*told, recovers(world)], audited=False)
