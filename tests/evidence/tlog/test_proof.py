"""Transparency log proofs: one file proves one entry, and only that one."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import CheckpointError, EvidenceError, ProofError, ProofFormatError, SignatureError
from evidence.tlog import proof
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.merkle import prove_inclusion
from evidence.tlog.proof import TlogProof
from tests.evidence.tlog.keyring import LOG, ORIGIN, STRANGER, WITNESS
from tests.evidence.tlog.rfc6962 import leaf, node_of, tree_hash

VERIFIERS = [LOG.key, WITNESS.key]


def entry_of(index: int) -> bytes:
    return b"entry %d" % index


def make(index: int, size: int, extra: bytes | None = None) -> TlogProof:
    leaves = [leaf(entry_of(each)) for each in range(size)]
    text = Checkpoint(ORIGIN, size, tree_hash(leaves)).encode()
    signed = LOG.sign(text).with_signatures([WITNESS.cosign(text, 11)]).encode()
    return TlogProof(index, tuple(prove_inclusion(index, size, node_of(leaves))), signed, extra)


@given(st.data(), st.none() | st.binary(min_size=1, max_size=40))
def test_a_proof_survives_its_file_and_verifies(data: st.DataObject, extra: bytes | None) -> None:
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    made = make(index, size, extra)
    read = TlogProof.parse(made.encode())
    assert read == made
    verified = proof.verify(entry_of(index), read, VERIFIERS, ORIGIN)
    assert (verified.entry, verified.index) == (entry_of(index), index)
    assert verified.checkpoint.checkpoint.size == size
    assert [each.key for each in verified.checkpoint.cosignatures] == [WITNESS.key]


def test_the_file_is_laid_out_as_published() -> None:
    made = make(1, 3, b"context")
    lines = made.encode().decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1] == "extra " + base64.b64encode(b"context").decode()
    assert lines[2] == "index 1"
    assert [base64.b64decode(line) for line in lines[3:5]] == list(made.hashes)
    assert lines[5] == ""
    assert lines[6] == ORIGIN


def test_another_entry_index_log_or_key_is_refused() -> None:
    made = make(2, 7)
    with pytest.raises(ProofError):
        proof.verify(entry_of(3), made, VERIFIERS, ORIGIN)
    with pytest.raises(ProofError):
        proof.verify(entry_of(2), TlogProof(3, made.hashes, made.checkpoint_note), VERIFIERS, ORIGIN)
    with pytest.raises(ProofError):
        proof.verify(entry_of(2), TlogProof(7, made.hashes, made.checkpoint_note), VERIFIERS, ORIGIN)
    with pytest.raises(CheckpointError):
        proof.verify(entry_of(2), made, VERIFIERS, "log.example/other")
    with pytest.raises(SignatureError):
        proof.verify(entry_of(2), made, [STRANGER.key], ORIGIN)
    with pytest.raises(SignatureError):
        proof.verify(entry_of(2), made, [WITNESS.key], ORIGIN)


@given(st.data())
def test_any_changed_bit_of_the_file_is_refused(data: st.DataObject) -> None:
    made = bytearray(make(2, 7).encode())
    bit = data.draw(st.integers(0, len(made) * 8 - 1))
    made[bit // 8] ^= 1 << bit % 8
    try:
        verified = proof.verify(entry_of(2), TlogProof.parse(bytes(made)), VERIFIERS, ORIGIN)
    except EvidenceError:
        return
    # What is left: a witness's line became a stranger's, which is passed over.
    assert verified.checkpoint.cosignatures == ()


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ProofFormatError):
        TlogProof.parse(data)


FILE = make(1, 2, b"x").encode().decode()
HASH = FILE.split("\n")[3]


@pytest.mark.parametrize(
    "text",
    [
        FILE.replace("@v1", "@v2"),
        FILE.replace("@v1", "@v1 "),
        FILE.replace("extra eA==\n", "extra \n"),
        FILE.replace("extra eA==\n", "extra eA\n"),
        FILE.replace("extra eA==\n", "extra eB==\n"),
        FILE.replace("extra eA==\n", "extra eA==\nextra eA==\n"),
        FILE.replace("extra eA==\n", "more eA==\n"),
        FILE.replace("extra eA==\n", "\n"),
        FILE.replace("index 1\n", ""),
        FILE.replace("index 1", "index 01"),
        FILE.replace("index 1", "index +1"),
        FILE.replace("index 1", "index 1_0"),
        FILE.replace("index 1", "index  1"),
        FILE.replace("index 1", "index 1 "),
        FILE.replace("index 1", f"index {2**63}"),
        FILE.replace("index 1", "index"),
        FILE.replace(HASH, HASH[:-1]),
        FILE.replace(HASH, HASH[4:]),
        FILE.replace(HASH, " " + HASH),
        FILE.replace(HASH, (HASH + "\n") * 63 + HASH),
        FILE.replace(HASH + "\n\n", HASH + "\n"),
        FILE.replace(HASH + "\n\n", HASH + "\n\n\n"),
        FILE.partition("\n\n")[0] + "\n\n",
        FILE.replace("\n", "\r\n"),
        "\n" + FILE,
        "\ufeff" + FILE,
        FILE + "\n",
        FILE + "x",
    ],
)
def test_misspelt_files_are_refused(text: str) -> None:
    assert text != FILE
    with pytest.raises(ProofFormatError):
        TlogProof.parse(text.encode())


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(ProofFormatError):
        TlogProof.parse(FILE.encode() + b"a" * proof.MAX_PROOF_BYTES)


@pytest.mark.parametrize(("index", "hashes", "extra"), [(-1, (), None), (0, (b"",), None), (0, (), b"")])
def test_what_no_file_can_hold_is_refused(index: int, hashes: tuple[bytes, ...], extra: bytes | None) -> None:
    with pytest.raises(ProofFormatError):
        TlogProof(index, hashes, make(0, 1).checkpoint_note, extra)
