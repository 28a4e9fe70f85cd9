"""Who is who: the public line of a custodian, partner or auditor, and the signing key behind it.

One secret per person, an age identity. Its Ed25519 signing key is derived from it, so there is one file to keep:
seed = HKDF-SHA256(ikm = the 32 secret bytes, salt empty, info = "amparo/signing/v1"). docs/formats.md, "Identities".
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from evidence.errors import IdentityError

NAME_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RECIPIENT: Final = re.compile(r"age1[0-9a-z]{1,4000}")
LINE_LIMIT: Final = 8192  # characters; a post-quantum recipient has 1,959
_CACHED: Final = 256  # lines


@dataclass(frozen=True)
class PublicLine:
    """The public side of an identity: `amparo1 <name> <age recipient> <base64 Ed25519 public key>`.

    `recipient` is checked here for its alphabet only; `vault.age.recipients` parses it. `signing_key` has 32 bytes.
    """

    name: str
    recipient: str
    signing_key: bytes

    @classmethod
    @lru_cache(_CACHED)  # an auditor meets the same few people in every release
    def parse(cls, text: str) -> "PublicLine":
        """Read one line; IdentityError when it is not the one spelling of a public line."""
        parts = text.strip("\n").split(" ")
        if len(text) > LINE_LIMIT or len(parts) != 4 or parts[0] != "amparo1":
            raise IdentityError("a public line is: amparo1 NAME RECIPIENT KEY")
        _, name, recipient, encoded = parts
        if not NAME_PATTERN.fullmatch(name):
            raise IdentityError("a name has letters, digits, dots, hyphens and underscores, at most 64")
        if not _RECIPIENT.fullmatch(recipient):
            raise IdentityError("the recipient of a public line begins with age1")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise IdentityError("the signing key of a public line is base64") from None
        if len(key) != 32 or base64.b64encode(key).decode() != encoded:
            raise IdentityError("the signing key of a public line has 32 bytes")
        return cls(name, recipient, key)

    def __str__(self) -> str:
        return f"amparo1 {self.name} {self.recipient} {base64.b64encode(self.signing_key).decode()}"

    @cached_property
    def key_id(self) -> str:
        """32 hex digits that name the whole line (name and both keys), so that no part of it can be swapped."""
        return hashlib.sha256(str(self).encode()).hexdigest()[:32]

    @cached_property
    def verifying_key(self) -> Ed25519PublicKey:
        """The Ed25519 public key."""
        return Ed25519PublicKey.from_public_bytes(self.signing_key)


def signing_key(secret: bytes) -> Ed25519PrivateKey:
    """The signing key of the identity whose 32 secret bytes these are."""
    if len(secret) != 32:
        raise IdentityError("an identity's secret has 32 bytes")
    return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, salt=b"", info=b"amparo/signing/v1").derive(secret))


def public_line(name: str, recipient: str, secret: bytes) -> PublicLine:
    """The public line of an identity; IdentityError when the name cannot stand in one."""
    line = PublicLine(name, recipient, signing_key(secret).public_key().public_bytes_raw())
    return PublicLine.parse(str(line))
