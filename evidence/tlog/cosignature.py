"""Ed25519 cosignatures (c2sp.org/tlog-cosignature, type 0x04): a log witness saw this checkpoint at that time.

The signature is 72 bytes: u64be POSIX seconds, then Ed25519 over a two-line head and the whole text of the checkpoint.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from evidence.errors import SignatureError
from evidence.tlog.lines import MAX_NUMBER

SIGNATURE_BYTES: Final = 8 + 64


def message(text: bytes, timestamp: int) -> bytes:
    """What is signed: `text` is the note's text with its final LF, `timestamp` is in POSIX seconds."""
    return b"cosignature/v1\ntime %d\n" % timestamp + text


def sign(private_key: Ed25519PrivateKey, text: bytes, timestamp: int) -> bytes:
    """The timestamped signature over a checkpoint's text, at `timestamp` POSIX seconds."""
    if not 0 <= timestamp <= MAX_NUMBER:
        raise ValueError("a time before 1970 or beyond 63 bits")
    return timestamp.to_bytes(8, "big") + private_key.sign(message(text, timestamp))


def verify(public_key: Ed25519PublicKey, text: bytes, signature: bytes) -> int:
    """The time in POSIX seconds that a good signature states; SignatureError otherwise."""
    timestamp = int.from_bytes(signature[:8], "big")
    if len(signature) != SIGNATURE_BYTES or timestamp > MAX_NUMBER:
        raise SignatureError("not a timestamped Ed25519 signature")
    try:
        public_key.verify(signature[8:], message(text, timestamp))
    except InvalidSignature:
        raise SignatureError("a cosignature does not verify") from None
    return timestamp
