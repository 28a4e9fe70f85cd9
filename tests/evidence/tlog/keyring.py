"""Fixed keys for tests: a log and two witnesses, and a stranger."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.tlog.note import Cosigner, Signer

ORIGIN = "log.example/custody"


def private_key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


LOG = Signer(ORIGIN, private_key(1))
WITNESS = Cosigner("witness.example/w1", private_key(2))
OTHER_WITNESS = Cosigner("witness.example/w2", private_key(3))
STRANGER = Signer("stranger.example", private_key(4))
