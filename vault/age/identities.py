"""Identities: the secret halves, which unwrap a file key. Never loaded by the service.

Source: c2sp.org/age, the three native recipient types. A malformed stanza of an identity's own type condemns the
header; a stanza of any other type is ignored.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from vault.age import bech32, encoding, header, wrapping
from vault.age.errors import Bech32Error, HeaderError, IdentityError, NoMatch
from vault.age.header import Stanza
from vault.age.recipients import HybridRecipient, X25519Recipient
from vault.age.stream import Decryptor

SECRET_BYTES: Final = 32
WORK_FACTOR: Final = 22
IDENTITIES: Final = 1000
"""The most identities that an identity file may hold."""

_X25519_HRP: Final = "AGE-SECRET-KEY-"
_HYBRID_HRP: Final = "AGE-SECRET-KEY-PQ-"
_MLKEM_SEED_BYTES: Final = 64
_SALT_BYTES: Final = 16
_LOG_N: Final = re.compile(r"[1-9][0-9]{0,2}")


class Identity(Protocol):
    """Somebody who may be able to unwrap a file key."""

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The 16-byte file key, or None when no stanza is for this identity.

        Raises HeaderError for a malformed stanza of its own type.
        """


@dataclass(frozen=True, eq=False)
class X25519Identity:
    """A 32-byte X25519 private key. Raises ValueError for another length."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_secret(self.secret)

    @cached_property
    def _key(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.secret)

    @cached_property
    def recipient(self) -> X25519Recipient:
        """The public half."""
        return X25519Recipient(self._key.public_key().public_bytes_raw())

    @property
    def recipient_text(self) -> str:
        """The public half as age writes it."""
        return self.recipient.text

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """As `Identity.unwrap`, from `X25519` stanzas."""
        for stanza in stanzas:
            if stanza.type == wrapping.X25519_TYPE:
                share = _share(stanza, wrapping.X25519_BYTES)
                file_key = self.unseal(share, stanza.body, wrapping.X25519_INFO)
                if file_key is not None:
                    return file_key
        return None

    def unseal(self, share: bytes, sealed: bytes, info: bytes) -> bytes | None:
        """Undo `Recipient.seal`; None when it was sealed to another key or for another purpose.

        Raises HeaderError when `share` is a low-order point.
        """
        shared = _exchange(self._key, share)
        try:
            return wrapping.unseal(wrapping.derive(shared, share + self.recipient.public, info), sealed)
        except InvalidTag:
            return None


@dataclass(frozen=True, eq=False)
class HybridIdentity:
    """A 32-byte seed of an ML-KEM-768 and an X25519 key. Raises ValueError for another length."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_secret(self.secret)

    @cached_property
    def _keys(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        """SHAKE256 of the seed: ML-KEM's d and z, then the X25519 scalar (draft-ietf-hpke-pq, MLKEM768-X25519)."""
        expanded = hashlib.shake_256(self.secret).digest(_MLKEM_SEED_BYTES + wrapping.X25519_BYTES)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:]),
        )

    @cached_property
    def recipient(self) -> HybridRecipient:
        """The public half."""
        mlkem, x25519 = self._keys
        return HybridRecipient(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    @property
    def recipient_text(self) -> str:
        """The public half as age writes it."""
        return self.recipient.text

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """As `Identity.unwrap`, from `mlkem768x25519` stanzas."""
        for stanza in stanzas:
            if stanza.type == wrapping.HYBRID_TYPE:
                share = _share(stanza, wrapping.HYBRID_SHARE_BYTES)
                file_key = self.unseal(share, stanza.body, wrapping.HYBRID_INFO)
                if file_key is not None:
                    return file_key
        return None

    def unseal(self, share: bytes, sealed: bytes, info: bytes) -> bytes | None:
        """Undo `Recipient.seal`; None when it was sealed to another key or for another purpose.

        Raises HeaderError when the X25519 part of `share` is a low-order point.
        """
        mlkem, x25519 = self._keys
        # HPKE would report a low-order point like any wrong key; it is a malformed header.
        _exchange(x25519, share[wrapping.MLKEM_CIPHERTEXT_BYTES :])
        try:
            private = MLKEM768X25519PrivateKey(mlkem, x25519)
            return wrapping.HYBRID_SUITE.decrypt(share + sealed, private, info=info)
        except InvalidTag:
            return None


@dataclass(frozen=True, eq=False)
class ScryptIdentity:
    """A passphrase, for files that people made for themselves.

    The file names its own cost, 2**(10 + work factor) bytes of memory: `work_factor` is the highest that is paid.
    """

    passphrase: str = field(repr=False)
    work_factor: int = WORK_FACTOR

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """As `Identity.unwrap`, from a single `scrypt` stanza."""
        if all(stanza.type != wrapping.SCRYPT_TYPE for stanza in stanzas):
            return None
        if len(stanzas) > 1:
            raise HeaderError("a passphrase stanza is not alone")
        salt, log_n = self._parameters(stanzas[0])
        scrypt = Scrypt(salt=wrapping.SCRYPT_LABEL + salt, length=32, n=1 << log_n, r=8, p=1)
        try:
            return wrapping.unseal(scrypt.derive(self.passphrase.encode()), stanzas[0].body)
        except InvalidTag:
            return None

    def _parameters(self, stanza: Stanza) -> tuple[bytes, int]:
        if len(stanza.args) != 2 or len(stanza.body) != wrapping.BODY_BYTES:
            raise HeaderError("malformed passphrase stanza")
        salt = encoding.decode(stanza.args[0])
        if len(salt) != _SALT_BYTES or _LOG_N.fullmatch(stanza.args[1]) is None:
            raise HeaderError("malformed passphrase stanza")
        log_n = int(stanza.args[1])
        if log_n > self.work_factor:
            raise HeaderError("the passphrase's work factor is too high")
        return salt, log_n


KeyIdentity = X25519Identity | HybridIdentity


def identity_from_secret(secret: bytes, *, hybrid: bool) -> KeyIdentity:
    """The identity of 32 secret bytes, which must come from a CSPRNG. Raises ValueError for another length."""
    return HybridIdentity(secret) if hybrid else X25519Identity(secret)


def encode_identity(identity: KeyIdentity) -> str:
    """Spell an identity as age does: `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`."""
    hrp = _HYBRID_HRP if isinstance(identity, HybridIdentity) else _X25519_HRP
    return bech32.encode(hrp, identity.secret)


def parse_identity(text: str) -> KeyIdentity:
    """Read one identity. Raises IdentityError for anything else, blanks around it and lower case included."""
    try:
        hrp, secret = bech32.decode(text)
    except Bech32Error as error:
        raise IdentityError(error.reason) from None
    if hrp not in {_X25519_HRP, _HYBRID_HRP} or len(secret) != SECRET_BYTES:
        raise IdentityError("unknown kind of identity")
    return identity_from_secret(secret, hybrid=hrp == _HYBRID_HRP)


def parse_identity_file(text: str) -> list[KeyIdentity]:
    """Read an identity file: one identity a line, empty lines and lines that begin with `#` ignored.

    Raises IdentityError, with the line's number, for anything else, and for no identity or more than IDENTITIES.
    """
    identities: list[KeyIdentity] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not line or line.startswith("#"):
            continue
        if len(identities) == IDENTITIES:
            raise IdentityError("too many identities", number)
        try:
            identities.append(parse_identity(line))
        except IdentityError as error:
            raise IdentityError(error.reason, number) from None
    if not identities:
        raise IdentityError("no identity in the file")
    return identities


def render_identity_file(identity: KeyIdentity, created: str) -> str:
    """Write an identity file as age-keygen does.

    `created` is an RFC 3339 time. Raises ValueError if it is not one printable line.
    """
    if not created.isprintable():
        raise ValueError("the time of creation is not one line")
    return f"# created: {created}\n# public key: {identity.recipient_text}\n{encode_identity(identity)}\n"


def open_header(data: bytes, identities: Sequence[Identity]) -> tuple[bytes, int]:
    """Unwrap the file key of the file that `data` begins: the key, and where the payload starts.

    Raises HeaderError, NoMatch, or HmacError when the header was changed.
    """
    parsed = header.parse(data)
    for identity in identities:
        file_key = identity.unwrap(parsed.stanzas)
        if file_key is not None:
            header.verify_mac(parsed, file_key)
            return file_key, parsed.length
    raise NoMatch("no identity opens this file")


def decrypt(data: bytes, identities: Sequence[Identity]) -> bytes:
    """Open a whole file held in memory. Raises HeaderError, NoMatch, HmacError or PayloadError."""
    file_key, start = open_header(data, identities)
    decryptor = Decryptor(file_key)
    return decryptor.update(memoryview(data)[start:]) + decryptor.finish()


def _check_secret(secret: bytes) -> None:
    if len(secret) != SECRET_BYTES:
        raise ValueError("an identity's secret has 32 bytes")


def _share(stanza: Stanza, size: int) -> bytes:
    """The only argument of a public-key stanza, once the stanza's form is checked.

    The body's length is checked before anything is decrypted: a longer one could be made to open under several keys.
    """
    if len(stanza.args) != 1 or len(stanza.body) != wrapping.BODY_BYTES:
        raise HeaderError("malformed public-key stanza")
    share = encoding.decode(stanza.args[0])
    if len(share) != size:
        raise HeaderError("malformed public-key stanza")
    return share


def _exchange(private: X25519PrivateKey, share: bytes) -> bytes:
    try:
        return wrapping.exchange(private, share)
    except ValueError:
        raise HeaderError("a share is not a usable X25519 key") from None
