"""The definitions of RFC 6962 section 2.1, word for word: the oracle of everything that computes roots."""

import hashlib
from collections.abc import Sequence

from evidence.tlog.merkle import Node


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH over leaf hashes."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def node_of(leaves: Sequence[bytes]) -> Node:
    """The complete subtrees over these leaf hashes."""

    def node(level: int, index: int) -> bytes:
        covered = leaves[index << level : (index + 1) << level]
        assert len(covered) == 1 << level, "only complete subtrees may be asked for"
        return tree_hash(covered)

    return node
