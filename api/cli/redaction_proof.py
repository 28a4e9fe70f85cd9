"""The proof that `amparo redact` writes: a commitment to the original, and what was blanked in it.

Format `amparo/redaction-proof/1` (docs/formats.md, "Provable redaction"). Each leaf is salted with its own 256 random
bits, which are kept nowhere: the proof tells nothing of what was blanked, and nobody can test guesses against it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evidence.canonical import Json, encode
from evidence.errors import DocumentError
from evidence.fields import Fields
from evidence.segments import BLOCK_BYTES, Withheld, withheld_from_json, withheld_leaf
from evidence.withheld import SALT_BYTES
from redaction.finding import Finding
from redaction.reader import Reader

FORMAT: Final = "amparo/redaction-proof/1"
LIMIT: Final = 64 * 1024 * 1024  # bytes of a proof
_PIECE: Final = 16 * 1024 * 1024  # bytes: a longer finding is withheld in pieces, so that memory stays bounded


@dataclass(frozen=True, slots=True)
class RedactionProof:
    """`root` (32 bytes) commits to the original of `size` bytes; `withheld` are its blanked ranges, in order."""

    policy: str
    tool: str
    size: int
    root: bytes
    withheld: tuple[Withheld, ...]

    def encode(self) -> bytes:
        """The file's bytes: canonical JSON and a line end."""
        withheld: list[Json] = [each.to_json() for each in self.withheld]
        members: Json = {
            "format": FORMAT,
            "policy": self.policy,
            "tool": self.tool,
            "block": BLOCK_BYTES,
            "root": self.root.hex(),
            "bytes": self.size,
            "withheld": withheld,
        }
        return encode(members) + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> "RedactionProof":
        """Read the file's bytes; an EvidenceError says what is malformed."""
        fields = Fields.of(data.removesuffix(b"\n"), "redaction proof", FORMAT)
        if fields.integer("block", 1) != BLOCK_BYTES:
            raise DocumentError("redaction proof: another block size than this version knows")
        proof = cls(
            policy=fields.text("policy", 64),
            tool=fields.text("tool", 64),
            size=fields.integer("bytes"),
            root=fields.hexadecimal("root", 32),
            withheld=withheld_from_json(fields.json("withheld")),
        )
        fields.done()
        return proof


def withhold(original: Reader, findings: Sequence[Finding]) -> tuple[Withheld, ...]:
    """Commit to what each finding covers, with salts that are forgotten at once."""
    return tuple(_withheld(original, finding, start) for finding in findings for start in _starts(finding))


def _starts(finding: Finding) -> range:
    return range(finding.offset, finding.end, _PIECE)


def _withheld(original: Reader, finding: Finding, start: int) -> Withheld:
    data = original.read(start, min(_PIECE, finding.end - start))
    leaf = withheld_leaf(start, secrets.token_bytes(SALT_BYTES), data)
    return Withheld(start, len(data), finding.what, leaf, finding.filler)
