"""ML-DSA-44 cosignatures (c2sp.org/tlog-cosignature, type 0x06): as Ed25519 ones, but safe from quantum computers.

The signature is 2428 bytes: u64be POSIX seconds, then ML-DSA-44 over the cosigner's name, the time and the first three
lines of the checkpoint. No statement is made about further lines.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from evidence.errors import NoteError, SignatureError
from evidence.tlog.lines import MAX_NUMBER, base64_bytes, decimal

SIGNATURE_BYTES: Final = 8 + 2420
_LABEL: Final = b"subtree/v1\n\0"


def message(name: str, text: bytes, timestamp: int) -> bytes:
    """What is signed; NoteError when `text` is no checkpoint's, or a name has over 255 bytes."""
    lines = text.decode("utf-8").split("\n")
    if len(lines) < 4:
        raise NoteError("not the text of a checkpoint")
    origin, size, root = lines[:3]
    number, digest = decimal(size, NoteError), base64_bytes(root, NoteError)
    if len(digest) != 32:
        raise NoteError("not the text of a checkpoint")
    stamp, start, end = (each.to_bytes(8, "big") for each in (timestamp, 0, number))
    return _LABEL + _short(name) + stamp + _short(origin) + start + end + digest


def sign(name: str, private_key: MLDSA44PrivateKey, text: bytes, timestamp: int) -> bytes:
    """The timestamped signature over a checkpoint's text, at `timestamp` POSIX seconds."""
    return timestamp.to_bytes(8, "big") + private_key.sign(message(name, text, timestamp))


def verify(name: str, public_key: bytes, text: bytes, signature: bytes) -> int:
    """The time in POSIX seconds that a good signature states; SignatureError otherwise."""
    timestamp = int.from_bytes(signature[:8], "big")
    if len(signature) != SIGNATURE_BYTES or timestamp > MAX_NUMBER:
        raise SignatureError("not a timestamped ML-DSA-44 signature")
    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature[8:], message(name, text, timestamp))
    except InvalidSignature:
        raise SignatureError("a cosignature does not verify") from None
    return timestamp


def _short(text: str) -> bytes:
    data = text.encode("utf-8")
    if not 0 < len(data) < 256:
        raise NoteError("a name longer than a cosignature can hold")
    return bytes([len(data)]) + data
