"""What a receipt proves, and how a source proves that an original is theirs.

A receipt has 53 bits, so it is stretched (scrypt, RFC 7914) before anything is derived from it: a stolen list of
verifiers costs its thief about 10**16 runs of 32 MiB each to read one vault's receipts.
"""

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from evidence.ids import Receipt

SALT_BYTES: Final = 32
_COST: Final = 2**15  # scrypt N; with r = 8: 32 MiB and about a tenth of a second


def receipt_secret(receipt: Receipt, salt: bytes) -> bytes:
    """32 bytes that stand for the receipt in one vault; `salt` is the vault's (32 bytes, in its trust anchor)."""
    if len(salt) != SALT_BYTES:
        raise ValueError("the vault's salt has 32 bytes")
    return hashlib.scrypt(receipt.encode(), salt=salt, n=_COST, r=8, p=1, dklen=32, maxmem=64 * 1024 * 1024)


def verifier(secret: bytes) -> bytes:
    """32 bytes by which the vault finds the case of a receipt; they open nothing."""
    return _derive(secret, b"amparo/receipt/v1", 32)


def view_key(secret: bytes, exhibit: str) -> bytes:
    """The 16-byte age file key of what the receipt page shows of one exhibit (docs/formats.md)."""
    return _derive(secret, b"amparo/receipt-view/v1/" + exhibit.encode(), 16)


def original_commitment(secret: bytes, original_sha256: bytes) -> bytes:
    """HMAC-SHA256 over the original's hash: only who has receipt and original can test it."""
    return hmac.digest(_derive(secret, b"amparo/original/v1", 32), original_sha256, "sha256")


def _derive(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=b"", info=info).derive(secret)
