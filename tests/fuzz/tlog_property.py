"""What must hold of reading notes, checkpoints and proofs, whatever the bytes are."""

from collections.abc import Iterator

from evidence.errors import EvidenceError
from evidence.tlog import checkpoint, note, proof
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.merkle import prove_inclusion
from tests.evidence.tlog.keyring import LOG, ORIGIN, WITNESS
from tests.evidence.tlog.rfc6962 import leaf, node_of, tree_hash
from tests.fuzz.redaction_property import NotHeld

_ENTRIES = [b"entry %d" % index for index in range(5)]
_KEYS = [LOG.key, WITNESS.key]


def holds(data: bytes) -> None:
    """Reading ends with a value or an EvidenceError; what was read is written back as the same bytes."""
    for read in (_note, _proof, _checkpoint, _verified):
        try:
            read(data)
        except EvidenceError:
            continue


def seeds() -> Iterator[bytes]:
    """Proofs of every entry, and their checkpoint."""
    leaves = [leaf(entry) for entry in _ENTRIES]
    text = Checkpoint(ORIGIN, len(leaves), tree_hash(leaves)).encode()
    signed = LOG.sign(text).with_signatures([WITNESS.cosign(text, 11)]).encode()
    yield signed
    yield text.encode()
    for index in range(len(leaves)):
        path = tuple(prove_inclusion(index, len(leaves), node_of(leaves)))
        yield proof.TlogProof(index, path, signed, b"extra" if index % 2 else None).encode()


def _note(data: bytes) -> None:
    if note.Note.parse(data).encode() != data:
        raise NotHeld("a note has two spellings")


def _proof(data: bytes) -> None:
    if proof.TlogProof.parse(data).encode() != data:
        raise NotHeld("a proof has two spellings")


def _checkpoint(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    if Checkpoint.parse(text).encode() != text:
        raise NotHeld("a checkpoint has two spellings")


def _verified(data: bytes) -> None:
    """Whatever verifies is about a tree that the log signed, and there is one."""
    signed = checkpoint.verify(data, _KEYS, ORIGIN).checkpoint
    if (signed.size, signed.root) != (len(_ENTRIES), tree_hash([leaf(entry) for entry in _ENTRIES])):
        raise NotHeld("a checkpoint verifies that the log never signed")
