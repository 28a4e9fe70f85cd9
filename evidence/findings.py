"""What an audit finds wrong: each fault with its event and what to do, a bounded number of them for each step."""

from dataclasses import dataclass, field
from typing import Final

FAULTS_SHOWN: Final = 50
FAULTS_KEPT: Final = 1000  # of one step; more are counted


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong: at which event (None: at none), what, and what to do about it."""

    step: int
    event: int | None
    what: str
    do: str

    def __str__(self) -> str:
        return self.what if self.event is None else f"event {self.event}: {self.what}"


@dataclass(slots=True)
class Findings:
    """The faults of one step: the first 1,000, and how many there are."""

    number: int
    do: str
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, what: str, event: int | None = None) -> None:
        """Note a fault."""
        self.count += 1
        if self.count <= FAULTS_KEPT:
            self.faults.append(Fault(self.number, event, what, self.do))

    def __str__(self) -> str:
        shown = [str(fault) for fault in self.faults[:FAULTS_SHOWN]]
        return "; ".join([*shown, *([f"and {self.count - FAULTS_SHOWN} more"] if self.count > FAULTS_SHOWN else [])])
