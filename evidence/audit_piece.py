"""What an auditor checks of up to 256 events at a time, whatever stands before them: pure work for any process.

The entries against the tile, the events against the entries, each event's form, and the root that grows the tree. The
rules, which depend on all earlier events, come afterwards (`oversight`).
"""

import marshal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from evidence.errors import EvidenceError
from evidence.event import Event, Members, commitment, read
from evidence.tlog.merkle import HASH_BYTES, Frontier, leaf_hash
from evidence.tlog.tiles import TILE_WIDTH

_TILE_LEVEL: Final = TILE_WIDTH.bit_length() - 1


@dataclass(frozen=True, slots=True)
class Piece:
    """The `entries` from position `first` on, their leaf hashes as the `tile` has them, and the events as served."""

    first: int
    entries: Sequence[bytes]
    tile: bytes
    bodies: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found. `nodes` are subtrees of `2**level` leaves; `events` is for `read_events`.

    `misplaced` are positions whose entry is not the tile's, `differing` those whose event is not the entry's.
    """

    first: int
    nodes: Sequence[bytes]
    level: int
    misplaced: Sequence[int]
    differing: Sequence[int]
    events: bytes


def examine(piece: Piece) -> Examined:
    """Check one piece."""
    leaves = [leaf_hash(entry) for entry in piece.entries]
    tile = [piece.tile[at : at + HASH_BYTES] for at in range(0, len(piece.tile), HASH_BYTES)]
    nodes, level = leaves, 0
    if len(leaves) == TILE_WIDTH:
        tree = Frontier()
        tree.extend(leaves)
        nodes, level = [tree.root()], _TILE_LEVEL
    pairs = zip(piece.bodies, piece.entries, strict=False)  # the events may end early
    return Examined(
        piece.first,
        nodes,
        level,
        [piece.first + place for place, leaf in enumerate(leaves) if tile[place : place + 1] != [leaf]],
        [piece.first + place for place, (body, entry) in enumerate(pairs) if commitment(body) != entry],
        marshal.dumps([_written(body) for body in piece.bodies]),
    )


def read_events(examined: Examined) -> Iterator[Event | str]:
    """The events of a piece; for what is none, what is wrong with it."""
    for written in marshal.loads(examined.events):  # noqa: S302 -- written by `examine`, in a process of our own
        yield written if isinstance(written, str) else Event.of(written)


def _written(body: bytes) -> str | Members:
    try:
        return read(body)
    except EvidenceError as error:
        return error.reason
