"""What wrapping and unwrapping a file key have in common: key derivation and the two key encapsulations.

Sources: c2sp.org/age ("The X25519 recipient type", "The mlkem768x25519 recipient type"), RFC 5869, RFC 9180.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILE_KEY_BYTES: Final = 16
TAG_BYTES: Final = 16
BODY_BYTES: Final = FILE_KEY_BYTES + TAG_BYTES

X25519_TYPE: Final = "X25519"
X25519_INFO: Final = b"age-encryption.org/v1/X25519"
X25519_BYTES: Final = 32

HYBRID_TYPE: Final = "mlkem768x25519"
HYBRID_INFO: Final = b"age-encryption.org/mlkem768x25519"
MLKEM_PUBLIC_BYTES: Final = 1184
MLKEM_CIPHERTEXT_BYTES: Final = 1088
HYBRID_PUBLIC_BYTES: Final = MLKEM_PUBLIC_BYTES + X25519_BYTES
HYBRID_SHARE_BYTES: Final = MLKEM_CIPHERTEXT_BYTES + X25519_BYTES
HYBRID_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)

SCRYPT_TYPE: Final = "scrypt"
SCRYPT_LABEL: Final = b"age-encryption.org/v1/scrypt"

# Safe because every wrap key is derived from a fresh share or salt and seals one message.
_ONE_NONCE: Final = bytes(12)


def check_file_key(file_key: bytes) -> None:
    """Raise ValueError unless the file key has 16 bytes."""
    if len(file_key) != FILE_KEY_BYTES:
        raise ValueError("a file key has 16 bytes")


def derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 to 32 bytes."""
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    """The X25519 shared secret. Raises ValueError when `public` is a low-order point or has not 32 bytes."""
    return private.exchange(X25519PublicKey.from_public_bytes(public))


def seal(wrap_key: bytes, secret: bytes) -> bytes:
    """ChaCha20-Poly1305 under a key that is used once; 16 bytes longer than `secret`."""
    return ChaCha20Poly1305(wrap_key).encrypt(_ONE_NONCE, secret, None)


def unseal(wrap_key: bytes, sealed: bytes) -> bytes:
    """Undo `seal`. Raises cryptography's InvalidTag."""
    return ChaCha20Poly1305(wrap_key).decrypt(_ONE_NONCE, sealed, None)
