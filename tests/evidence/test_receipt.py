"""A receipt is stretched by scrypt and separated by HKDF, as docs/formats.md says and another library computes."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from evidence.ids import Receipt
from evidence.receipt import original_commitment, receipt_secret, verifier, view_key

RECEIPT, SALT = Receipt("1234567890123456"), bytes(range(32))
SECRET = receipt_secret(RECEIPT, SALT)


def hkdf(key: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 with an empty salt, for one block of output."""
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\1", "sha256")[:length]


def test_the_secret_is_scrypt_with_the_published_cost() -> None:
    assert Scrypt(salt=SALT, length=32, n=2**15, r=8, p=1).derive(RECEIPT.encode()) == SECRET


def test_what_is_derived_is_hkdf_with_the_published_words() -> None:
    assert verifier(SECRET) == hkdf(SECRET, b"amparo/receipt/v1", 32)
    assert view_key(SECRET, "ab") == hkdf(SECRET, b"amparo/receipt-view/v1/ab", 16)
    key = hkdf(SECRET, b"amparo/original/v1", 32)
    digest = hashlib.sha256(b"the original").digest()
    assert original_commitment(SECRET, digest) == hmac.digest(key, digest, "sha256")


def test_another_receipt_or_salt_gives_another_secret() -> None:
    assert receipt_secret(Receipt("1234567890123457"), SALT) != SECRET
    assert receipt_secret(RECEIPT, bytes(32)) != SECRET


def test_each_exhibit_has_a_key_of_its_own() -> None:
    assert len({view_key(SECRET, f"{number:032x}") for number in range(50)}) == 50


def test_a_salt_of_another_length_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        receipt_secret(RECEIPT, b"short")
