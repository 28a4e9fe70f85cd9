"""Check a custody log from outside: that it only ever grew, and, for those entitled to the events, that its rules held.

`STEPS` is the list, as in `verify`. What is fetched comes through functions that the caller hands in, so the same
checks run over HTTP, a directory or a backup. All faults are reported, each with the number of its event.

With a state of last time only what is new is read: a consistency proof shows that the log still begins with what was
seen, and the remembered edge of the tree, grown by the new entries, must give the signed root. When history was
rewritten everything is read from the first event, so that the other steps judge the log as it now is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from evidence import oversight, timestamps
from evidence.audit_piece import Examined, Piece, examine
from evidence.audit_replay import DATABASE, EVENTS, Memory, Replaying, ServedEvent
from evidence.audit_state import AuditState
from evidence.errors import EvidenceError, TimestampError
from evidence.fields import rfc3339
from evidence.findings import Fault, Findings
from evidence.timestamps import StampRecord
from evidence.tlog import checkpoint, merkle, tiles
from evidence.tlog.checkpoint import Checkpoint, VerifiedCheckpoint
from evidence.tlog.merkle import EMPTY_ROOT, HASH_BYTES, Frontier
from evidence.tlog.tiles import TILE_WIDTH, TileNodes, fetch_entries, fetch_tile
from evidence.trust import Trust
from evidence.verify import Check

MISSING: Final = "a part of the log that the checkpoint promises is missing"

Fetch = Callable[[str], bytes]
"""The bytes at a path of the log (`checkpoint`, `tile/…`); LookupError when there is nothing."""


Events = Callable[[int, int], Iterator[ServedEvent]]
"""The events `start … size - 1`, in order."""
Each = Callable[[Callable[[Piece], Examined], Iterator[Piece]], Iterator[Examined]]
"""`map`, or one that does the same with several processes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One check. `run` notes what is wrong, and returns what was seen; `do` is what to do about a fault.

    An EvidenceError or a LookupError that it raises is a fault too. `events`: only for those who may read events.
    """

    name: str
    shows: str
    do: str
    run: Callable[["Auditing", Findings], str]
    events: bool = True


@dataclass(slots=True)
class Audit:
    """The result. `state` is what to keep for the next time; None unless the log itself is whole and only grew."""

    checks: list[Check] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    size: int = 0
    root: bytes = EMPTY_ROOT
    since: int = 0
    """The first event that was read: those before it were checked an earlier time."""
    growth: list[tuple[int, int]] = field(default_factory=list)
    state: AuditState | None = None

    @property
    def ok(self) -> bool:
        """Whether every step passed."""
        return all(check.ok for check in self.checks)


def audit(
    fetch: Fetch,
    trust: Trust,
    state: AuditState | None = None,
    events: Events | None = None,
    memory: Memory | None = None,
    *,
    now: datetime | None = None,
    unusable_state: str = "",
    progress: Callable[[int], None] = lambda _: None,
    each: Each = map,
) -> Audit:
    """Audit a log; without `events` only the public steps are made.

    `memory` belongs to `state` and is changed. `unusable_state` says why there is no state although there should be
    one, which is a fault. `now` is the auditor's own time: without it nothing is said about the time since the last
    event.
    """
    memory = {} if memory is None else memory
    return Auditing(fetch, trust, state, events, memory, now, unusable_state, progress, each).run()


class Auditing:
    """One audit. Steps read from here what it fetched: `note` and `head` are the signed checkpoint and what it says."""

    def __init__(
        self,
        fetch: Fetch,
        trust: Trust,
        before: AuditState | None,
        events: Events | None,
        memory: Memory,
        now: datetime | None,
        unusable_state: str,
        progress: Callable[[int], None],
        each: Each,
    ) -> None:
        self.fetch, self.trust, self.before, self.now = fetch, trust, before, now
        self.note, self.head = b"", Checkpoint(trust.origin, 0, EMPTY_ROOT)
        self.verified = VerifiedCheckpoint(self.head, ())
        self.unusable_state = unusable_state
        self.nodes = TileNodes(0, fetch)
        self.rewritten = before is None
        """Whether to read from the first event on."""
        self.tree = Frontier()
        self.stamps: list[StampRecord] = []
        self._events, self._memory, self._progress, self._each = events, memory, progress, each
        self._found = {step.name: Findings(number, step.do) for number, step in enumerate(STEPS, 1)}
        self._result = Audit()

    def run(self) -> Audit:
        """Make every step."""
        result = self._result
        for number, step in enumerate(STEPS, 1):
            if step.events and self._events is None:
                continue
            found, detail = self._found[step.name], ""
            try:
                detail = step.run(self, found)
            except EvidenceError as error:
                found.add(error.reason)
            except LookupError:
                found.add(MISSING)
            result.checks.append(Check(number, step.name, not found.count, str(found) if found.count else detail))
            result.faults += found.faults
            if step.name == CHECKPOINT and found.count:
                return result
        if not any(self._found[name].count for name in _LOG_STEPS):
            replayed = self.before.replayed if self.before is not None else Frontier()
            if self._events is not None:
                replayed = self.tree
            growth = tuple(result.growth)
            result.state = AuditState(self.trust.origin, self.note, self.head.root, self.tree, replayed, growth)
        return result

    def checkpoint(self, _: Findings) -> str:
        """The newest checkpoint, and what it says."""
        self.note = self.fetch("checkpoint")
        verified = checkpoint.verify(self.note, self.trust.log_keys, self.trust.origin)
        self.head, self.verified = verified.checkpoint, verified
        self._result.size, self._result.root = self.head.size, self.head.root
        self.nodes = TileNodes(self.head.size, self.fetch)
        return f"{self.head.size} events, root {self.head.root.hex()}"

    def witnesses(self, _: Findings) -> str:
        """Who cosigned, against what the trust anchor asks for."""
        return self.trust.policy.require(self.verified)

    def append_only(self, found: Findings) -> str:
        """What was seen before against what the tiles prove now."""
        before = self.before
        if self.unusable_state:
            found.add(self.unusable_state)
        if before is None:
            return "nothing was seen before; keep a state file to check this next time"
        self.rewritten = True
        if before.origin != self.trust.origin:
            found.add("what was kept is of another vault")
            return ""
        seen = checkpoint.verify(before.note, [self.trust.log], self.trust.origin).checkpoint
        if (seen.size, seen.root) != (before.size, before.root):
            found.add("what was kept contradicts itself")
        elif self.head.size < before.size:
            found.add(f"the log was cut short: {before.size} events were seen before, now it has {self.head.size}")
        elif before.size and not self._proves(before):
            found.add(f"history was rewritten: the first {before.size} events are not those that were seen before")
        self.rewritten = found.count > 0
        return f"the first {before.size} events are those that were seen before"

    def _proves(self, before: AuditState) -> bool:
        """Whether the tiles lead from the root of then to that of now."""
        proof = merkle.prove_consistency(before.size, self.head.size, self.nodes.node)
        try:
            merkle.verify_consistency(before.size, before.root, self.head.size, self.head.root, proof)
        except EvidenceError:
            return False
        return True

    def read(self, found: Findings) -> str:
        """Grow the tree by the new entries; replay their events on the way."""
        size, before = self.head.size, self.before
        if self.rewritten or before is None:
            self._memory.clear()
            self.tree = Frontier()
        else:
            start = before.tree if self._events is None else before.replayed
            self.tree = Frontier(start.size, start.edge)
            self._result.growth += before.growth
        self._result.since = since = self.tree.size
        replaying = None
        if self._events is not None:
            replaying = Replaying(self._events(since, size), self.trust, self._memory, self.now, self._found)
        try:
            self._grow(found, replaying)
        finally:
            if replaying is not None:
                replaying.finish(size - self.tree.size)
                self.stamps = replaying.rules.stamps
        if self.tree.root() != self.head.root:
            found.add("the entries do not give the root of the signed checkpoint")
        elif tiles.root(size, self.nodes.node) != self.head.root:
            found.add("the tiles do not give the root of the signed checkpoint")
        return f"{size - since} new entries give the root" if since else f"{size} entries give the root"

    def _grow(self, found: Findings, replaying: Replaying | None) -> None:
        stopped: list[Exception] = []
        for done in self._each(examine, self._pieces(replaying, stopped)):
            for position in done.misplaced:
                found.add("its entry is not the leaf of the tree", position)
            for node in done.nodes:
                self.tree.append(node, done.level)
            if replaying is not None:
                replaying.take(done)
                if replaying.rules.latest is not None:
                    oversight.grown(self._result.growth, replaying.rules.latest, self.tree.size)
            self._progress(len(done.nodes) << done.level)
        if stopped:
            raise stopped[0]

    def _pieces(self, replaying: Replaying | None, stopped: list[Exception]) -> Iterator[Piece]:
        """What is to be read, up to the first part that is missing: pieces before it may still be under way."""
        first, size = self.tree.size, self.head.size
        while first < size:
            index, skipped = divmod(first, TILE_WIDTH)
            try:
                entries = fetch_entries(size, index, self.fetch)[skipped:]
                tile = fetch_tile(size, 0, index, self.fetch)[skipped * HASH_BYTES :]
            except (EvidenceError, LookupError) as error:
                stopped.append(error)
                return
            yield Piece(first, entries, tile, [] if replaying is None else replaying.served(first, len(entries)))
            first += len(entries)

    def timestamps(self, found: Findings) -> str:
        """Each timestamp that the new events tell of, with its files."""
        for record in self.stamps:
            try:
                self._stamp(record)
            except EvidenceError as error:
                found.add(f"the timestamp by {record.authority} of {record.size} events: {error.reason}")
            except LookupError:
                found.add(f"the timestamp by {record.authority} of {record.size} events is missing")
        newest = max((record.time for record in self.stamps), default=None)
        if newest is None:
            return "no new timestamps" if self.trust.authorities else "the trust anchor names no timestamp authority"
        return f"{len(self.stamps)} timestamps, the newest of {rfc3339(newest)}"

    def _stamp(self, record: StampRecord) -> None:
        """The reply is the one that the event committed to, stamps that checkpoint, and the log goes on from there."""
        authority = next((each for each in self.trust.authorities if each.name == record.authority), None)
        if authority is None:
            raise TimestampError("by an authority that the trust anchor does not name")
        reply, note = self.fetch(record.reply_path), self.fetch(record.checkpoint_path)
        stamp = timestamps.verify(reply, note, authority)
        if StampRecord.of(authority.name, record.size, reply, stamp).to_json() != record.to_json():
            raise TimestampError("not the reply that the event tells of")
        seen = checkpoint.verify(note, self.trust.log_keys, self.trust.origin).checkpoint
        proof = merkle.prove_consistency(record.size, self.head.size, self.nodes.node)
        merkle.verify_consistency(record.size, seen.root, self.head.size, self.head.root, proof)


def _seen(what: str) -> Callable[[Auditing, Findings], str]:
    """A step whose faults were noted while the events were read."""
    return lambda _, __: what


CHECKPOINT, WITNESSES, APPEND_ONLY, TREE = "checkpoint", "witnesses", "append-only", "tree"
_LOG_STEPS: Final = (CHECKPOINT, WITNESSES, APPEND_ONLY, TREE, EVENTS)
_FORGED: Final = "keep what you have, tell the other auditors and the organisation, and believe no newer checkpoint"
_ASK: Final = "ask the organisation's custodians, each on their own, what happened, and name this event to them"
_OPERATOR: Final = "ask whoever runs the vault to run: amparo fixity DIR"

STEPS: Final = (
    Step(
        CHECKPOINT,
        "the checkpoint is signed by the vault's log key",
        "check that the address and the trust file are the right ones; if they are, tell the organisation",
        Auditing.checkpoint,
        events=False,
    ),
    Step(
        WITNESSES,
        "as many log witnesses cosigned it as the trust anchor asks for",
        "wait an hour and audit again; if it stays so, ask the witnesses whether they saw another history",
        Auditing.witnesses,
        events=False,
    ),
    Step(APPEND_ONLY, "the log still begins with what was seen before", _FORGED, Auditing.append_only, events=False),
    Step(TREE, "the entries and tiles give the checkpoint's root", _FORGED, Auditing.read, events=False),
    Step(EVENTS, "every event is the one that the log committed to", _FORGED, _seen("every event matches the log")),
    Step(
        DATABASE,
        "the vault's database holds the same events",
        "ask whoever runs the vault who changed the database, then to run: amparo rebuild DIR",
        _seen("the database holds the same"),
    ),
    Step(
        oversight.PEOPLE,
        "everybody was enrolled and revoked by the rule",
        _ASK,
        _seen("everybody was let in by a custodian"),
    ),
    Step(
        oversight.CUSTODY,
        "each chain of custody is in a permitted order",
        _ASK,
        _seen("every event was permitted where it stands"),
    ),
    Step(
        oversight.RELEASES,
        "every release was asked for and approved by the quorum",
        _ASK,
        _seen("every bundle was asked for and approved"),
    ),
    Step(
        oversight.WITHDRAWALS,
        "what a source took back was destroyed",
        _OPERATOR,
        _seen("what was taken back was destroyed"),
    ),
    Step(
        oversight.FIXITY,
        "everything stored was checked on schedule and found whole",
        _OPERATOR,
        _seen("the store was checked on schedule"),
    ),
    Step(
        oversight.TIMESTAMPS,
        "the authorities of the trust anchor stamped the log on schedule",
        "ask whoever runs the vault whether its timestamp authorities answer",
        Auditing.timestamps,
    ),
    Step(oversight.CLOCK, "times do not run backwards", _ASK, _seen("times do not run backwards")),
)
"""In the order in which they are made and numbered."""
