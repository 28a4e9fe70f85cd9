"""A small log whose every size can be signed and proved, to bring to witnesses."""

import base64
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.merkle import leaf_hash, node_hash, prove_consistency, range_root
from evidence.tlog.note import Note, Signer


@dataclass(frozen=True)
class Log:
    """Entries are its name and their numbers; two logs of one origin and other `flavour` are a fork."""

    origin: str = "log.example/one"
    flavour: str = ""
    fork_at: int = 0
    seed: bytes = bytes(32)

    @property
    def signer(self) -> Signer:
        return Signer(self.origin, Ed25519PrivateKey.from_private_bytes(self.seed))

    def node(self, level: int, index: int) -> bytes:
        if level == 0:
            flavour = self.flavour if index >= self.fork_at else ""
            return leaf_hash(f"{flavour}{index}".encode())
        return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def note(self, size: int) -> Note:
        return self.signer.sign(Checkpoint(self.origin, size, range_root(0, size, self.node)).encode())

    def prove(self, old: int, size: int) -> list[bytes]:
        return prove_consistency(old, size, self.node)

    def body(self, old: int, size: int, proof: list[bytes] | None = None) -> bytes:
        """What the log would send."""
        hashes = self.prove(old, size) if proof is None else proof
        lines = "".join(base64.b64encode(each).decode() + "\n" for each in hashes)
        return f"old {old}\n{lines}\n".encode() + self.note(size).encode()
