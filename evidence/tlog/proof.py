"""Transparency log proofs (c2sp.org/tlog-proof): that an entry is in a log, checkable offline from one small file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from evidence.errors import CheckpointError, NoteError, ProofFormatError
from evidence.tlog import checkpoint, merkle
from evidence.tlog.checkpoint import Checkpoint, VerifiedCheckpoint
from evidence.tlog.keys import VerifierKey
from evidence.tlog.lines import MAX_NUMBER, base64_bytes, base64_text, decimal, utf8
from evidence.tlog.note import MAX_NOTE_BYTES, Note

MAX_HASHES: Final = 63  # the path in a tree of 2**63 leaves
MAX_PROOF_BYTES: Final = 2 * MAX_NOTE_BYTES
_HEAD = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An entry's `index`, its audit path (32-byte hashes, the leaf's sibling first) and the signed checkpoint.

    `extra` is whatever the application added; nothing authenticates it.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint_note: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_NUMBER:
            raise ProofFormatError("no index of a log")
        if len(self.hashes) > MAX_HASHES or any(len(each) != merkle.HASH_BYTES for each in self.hashes):
            raise ProofFormatError("not an audit path of SHA-256 hashes")
        if self.extra == b"":
            raise ProofFormatError("extra data that is none")
        try:
            Checkpoint.parse(Note.parse(self.checkpoint_note).text)
        except (NoteError, CheckpointError):
            raise ProofFormatError("no signed checkpoint after the audit path") from None

    @classmethod
    def parse(cls, data: bytes) -> "TlogProof":
        """Read a proof file; ProofFormatError unless `encode` would write the same bytes."""
        text = utf8(data, MAX_PROOF_BYTES, ProofFormatError)
        head, separator, signed = text.partition("\n\n")
        lines = iter(head.split("\n"))
        if not separator or next(lines) != _HEAD:
            raise ProofFormatError("no tlog-proof of version 1")
        line = next(lines, "")
        extra = None
        if line.startswith("extra "):
            extra = base64_bytes(line.removeprefix("extra "), ProofFormatError)
            line = next(lines, "")
        if not line.startswith("index "):
            raise ProofFormatError("no index line")
        index = decimal(line.removeprefix("index "), ProofFormatError)
        hashes = tuple(base64_bytes(each, ProofFormatError) for each in lines)
        return cls(index, hashes, signed.encode("utf-8"), extra)

    def encode(self) -> bytes:
        """The proof file (`.tlog-proof`)."""
        extra = [] if self.extra is None else [f"extra {base64_text(self.extra)}"]
        lines = [_HEAD, *extra, f"index {self.index}", *map(base64_text, self.hashes)]
        return "".join(f"{line}\n" for line in lines).encode("ascii") + b"\n" + self.checkpoint_note


@dataclass(frozen=True, slots=True)
class VerifiedEntry:
    """An entry that is number `index` of the log under `checkpoint`."""

    entry: bytes
    index: int
    checkpoint: VerifiedCheckpoint


def verify(entry: bytes, proof: TlogProof, verifiers: Iterable[VerifierKey], origin: str) -> VerifiedEntry:
    """Check that the log named `origin` signed a checkpoint whose tree holds `entry` at the proof's index.

    Raises what `checkpoint.verify` raises, and ProofError when the path leads elsewhere. Whether the cosignatures
    suffice is for the caller.
    """
    verified = checkpoint.verify(proof.checkpoint_note, verifiers, origin)
    tree = verified.checkpoint
    merkle.verify_inclusion(merkle.leaf_hash(entry), proof.index, tree.size, proof.hashes, tree.root)
    return VerifiedEntry(entry, proof.index, verified)
