"""An honest history, an auditor who saw it, and what `amparo audit` then says of the history that is shown next."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from evidence.event import Event, EventType, Role
from tests.evidence.claims import (
    CASE,
    LAWYER,
    REQUEST,
    Log,
    approved,
    created,
    enrolled,
    event,
    opened,
    requested,
    sealed,
)
from tests.logserver import LogServer
from tests.service import Done

OTHER: Final = "BBBB-BBB7"


def story() -> list[Event]:
    """What an honest vault's log may hold: two cases, one of them released."""
    download = event(EventType.BUNDLE_DOWNLOADED, Role.PARTNER, LAWYER.name, case=CASE, detail={"request": REQUEST})
    return [created(), opened(), opened(OTHER), enrolled(), requested(), approved(), sealed(), download]


HONEST: Final = Log(story())
SEEN: Final = len(HONEST.events)


@dataclass
class Audience:
    """A server of whatever log is given, and an auditor who found `HONEST` good and kept a state."""

    server: LogServer
    state: Path

    def audit(self, log: Log, *options: str, with_state: bool = True) -> Done:
        self.server.log = log
        state: list[str | Path] = ["--state", self.state] if with_state else []
        return self.server.audit(*state, *options)


def faults(done: Done) -> list[tuple[str, int | None, str]]:
    """The name of the step, the event and the words of each fault; every other step passed."""
    answer: Any = done.json
    names = {check["number"]: check["name"] for check in answer["checks"]}
    found = [(names[each["step"]], each["event"], each["what"]) for each in answer["faults"]]
    assert done.code == (1 if found else 0), done.err
    assert {check["name"] for check in answer["checks"] if not check["ok"]} == {step for step, _, _ in found}
    assert [each["number"] for each in answer["faults"]] == list(range(1, len(found) + 1))
    assert all(each["do"] for each in answer["faults"])
    return found


def more(*events: Event) -> Log:
    """The honest history goes on."""
    return Log([*HONEST.events, *events])
