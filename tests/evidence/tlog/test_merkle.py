"""RFC 6962 trees against public vectors, the recursive definition, and every single changed bit."""

import base64
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evidence.errors import ProofError
from evidence.tlog import merkle
from tests.evidence.tlog.rfc6962 import node_of, tree_hash
from tests.oracles import require
from tests.paths import VECTORS


def leaves_of(size: int) -> list[bytes]:
    return [merkle.leaf_hash(index.to_bytes(4, "big")) for index in range(size)]


def _vectors(kind: str) -> list[tuple[str, dict[str, Any]]]:
    folder = require.folder(VECTORS / "merkle" / kind)
    return [(str(path.relative_to(folder)), json.loads(path.read_text())) for path in sorted(folder.rglob("*.json"))]


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_inclusion_vectors() -> None:
    vectors = _vectors("inclusion")
    assert vectors
    for _, vector in vectors:
        arguments = (
            _bytes(vector["leafHash"]),
            vector["leafIdx"],
            vector["treeSize"],
            [_bytes(each) for each in vector["proof"] or []],
            _bytes(vector["root"]),
        )
        if vector["wantErr"]:
            with pytest.raises(ProofError):
                merkle.verify_inclusion(*arguments)
        else:
            merkle.verify_inclusion(*arguments)


def test_consistency_vectors() -> None:
    vectors = _vectors("consistency")
    assert vectors
    happy = 0
    for _, vector in vectors:
        arguments = (
            vector["size1"],
            _bytes(vector["root1"]),
            vector["size2"],
            _bytes(vector["root2"]),
            [_bytes(each) for each in vector["proof"] or []],
        )
        if vector["wantErr"]:
            with pytest.raises(ProofError):
                merkle.verify_consistency(*arguments)
        elif any(len(root) != merkle.HASH_BYTES for root in (arguments[1], arguments[3])):
            # The vectors' verifier compares roots of equal trees as opaque text; ours are always SHA-256.
            with pytest.raises(ProofError):
                merkle.verify_consistency(*arguments)
        else:
            merkle.verify_consistency(*arguments)
            happy += 1
    assert happy


def test_root_vectors() -> None:
    vector = json.loads((require.folder(VECTORS / "rfc6962") / "roots.json").read_text())
    leaves = [merkle.leaf_hash(bytes.fromhex(each)) for each in vector["leaf_inputs_hex"]]
    frontier = merkle.Frontier()
    roots = [frontier.root().hex()]
    for leaf in leaves:
        frontier.append(leaf)
        roots.append(frontier.root().hex())
    assert roots == vector["root_hex_by_size"]


@pytest.mark.parametrize("size", [*range(34), 255, 256, 257])
def test_frontier_agrees_with_the_definition(size: int) -> None:
    leaves = leaves_of(size)
    frontier = merkle.Frontier()
    frontier.extend(leaves)
    assert frontier.size == size
    assert frontier.root() == tree_hash(leaves) == merkle.range_root(0, size, node_of(leaves))


@given(st.integers(0, 80), st.integers(0, 80))
def test_frontier_goes_on_from_its_edge(before: int, after: int) -> None:
    leaves = leaves_of(before + after)
    first = merkle.Frontier()
    first.extend(leaves[:before])
    second = merkle.Frontier(first.size, first.edge)
    second.extend(leaves[before:])
    assert second.root() == tree_hash(leaves)
    assert first.root() == tree_hash(leaves[:before])


@pytest.mark.parametrize(("size", "edge"), [(-1, []), (1, []), (0, [bytes(32)]), (1, [bytes(31)]), (3, [bytes(32)])])
def test_an_edge_that_does_not_fit_is_refused(size: int, edge: list[bytes]) -> None:
    with pytest.raises(ValueError, match="edge"):
        merkle.Frontier(size, edge)


def test_a_leaf_hash_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        merkle.Frontier().append(bytes(31))


def test_every_proof_of_small_trees_verifies() -> None:
    for size in range(1, 20):
        leaves = leaves_of(size)
        node, root = node_of(leaves), tree_hash(leaves)
        for index in range(size):
            merkle.verify_inclusion(leaves[index], index, size, merkle.prove_inclusion(index, size, node), root)
        for size1 in range(1, size + 1):
            proof = merkle.prove_consistency(size1, size, node)
            merkle.verify_consistency(size1, tree_hash(leaves[:size1]), size, root, proof)


def test_an_empty_tree_needs_no_proof_and_gets_none_verified() -> None:
    leaves = leaves_of(3)
    assert merkle.prove_consistency(0, 3, node_of(leaves)) == []
    assert merkle.prove_consistency(3, 3, node_of(leaves)) == []
    with pytest.raises(ProofError):
        merkle.verify_consistency(0, merkle.EMPTY_ROOT, 3, tree_hash(leaves), [])
    with pytest.raises(ProofError):
        merkle.verify_consistency(0, merkle.EMPTY_ROOT, 0, merkle.EMPTY_ROOT, [])


def test_proofs_outside_the_tree_are_not_made() -> None:
    node = node_of(leaves_of(3))
    for index in (-1, 3):
        with pytest.raises(ValueError, match="leaf"):
            merkle.prove_inclusion(index, 3, node)
    for size1 in (-1, 4):
        with pytest.raises(ValueError, match="larger"):
            merkle.prove_consistency(size1, 3, node)


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(st.data())
def test_any_changed_bit_breaks_an_inclusion_proof(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    root, node = tree_hash(leaves), node_of(leaves)
    proof = merkle.prove_inclusion(index, size, node)
    merkle.verify_inclusion(leaves[index], index, size, proof, root)
    parts = [leaves[index], root, *proof]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flip(parts[which], data.draw(st.integers(0, 255)))
    with pytest.raises(ProofError):
        merkle.verify_inclusion(parts[0], index, size, parts[2:], parts[1])
    other = data.draw(st.integers(-1, size + 1))
    assume(other != index)
    with pytest.raises(ProofError):
        merkle.verify_inclusion(leaves[index], other, size, proof, root)
    with pytest.raises(ProofError):
        merkle.verify_inclusion(leaves[index], index, size, [*proof, root], root)
    if proof:
        with pytest.raises(ProofError):
            merkle.verify_inclusion(leaves[index], index, size, proof[:-1], root)


@given(st.data())
def test_any_changed_bit_breaks_a_consistency_proof(data: st.DataObject) -> None:
    size2 = data.draw(st.integers(1, 300))
    size1 = data.draw(st.integers(1, size2))
    leaves = leaves_of(size2)
    root1, root2 = tree_hash(leaves[:size1]), tree_hash(leaves)
    proof = merkle.prove_consistency(size1, size2, node_of(leaves))
    merkle.verify_consistency(size1, root1, size2, root2, proof)
    parts = [root1, root2, *proof]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flip(parts[which], data.draw(st.integers(0, 255)))
    with pytest.raises(ProofError):
        merkle.verify_consistency(size1, parts[0], size2, parts[1], parts[2:])
    with pytest.raises(ProofError):
        merkle.verify_consistency(size1, root1, size2, root2, [*proof, root1])
    if proof:
        with pytest.raises(ProofError):
            merkle.verify_consistency(size1, root1, size2, root2, proof[:-1])


def test_a_proof_that_goes_on_above_the_root_is_refused_even_to_the_root_it_leads_to() -> None:
    extra = bytes(32)
    leaves = leaves_of(4)
    with pytest.raises(ProofError, match="too long"):
        merkle.verify_inclusion(leaves[0], 0, 1, [extra], merkle.node_hash(extra, leaves[0]))
    proof = [*merkle.prove_consistency(3, 4, node_of(leaves)), extra]
    roots = [merkle.node_hash(extra, tree_hash(leaves[:size])) for size in (3, 4)]
    with pytest.raises(ProofError, match="too long"):
        merkle.verify_consistency(3, roots[0], 4, roots[1], proof)


@pytest.mark.parametrize(("size1", "size2"), [(1, 2), (2, 3), (3, 4), (4, 7)])
def test_an_absent_consistency_proof_is_refused(size1: int, size2: int) -> None:
    leaves = leaves_of(size2)
    with pytest.raises(ProofError, match="too short"):
        merkle.verify_consistency(size1, tree_hash(leaves[:size1]), size2, tree_hash(leaves), [])


def test_vectors_have_no_unknown_members() -> None:
    known = {"leafIdx", "treeSize", "root", "leafHash", "proof", "desc", "wantErr", "size1", "size2", "root1", "root2"}
    for _, vector in [*_vectors("inclusion"), *_vectors("consistency")]:
        assert set(vector) <= known


@given(st.lists(st.integers(0, 6), max_size=12))
def test_subtrees_give_the_tree_of_their_leaves(levels: list[int]) -> None:
    by_leaves, by_subtrees, number = merkle.Frontier(), merkle.Frontier(), 0
    for level in levels:
        leaves = [merkle.leaf_hash(b"%d" % each) for each in range(number, number + (1 << level))]
        number += len(leaves)
        subtree = merkle.Frontier()
        subtree.extend(leaves)
        if by_subtrees.size % len(leaves):
            with pytest.raises(ValueError, match="subtree"):
                by_subtrees.append(subtree.root(), level)
            by_subtrees.extend(leaves)
        else:
            by_subtrees.append(subtree.root(), level)
        by_leaves.extend(leaves)
    assert (by_subtrees.size, by_subtrees.edge) == (by_leaves.size, by_leaves.edge)
