"""Checkpoints (c2sp.org/tlog-checkpoint): a log's origin, size and root, as the text of a signed note."""

from collections.abc import Iterable
from dataclasses import dataclass

from evidence.errors import CheckpointError, SignatureError
from evidence.tlog import note
from evidence.tlog.keys import COSIGNATURES, SignatureType, VerifierKey
from evidence.tlog.lines import MAX_NUMBER, base64_bytes, base64_text, decimal
from evidence.tlog.merkle import EMPTY_ROOT, HASH_BYTES
from evidence.tlog.note import VerifiedSignature


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to: the `root` (32 bytes) over its first `size` entries.

    `extensions` are further lines that other logs may write; ours never does.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or any(each < " " or "\ud800" <= each <= "\udfff" for each in line):
                raise CheckpointError("an empty line or a control character")
        if not 0 <= self.size <= MAX_NUMBER:
            raise CheckpointError("no size of a log")
        if len(self.root) != HASH_BYTES:
            raise CheckpointError("a root has 32 bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointError("an empty log with the root of another")

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note's text; CheckpointError unless `encode` would write the same."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop():
            raise CheckpointError("not three lines, each ending in a line feed")
        origin, size, root, *extensions = lines
        return cls(origin, decimal(size, CheckpointError), base64_bytes(root, CheckpointError), tuple(extensions))

    def encode(self) -> str:
        """The text to sign, with its final LF."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, base64_text(self.root), *self.extensions))


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that its log signed, and the witnesses we know that cosigned: enough or not, the caller decides."""

    checkpoint: Checkpoint
    cosignatures: tuple[VerifiedSignature, ...]


def verify(signed: bytes, verifiers: Iterable[VerifierKey], origin: str) -> VerifiedCheckpoint:
    """Read a signed checkpoint of the log named `origin`.

    Of `verifiers`, those of type Ed25519 are the log's, those of type cosignature the witnesses'. SignatureError unless
    one of the log's signed and every signature by a known key is good; CheckpointError for another log's.
    """
    verified = note.verify(signed, verifiers)
    if not any(each.key.type is SignatureType.ED25519 for each in verified.signatures):
        raise SignatureError("the log itself did not sign")
    checkpoint = Checkpoint.parse(verified.text)
    if checkpoint.origin != origin:
        raise CheckpointError("a checkpoint of another log")
    cosignatures = tuple(each for each in verified.signatures if each.key.type in COSIGNATURES)
    return VerifiedCheckpoint(checkpoint, cosignatures)
