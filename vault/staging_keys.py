"""What the secret in an upload's address opens: the file key of what has arrived of that one upload, and nothing else.

The vault keeps the file key only wrapped, under the address's secret and the receipt together (docs/formats.md, "What
waits"); it keeps neither of the two. Who presents both lets the service go on with the upload for one request.

This is the only module of the service that unwraps a key. It knows no recipient and no identity, so it can open nothing
that is sealed to the custodians; and what it can open it cannot open without the person who sends the upload.
"""

import base64
import binascii
from typing import Final

from cryptography.exceptions import InvalidTag

from evidence.ids import Receipt
from vault.age.wrapping import BODY_BYTES, FILE_KEY_BYTES, derive, seal, unseal
from vault.errors import UnknownReceipt, UnknownUpload

SECRET_BYTES: Final = 32
LOCK_BYTES: Final = BODY_BYTES
"""Bytes of a wrapped file key."""
_ID_BYTES: Final = 16
_TEXT: Final = 43  # characters of 32 bytes in base64url without padding


def encode_secret(secret: bytes) -> str:
    """The last part of an upload's address: 43 characters."""
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def parse_secret(text: str) -> bytes:
    """Undo `encode_secret`; UnknownUpload for anything that it does not write."""
    try:
        secret = base64.urlsafe_b64decode(text.encode("ascii") + b"=" if len(text) == _TEXT else b"")
    except (binascii.Error, UnicodeEncodeError):
        secret = b""
    if len(secret) != SECRET_BYTES or encode_secret(secret) != text:
        raise UnknownUpload("no upload has this address")
    return secret


def upload_id(secret: bytes) -> str:
    """By what the vault finds an upload: 32 hex digits that open nothing."""
    return derive(secret, b"", b"amparo/upload/v1/id")[:_ID_BYTES].hex()


def receipt_proof(secret: bytes, receipt: Receipt) -> bytes:
    """32 bytes by which the vault knows the receipt with which an upload began; alone they tell nothing."""
    return derive(secret, b"", b"amparo/upload/v1/receipt/" + receipt.encode())


def lock(secret: bytes, receipt: Receipt, file_key: bytes) -> bytes:
    """The file key (16 bytes) wrapped, 32 bytes. A secret wraps one key only: the nonce is fixed."""
    if len(file_key) != FILE_KEY_BYTES:
        raise ValueError("a file key has 16 bytes")
    return seal(_wrapping_key(secret, receipt), file_key)


def unlock(secret: bytes, receipt: Receipt, locked: bytes) -> bytes:
    """Undo `lock`; UnknownReceipt when the receipt is not the one with which the upload began."""
    try:
        return unseal(_wrapping_key(secret, receipt), locked)
    except InvalidTag:
        raise UnknownReceipt("the upload belongs to another receipt") from None


def _wrapping_key(secret: bytes, receipt: Receipt) -> bytes:
    return derive(secret, b"", b"amparo/upload/v1/file-key/" + receipt.encode())
