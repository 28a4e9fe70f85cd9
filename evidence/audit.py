"""Check a custody log from outside: that it only ever grew, and, for those entitled to the events, that its rules held.

`STEPS` is the list, as in `verify`. What is fetched comes through functions that the caller hands in, so the same
checks run over HTTP, a directory or a backup. All faults are reported, each with the number of its event.

Each entry is fetched once, and steps 2 to 4 all speak of the tree that was grown from that one reading: a server that
gives something else the second time gains nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from evidence.canonical import encode
from evidence.custody import Custody
from evidence.errors import DocumentError, EvidenceError
from evidence.event import Event, EventType, commitment
from evidence.fields import Fields
from evidence.tlog import checkpoint, tiles
from evidence.tlog.merkle import HASH_BYTES, Frontier, leaf_hash
from evidence.tlog.tiles import TILE_WIDTH, TileNodes, fetch_entries, fetch_tile
from evidence.trust import Trust
from evidence.verify import Check

STEPS: Final = (
    (1, "checkpoint", "the checkpoint is signed by the vault's log key"),
    (2, "append-only", "the log still begins with what was seen before"),
    (3, "tree", "the entries and tiles give the checkpoint's root"),
    (4, "events", "every event is the one that the log committed to"),
    (5, "custody", "every event was permitted, and every signature in it is good"),
)
STATE_FORMAT: Final = "amparo/audit-state/1"
FAULTS_SHOWN: Final = 50

Fetch = Callable[[str], bytes]
"""The bytes at a path of the log (`checkpoint`, `tile/…`); LookupError when there is nothing."""


@dataclass(frozen=True, slots=True)
class AuditState:
    """What an auditor keeps between audits: the signed checkpoint that was last found good."""

    origin: str
    size: int
    root: bytes
    note: bytes

    def encode(self) -> bytes:
        """The file's bytes."""
        return (
            encode(
                {
                    "format": STATE_FORMAT,
                    "origin": self.origin,
                    "size": self.size,
                    "root": self.root.hex(),
                    "checkpoint": self.note.decode(),
                }
            )
            + b"\n"
        )

    @classmethod
    def parse(cls, data: bytes) -> "AuditState":
        """Read the file's bytes; an EvidenceError says what is malformed."""
        fields = Fields.of(data.rstrip(b"\n"), "audit state", STATE_FORMAT)
        state = cls(
            origin=fields.text("origin", 256),
            size=fields.integer("size"),
            root=fields.hexadecimal("root", HASH_BYTES),
            note=fields.text("checkpoint", 1 << 20).encode(),
        )
        fields.done()
        return state


@dataclass(frozen=True, slots=True)
class ServedEvent:
    """An event as the vault serves it: its bytes in the store, and whether its database agrees."""

    data: bytes
    database_agrees: bool = True


@dataclass(slots=True)
class Audit:
    """The result. `state` is what to keep for the next time; it is None unless everything passed."""

    checks: list[Check] = field(default_factory=list)
    size: int = 0
    root: bytes = b""
    state: AuditState | None = None

    @property
    def ok(self) -> bool:
        """Whether every step passed."""
        return all(check.ok for check in self.checks)


def audit(
    fetch: Fetch,
    trust: Trust,
    state: AuditState | None = None,
    events: Callable[[int], Iterator[ServedEvent]] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Audit:
    """Audit a log. `events(size)` gives its first `size` events in order; without it only the public steps are made."""
    return _Auditing(fetch, trust, state, events, progress).run()


class _Auditing:
    def __init__(
        self,
        fetch: Fetch,
        trust: Trust,
        state: AuditState | None,
        events: Callable[[int], Iterator[ServedEvent]] | None,
        progress: Callable[[int], None],
    ) -> None:
        self._fetch, self._trust, self._before, self._events = fetch, trust, state, events
        self._progress = progress
        self._result = Audit()
        self._note = b""
        self._root_then: bytes | None = None  # the tree's root when it was as long as the log was before
        self._leaves = bytearray()  # of step 3, which binds them to the signed root: 32 bytes for each event
        self._custody_faults: list[str] = []

    def run(self) -> Audit:
        if self._step(1, self._checkpoint):
            tree = self._faults_of(self._tree)  # before step 2, which looks at the same tree at an earlier size
            self._step(2, self._append_only)
            self._report(3, *tree)
            if self._events is not None:
                self._step(4, self._event_commitments)
                self._step(5, self._custody)
        if self._result.ok:
            self._result.state = AuditState(self._trust.origin, self._result.size, self._result.root, self._note)
        return self._result

    def _step(self, number: int, step: Callable[[list[str]], str]) -> bool:
        faults, detail = self._faults_of(step)
        self._report(number, faults, detail)
        return not faults

    def _faults_of(self, step: Callable[[list[str]], str]) -> tuple[list[str], str]:
        faults: list[str] = []
        detail = ""
        try:
            detail = step(faults)
        except EvidenceError as error:
            faults.append(error.reason)
        except LookupError:
            faults.append("a part of the log that the checkpoint promises is missing")
        return faults, detail

    def _report(self, number: int, faults: list[str], detail: str) -> None:
        shown = faults[:FAULTS_SHOWN] + ([f"and {len(faults) - FAULTS_SHOWN} more"] if faults[FAULTS_SHOWN:] else [])
        name = STEPS[number - 1][1]
        self._result.checks.append(Check(number, name, not faults, "; ".join(shown) or detail))

    # (1) checkpoint
    def _checkpoint(self, _: list[str]) -> str:
        self._note = self._fetch("checkpoint")
        verified = checkpoint.verify(self._note, [self._trust.log], self._trust.origin).checkpoint
        self._result.size, self._result.root = verified.size, verified.root
        return f"{verified.size} events, root {verified.root.hex()}"

    # (2) append-only
    def _append_only(self, faults: list[str]) -> str:
        before, size = self._before, self._result.size
        if before is None:
            return "nothing was seen before; keep a state file to check this next time"
        seen = checkpoint.verify(before.note, [self._trust.log], self._trust.origin).checkpoint
        if (seen.size, seen.root) != (before.size, before.root):
            raise DocumentError("the state file contradicts itself")
        if size < before.size:
            faults.append(f"the log was cut short: {before.size} events were seen before, now it has {size}")
        elif self._root_then is None:
            faults.append(f"not checked: the log did not give the first {before.size} events")
        elif self._root_then != before.root:
            faults.append(f"history was rewritten: the first {before.size} events are not those that were seen before")
        return f"the first {before.size} events are those that were seen before"

    # (3) tree; the same reading also serves steps 2 and 4
    def _tree(self, faults: list[str]) -> str:
        size, tree = self._result.size, Frontier()
        self._note_root(tree)
        for index in range(-(-size // TILE_WIDTH)):
            entries = fetch_entries(size, index, self._fetch)
            tile = fetch_tile(size, 0, index, self._fetch)
            for place, entry in enumerate(entries):
                leaf = leaf_hash(entry)
                if leaf != tile[place * HASH_BYTES : (place + 1) * HASH_BYTES]:
                    faults.append(f"event {index * TILE_WIDTH + place}: its entry is not the leaf of the tree")
                tree.append(leaf)
                self._note_root(tree)
                if self._events is not None:
                    self._leaves += leaf
            self._progress(len(entries))
        if tree.root() != self._result.root:
            faults.append("the entries do not give the root of the signed checkpoint")
        elif tiles.root(size, TileNodes(size, self._fetch).node) != self._result.root:
            faults.append("the tiles do not give the root of the signed checkpoint")
        return f"{size} entries give the root"

    def _note_root(self, tree: Frontier) -> None:
        if self._before is not None and tree.size == self._before.size:
            self._root_then = tree.root()

    # (4) events; the same reading also serves step 5
    def _event_commitments(self, faults: list[str]) -> str:
        size, index = self._result.size, 0
        custody = Custody(self._trust.origin, self._trust.custodians, self._trust.quorum)
        custody.expect_vault_created()
        for served in (self._events or (lambda _: iter(())))(size):
            if index >= size:
                break
            if leaf_hash(commitment(served.data)) != self._leaves[index * HASH_BYTES : (index + 1) * HASH_BYTES]:
                faults.append(f"event {index}: not the event that the log committed to")
            if not served.database_agrees:
                faults.append(f"event {index}: the vault's database holds another event, or none")
            self._replay(custody, index, served.data)
            index += 1
            self._progress(1)
        if index < size:
            faults.append(f"{size - index} events are missing: the vault gave {index} of {size}")
        return f"{index} events match the log"

    def _replay(self, custody: Custody, index: int, data: bytes) -> None:
        try:
            event = Event.parse(data)
            if event.type is EventType.VAULT_CREATED:
                self._require_vault(event)
            custody.apply(event)
        except EvidenceError as error:
            self._custody_faults.append(f"event {index}: {error.reason}")

    def _require_vault(self, event: Event) -> None:
        expected = {
            "origin": self._trust.origin,
            "log": self._trust.log.vkey,
            "quorum": self._trust.quorum,
            "custodians": [line.key_id for line in self._trust.custodians],
        }
        if dict(event.detail) != expected:
            raise DocumentError("the vault was created with other keys or another quorum than the trust anchor's")

    # (5) custody
    def _custody(self, faults: list[str]) -> str:
        faults.extend(self._custody_faults)
        return "every event was permitted where it stands"
