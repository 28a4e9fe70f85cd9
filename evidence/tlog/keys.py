"""Verifier keys of signed notes (c2sp.org/signed-note): a name, a signature type and a public key on one line."""

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.errors import NoteError, SignatureError
from evidence.tlog import cosignature, mldsa_cosignature
from evidence.tlog.lines import base64_bytes, base64_text

MAX_NAME_BYTES = 1024
_KEY_ID_BYTES = 4


class SignatureType(IntEnum):
    """The signature types that we verify; notes may carry others, which are passed over."""

    ED25519 = 0x01
    """Over the note's text: what a log signs with."""
    COSIGNATURE = 0x04
    """Timestamped Ed25519, over a checkpoint: what a log witness signs with."""
    MLDSA_COSIGNATURE = 0x06
    """The same with ML-DSA-44, which a quantum computer does not break."""


COSIGNATURES: Final = frozenset({SignatureType.COSIGNATURE, SignatureType.MLDSA_COSIGNATURE})
_KEY_BYTES: Final = {SignatureType.MLDSA_COSIGNATURE: 1312}  # of the others 32


def require_name(name: str) -> str:
    """The key name, if it is one: not empty, without Unicode space, control character or plus; NoteError otherwise."""
    if not name or any(each.isspace() or each == "+" or each < " " for each in name):
        raise NoteError("not a key name")
    try:
        too_long = len(name.encode("utf-8")) > MAX_NAME_BYTES
    except UnicodeEncodeError:
        raise NoteError("not a key name") from None
    if too_long:
        raise NoteError("a key name longer than any that is made")
    return name


@dataclass(frozen=True)
class VerifierKey:
    """Whom to believe: `name`, `type` and the bytes of a public key: 32 of Ed25519, 1312 of ML-DSA-44."""

    name: str
    type: SignatureType
    public_key: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.public_key) != _KEY_BYTES.get(self.type, 32):
            raise NoteError("a public key of another length than its type has")

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Read `name+hex8+base64`; NoteError for another spelling, a key ID that is not the key's, another type."""
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")  # base64 may hold further plus signs
        material = base64_bytes(encoded, NoteError)
        try:
            kind = SignatureType(material[0] if material else 0)
        except ValueError:
            raise NoteError("a signature type that is not supported") from None
        key = cls(name, kind, material[1:])
        if key.key_id.hex() != key_id:
            raise NoteError("the key ID is not this key's")
        return key

    @cached_property
    def key_id(self) -> bytes:
        """The 4 bytes that together with the name say which key signed."""
        named = self.name.encode("utf-8") + b"\n" + bytes([self.type]) + self.public_key
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The one line that `parse` reads."""
        return f"{self.name}+{self.key_id.hex()}+{base64_text(bytes([self.type]) + self.public_key)}"

    def verify(self, text: bytes, signature: bytes) -> int | None:
        """Check the signature (without its key ID) over a note's text; SignatureError when it does not verify.

        Returns the POSIX seconds that a cosignature states, None for the type that states no time.
        """
        if self.type is SignatureType.MLDSA_COSIGNATURE:
            return mldsa_cosignature.verify(self.name, self.public_key, text, signature)
        public_key = Ed25519PublicKey.from_public_bytes(self.public_key)
        if self.type is SignatureType.COSIGNATURE:
            return cosignature.verify(public_key, text, signature)
        try:
            public_key.verify(signature, text)
        except InvalidSignature:
            raise SignatureError("a note's signature does not verify") from None
        return None
