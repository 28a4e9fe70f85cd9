"""What a log sends to have a checkpoint cosigned: `old <size>`, a consistency proof, an empty line, the signed note."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from evidence.errors import CheckpointError, NoteError, SignatureError
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.keys import VerifierKey
from evidence.tlog.lines import base64_bytes, decimal, utf8
from evidence.tlog.merkle import HASH_BYTES
from evidence.tlog.note import Signature, parse_signatures, require_text

BODY_BYTES: Final = 64 * 1024
MOST_HASHES: Final = 63


@dataclass(frozen=True, slots=True)
class Submission:
    """A parsed body; nothing of it is checked but its form."""

    old: int
    proof: tuple[bytes, ...]
    text: str
    signatures: tuple[Signature, ...]

    @property
    def origin(self) -> str:
        """The log's origin line."""
        return self.text.partition("\n")[0]

    @classmethod
    def parse(cls, body: bytes) -> "Submission":
        """Read a body; an EvidenceError when it is none."""
        text = utf8(body, BODY_BYTES, NoteError)
        head, separator, note = text.partition("\n\n")
        first, *hashes = head.split("\n")
        if not separator or not first.startswith("old ") or len(hashes) > MOST_HASHES:
            raise NoteError("not an old size, a proof and a checkpoint")
        proof = tuple(base64_bytes(line, NoteError) for line in hashes)
        if any(len(node) != HASH_BYTES for node in proof):
            raise NoteError("a hash of another length")
        old = decimal(first.removeprefix("old "), NoteError)
        text, separator, lines = note.rpartition("\n\n")
        if not separator or not lines.startswith("\u2014 "):
            raise NoteError("no note with a signature")
        return cls(old, proof, require_text(text + "\n"), _readable(lines.encode("utf-8")))

    def signatures_by(self, keys: Iterable[VerifierKey]) -> tuple[Signature, ...]:
        """The good signatures by these keys; SignatureError when there is none, or one of them is wrong."""
        known = {(key.name, key.key_id): key for key in keys}
        found = [(known[at], line) for line in self.signatures if (at := (line.name, line.key_id)) in known]
        for key, line in found:
            key.verify(self.text.encode("utf-8"), line.signature)
        if not found:
            raise SignatureError("no known key signed")
        return tuple(line for _, line in found)

    def claimed_size(self) -> int:
        """The size that the note claims; an EvidenceError when it is no checkpoint's text.

        An empty log with the root of another is one: `checkpoint` refuses it, once its signature is known to be good.
        """
        lines = self.text.split("\n")
        if len(lines) < 4:
            raise CheckpointError("not three lines, each ending in a line feed")
        size = decimal(lines[1], CheckpointError)
        if size:
            self.checkpoint()
        elif len(base64_bytes(lines[2], CheckpointError)) != HASH_BYTES:
            raise CheckpointError("a root has 32 bytes")
        return size

    def checkpoint(self) -> Checkpoint:
        """The checkpoint; EvidenceError."""
        return Checkpoint.parse(self.text)


def _readable(lines: bytes) -> tuple[Signature, ...]:
    """The signatures; none when a line is misspelt, which is a log without a good signature, not a malformed body."""
    try:
        return parse_signatures(lines)
    except NoteError:
        return ()
