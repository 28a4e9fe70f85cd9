"""The Merkle tree of RFC 6962 section 2.1 and RFC 9162 section 2.1, SHA-256: roots, and proofs both ways.

`node(level, index)` throughout is the hash of the complete subtree over the leaves
`index * 2**level … (index + 1) * 2**level - 1`; a log gives it from its tiles.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final, TypeAlias

from evidence.errors import ProofError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""
LEAF_PREFIX: Final = b"\x00"
"""Goes before an entry to hash it as a leaf; hash it first when the entry is too long to be held."""
_NODE_PREFIX = b"\x01"

Node: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The leaf hash of one entry."""
    return hashlib.sha256(LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children's hashes."""
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


_BLOCK: Final = 256  # leaves that are hashed together


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first.

    Holds one hash per set bit of `size`, so a tree of any length is hashed in constant memory. `size` and `edge` are
    all its state: `Frontier(size, edge)` goes on where another stopped. ValueError when the two do not fit.
    """

    __slots__ = ("_edge", "_size")

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        self._size = size
        self._edge = list(edge)
        if size < 0 or len(self._edge) != size.bit_count() or any(len(h) != HASH_BYTES for h in self._edge):
            raise ValueError("the edge does not fit the size")

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    @property
    def edge(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees, one for each set bit of `size`, largest first."""
        return tuple(self._edge)

    def append(self, node: bytes, level: int = 0) -> None:
        """Add one leaf, given its hash; or the `2**level` leaves of a complete subtree, given its root.

        ValueError for a subtree where none can begin.
        """
        complete, inside = self._size >> level, self._size & ((1 << level) - 1)
        if len(node) != HASH_BYTES or inside:
            raise ValueError("not a hash of 32 bytes, or a subtree where none can begin")
        while complete & 1:
            node = node_hash(self._edge.pop(), node)
            complete >>= 1
        self._edge.append(node)
        self._size += 1 << level

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaves, given their hashes."""
        coming = iter(leaves)
        while block := list(islice(coming, _BLOCK - self._size % _BLOCK)):
            if len(block) == _BLOCK:  # a complete subtree, which is hashed in half the time
                self.append(_complete_root(block), _BLOCK.bit_length() - 1)
            else:
                for leaf in block:
                    self.append(leaf)

    def root(self) -> bytes:
        """The Merkle tree hash over all leaves so far."""
        return _fold(self._edge) if self._edge else EMPTY_ROOT


def _complete_root(nodes: list[bytes]) -> bytes:
    """The root of a complete subtree; there are as many nodes as a power of two."""
    if set(map(len, nodes)) != {HASH_BYTES}:
        raise ValueError("not hashes of 32 bytes")
    sha256 = hashlib.sha256
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=True)
        nodes = [sha256(_NODE_PREFIX + left + right).digest() for left, right in pairs]
    return nodes[0]


def range_root(start: int, end: int, node: Node) -> bytes:
    """The Merkle tree hash of the leaves `start … end - 1`, a subtree of the whole tree.

    `start` is a multiple of the largest power of two that is at most `end - start`.
    """
    if start == end:
        return EMPTY_ROOT
    roots = []
    while start < end:
        level = (end - start).bit_length() - 1
        roots.append(node(level, start >> level))
        start += 1 << level
    return _fold(roots)


def prove_inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The audit path (RFC 6962 2.1.1) of leaf `index` in the tree of `size` leaves, the leaf's sibling first."""
    if not 0 <= index < size:
        raise ValueError("the tree has no such leaf")
    start, end = 0, size
    path = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    return path[::-1]


def prove_consistency(size1: int, size2: int, node: Node) -> list[bytes]:
    """The proof (RFC 6962 2.1.2) that the tree of `size2` leaves begins with that of `size1`.

    Empty for equal sizes, and for `size1` 0, which every tree begins with.
    """
    if not 0 <= size1 <= size2:
        raise ValueError("the first tree is larger than the second")
    if size1 in {0, size2}:
        return []
    start, end = 0, size2
    path = []
    while end != size1:
        middle = start + _split(end - start)
        if size1 <= middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    if start:  # otherwise this subtree is the whole first tree, whose root the verifier holds
        path.append(range_root(start, end, node))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check by RFC 9162 2.1.3.2 that the leaf with this hash is number `index` of the tree; ProofError otherwise."""
    _require_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofError("the tree has no such leaf")
    fn, sn = index, size - 1
    computed = leaf
    for sibling in proof:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            computed = node_hash(sibling, computed)
            fn, sn = _skip_left_edge(fn, sn)
        else:
            computed = node_hash(computed, sibling)
        fn >>= 1
        sn >>= 1
    if sn:
        raise ProofError("the proof is too short")
    if computed != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> None:
    """Check by RFC 9162 2.1.4.2 that the second tree begins with the first; ProofError otherwise.

    An empty first tree proves nothing and is refused: whoever accepts one (tlog-witness) says so before calling.
    """
    _require_hashes(root1, root2, *proof)
    if not 0 < size1 <= size2:
        raise ProofError("the sizes allow no proof")
    if size1 == size2:
        if proof or root1 != root2:
            raise ProofError("trees of one size have one root and need no proof")
        return
    # RFC 9162 2.1.4.2 step 3: a complete first tree is itself the first node of the path.
    path = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    if not path:
        raise ProofError("the proof is too short")
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    computed1 = computed2 = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            computed1 = node_hash(sibling, computed1)
            computed2 = node_hash(sibling, computed2)
            fn, sn = _skip_left_edge(fn, sn)
        else:
            computed2 = node_hash(computed2, sibling)
        fn >>= 1
        sn >>= 1
    if sn:
        raise ProofError("the proof is too short")
    if computed1 != root1 or computed2 != root2:
        raise ProofError("the proof leads to other roots")


def _skip_left_edge(fn: int, sn: int) -> tuple[int, int]:
    """Go up the levels at which a node on the right edge has no sibling."""
    while fn and not fn & 1:
        fn >>= 1
        sn >>= 1
    return fn, sn


def _fold(roots: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, largest first: the smallest are joined first."""
    root = roots[-1]
    for left in reversed(roots[:-1]):
        root = node_hash(left, root)
    return root


def _split(leaves: int) -> int:
    """The largest power of two below `leaves`, which is at least 2."""
    return 1 << ((leaves - 1).bit_length() - 1)


def _require_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofError("a hash does not have 32 bytes")
