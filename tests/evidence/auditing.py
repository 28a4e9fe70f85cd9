"""An auditor who comes back with what was found good before, and what an audit found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evidence.audit import Audit, Fetch, audit
from evidence.audit_replay import ServedEvent
from evidence.audit_state import AuditState
from tests.evidence.claims import TRUST, Log


@dataclass
class Auditor:
    """Keeps the state in a dict, and nothing of an audit that failed."""

    state: AuditState | None = None
    memory: dict[str, str] = field(default_factory=dict)
    now: datetime | None = None

    def audit(
        self, log: Log, fetch: Fetch | None = None, served: Sequence[bytes] | None = None, *, keyless: bool = False
    ) -> Audit:
        """Audit `log`, which may answer with `fetch` and serve other events than its own."""
        bodies, memory = log.bodies if served is None else served, dict(self.memory)
        result = audit(
            fetch or log.fetch,
            TRUST,
            self.state,
            None if keyless else lambda start, size: map(ServedEvent, bodies[start:size]),
            memory,
            now=self.now,
        )
        if result.ok:
            self.state, self.memory = result.state, memory
        return result


def failed(result: Audit) -> dict[str, str]:
    """The steps that failed, by name, and what they say."""
    numbers = [check.number for check in result.checks]
    assert numbers == sorted(set(numbers))
    return {check.name: check.detail for check in result.checks if not check.ok}
