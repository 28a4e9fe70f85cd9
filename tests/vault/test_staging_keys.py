"""What the secret of an upload's address gives, against the published vector and RFC 5869 and 8439 done by hand."""

import base64
import hashlib
import hmac
import json
from typing import Final

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from evidence.ids import Receipt
from tests.paths import ROOT
from vault import staging_keys
from vault.errors import UnknownReceipt, UnknownUpload

VECTOR: Final = json.loads((ROOT / "tests" / "vectors" / "staging" / "keys.json").read_text())
SECRET: Final = bytes.fromhex(VECTOR["secret"])
RECEIPT: Final = Receipt(VECTOR["receipt"])


def hkdf(info: str) -> bytes:
    """RFC 5869 with an empty salt, one block."""
    key = hmac.digest(bytes(32), SECRET, hashlib.sha256)
    return hmac.digest(key, info.encode() + b"\x01", hashlib.sha256)


def test_the_vector_holds() -> None:
    assert staging_keys.encode_secret(SECRET) == VECTOR["address"]
    assert staging_keys.parse_secret(VECTOR["address"]) == SECRET
    assert staging_keys.upload_id(SECRET) == VECTOR["upload"]
    assert staging_keys.receipt_proof(SECRET, RECEIPT).hex() == VECTOR["proof"]
    assert staging_keys.lock(SECRET, RECEIPT, bytes.fromhex(VECTOR["file_key"])).hex() == VECTOR["lock"]
    assert staging_keys.unlock(SECRET, RECEIPT, bytes.fromhex(VECTOR["lock"])).hex() == VECTOR["file_key"]


def test_the_vector_is_what_the_document_says() -> None:
    assert base64.urlsafe_b64encode(SECRET).rstrip(b"=").decode() == VECTOR["address"]
    assert hkdf("amparo/upload/v1/id")[:16].hex() == VECTOR["upload"]
    assert hkdf(f"amparo/upload/v1/receipt/{RECEIPT}").hex() == VECTOR["proof"]
    wrapping = hkdf(f"amparo/upload/v1/file-key/{RECEIPT}")
    sealed = ChaCha20Poly1305(wrapping).encrypt(bytes(12), bytes.fromhex(VECTOR["file_key"]), None)
    assert sealed.hex() == VECTOR["lock"]


def test_another_receipt_does_not_unlock() -> None:
    with pytest.raises(UnknownReceipt):
        staging_keys.unlock(SECRET, Receipt("1234567890123457"), bytes.fromhex(VECTOR["lock"]))


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "B", "A" * 42 + "+", "é" * 43])
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(UnknownUpload):
        staging_keys.parse_secret(text)
