"""What an auditor keeps between audits, beside the memory of the rules (`custody.Memory`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evidence.canonical import encode
from evidence.errors import DocumentError
from evidence.fields import Fields
from evidence.tlog.merkle import HASH_BYTES, Frontier

FORMAT: Final = "amparo/audit-state/2"


@dataclass(frozen=True, slots=True)
class AuditState:
    """The newest checkpoint that was found good, and how far the events were replayed into the memory.

    `tree` is the right edge of the log at the checkpoint's `size`; `replayed` its right edge after the last event that
    the memory knows: the two differ when somebody audited without a key meanwhile. `growth` is a few points of the
    log's history: hours since 1970, and its size then. `memory` is what the keeper of the memory wants to read back.
    """

    origin: str
    note: bytes
    root: bytes
    tree: Frontier
    replayed: Frontier
    growth: Sequence[tuple[int, int]] = ()
    memory: str = ""

    @property
    def size(self) -> int:
        """How many events the checkpoint covers."""
        return self.tree.size

    def encode(self) -> bytes:
        """The canonical JSON."""
        return encode(
            {
                "format": FORMAT,
                "origin": self.origin,
                "checkpoint": self.note.decode(),
                "root": self.root.hex(),
                "size": self.tree.size,
                "edge": _written(self.tree),
                "replayed": {"size": self.replayed.size, "edge": _written(self.replayed)},
                "growth": [list(point) for point in self.growth],
                "memory": self.memory,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "AuditState":
        """Read it; an EvidenceError says what is malformed."""
        fields = Fields.of(data, "audit state", FORMAT)
        replayed = fields.object("replayed")
        state = cls(
            origin=fields.text("origin", 256),
            note=fields.text("checkpoint", 1 << 20).encode(),
            root=fields.hexadecimal("root", HASH_BYTES),
            tree=_frontier(fields),
            replayed=_frontier(replayed),
            growth=[_point(point) for point in fields.array("growth", 1000)],
            memory=fields.text("memory", 256),
        )
        replayed.done()
        fields.done()
        if state.tree.root() != state.root or state.replayed.size > state.size:
            raise DocumentError("audit state: it contradicts itself")
        return state


def _written(tree: Frontier) -> str:
    return b"".join(tree.edge).hex()


def _frontier(fields: Fields) -> Frontier:
    size = fields.integer("size", 0, 2**53 - 1)
    edge = fields.hexadecimal("edge", HASH_BYTES * size.bit_count())
    return Frontier(size, [edge[at : at + HASH_BYTES] for at in range(0, len(edge), HASH_BYTES)])


def _point(value: object) -> tuple[int, int]:
    match value:
        case [int(hour), int(size)]:
            return hour, size
    raise DocumentError("audit state: the member growth is malformed")
