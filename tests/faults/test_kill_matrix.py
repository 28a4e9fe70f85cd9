"""The service is killed at steps chosen by chance while people work with it; nothing of what they were told is lost.

What must be so after each kill: the client's next tries succeed; everything that was acknowledged is there; the log
verifies; every object of every event is whole, and nothing is half done; nothing in clear is on a disk. A long run of
the same is described in docs/faults.md.
"""

import random
from pathlib import Path
from typing import Final

import pytest

from tests.faults.matrix import Run, dying_world
from tests.places import BOTH, place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SEED: Final = 20261125
KILLS: Final = 10  # one of each deed


@pytest.mark.parametrize("kind", BOTH)
def test_no_kill_at_any_step_loses_what_was_acknowledged(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    run = Run(random.Random(SEED))
    with place(request, kind, "kill-matrix") as where, dying_world(tmp_path, where, run) as world:
        run.go(world, KILLS)
    assert run.kills == KILLS
    assert sum(run.steps.values()) + run.late >= KILLS, run.tell()
