"""Recipients: the public halves, which can wrap a file key and nothing else.

Source: c2sp.org/age, "The X25519 recipient type", "The mlkem768x25519 recipient type" (HPKE, RFC 9180).
What unwraps is in `vault.age.identities`, apart, so that a linter can keep it out of the service.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from vault.age import bech32, encoding, header, wrapping
from vault.age.errors import Bech32Error, RecipientError
from vault.age.header import Stanza

X25519_HRP: Final = "age"
HYBRID_HRP: Final = "age1pq"


class Recipient(Protocol):
    """Somebody to whom a file key can be wrapped."""

    @property
    def text(self) -> str:
        """The recipient as age writes it (`age1…`)."""

    @property
    def post_quantum(self) -> bool:
        """Whether what is wrapped stays secret from a quantum computer."""

    def wrap(self, file_key: bytes) -> Stanza:
        """A stanza with a fresh ephemeral key. Raises ValueError unless `file_key` has 16 bytes."""

    def seal(self, secret: bytes, info: bytes) -> tuple[bytes, bytes]:
        """The share and the sealed `secret`, of any length, for a purpose that `info` tells apart from age's own."""


@dataclass(frozen=True)
class X25519Recipient:
    """A 32-byte X25519 public key. Raises RecipientError for another length and for a low-order point."""

    public: bytes

    def __post_init__(self) -> None:
        _check_point(self.public)

    @cached_property
    def text(self) -> str:
        """`age1…`, 62 characters."""
        return bech32.encode(X25519_HRP, self.public)

    @property
    def post_quantum(self) -> bool:
        """False."""
        return False

    def wrap(self, file_key: bytes) -> Stanza:
        """An `X25519` stanza. Raises ValueError unless `file_key` has 16 bytes."""
        wrapping.check_file_key(file_key)
        share, body = self.seal(file_key, wrapping.X25519_INFO)
        return Stanza(wrapping.X25519_TYPE, (encoding.encode(share),), body)

    def seal(self, secret: bytes, info: bytes) -> tuple[bytes, bytes]:
        """The ephemeral public key (32 bytes) and `secret` sealed, 16 bytes longer."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        shared = wrapping.exchange(ephemeral, self.public)
        return share, wrapping.seal(wrapping.derive(shared, share + self.public, info), secret)


@dataclass(frozen=True)
class HybridRecipient:
    """A 1216-byte key: ML-KEM-768 (1184 bytes), then X25519 (32). Raises RecipientError if either half is not a key."""

    public: bytes

    def __post_init__(self) -> None:
        if len(self.public) != wrapping.HYBRID_PUBLIC_BYTES:
            raise RecipientError("a post-quantum recipient has 1216 bytes")
        _check_point(self.public[wrapping.MLKEM_PUBLIC_BYTES :])
        # Building it is the check: FIPS 203 refuses coefficients that are not reduced.
        _ = self._key

    @cached_property
    def _key(self) -> MLKEM768X25519PublicKey:
        cut = wrapping.MLKEM_PUBLIC_BYTES
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(self.public[:cut])
        except ValueError:
            raise RecipientError("not an ML-KEM-768 key") from None
        return MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(self.public[cut:]))

    @cached_property
    def text(self) -> str:
        """`age1pq1…`, 1959 characters."""
        return bech32.encode(HYBRID_HRP, self.public)

    @property
    def post_quantum(self) -> bool:
        """True."""
        return True

    def wrap(self, file_key: bytes) -> Stanza:
        """An `mlkem768x25519` stanza. Raises ValueError unless `file_key` has 16 bytes."""
        wrapping.check_file_key(file_key)
        share, body = self.seal(file_key, wrapping.HYBRID_INFO)
        return Stanza(wrapping.HYBRID_TYPE, (encoding.encode(share),), body)

    def seal(self, secret: bytes, info: bytes) -> tuple[bytes, bytes]:
        """HPKE's encapsulated key (1120 bytes) and `secret` sealed, 16 bytes longer."""
        message = wrapping.HYBRID_SUITE.encrypt(secret, self._key, info=info)
        return message[: wrapping.HYBRID_SHARE_BYTES], message[wrapping.HYBRID_SHARE_BYTES :]


def parse_recipient(text: str) -> Recipient:
    """Read `age1…` or `age1pq1…`. Raises RecipientError for anything else, blanks around it included."""
    try:
        hrp, public = bech32.decode(text)
    except Bech32Error as error:
        raise RecipientError(error.reason) from None
    if hrp == X25519_HRP:
        return X25519Recipient(public)
    if hrp == HYBRID_HRP:
        return HybridRecipient(public)
    raise RecipientError("unknown kind of recipient")


def seal_header(file_key: bytes, recipients: Sequence[Recipient], *, allow_mixed: bool = False) -> bytes:
    """Write a header that wraps the file key to each recipient.

    One recipient of the older kind makes the whole file readable to a quantum computer, so age refuses to mix kinds;
    `allow_mixed` says that the caller has weighed it. Raises ValueError for mixed kinds without it, no recipients, more
    than a header may hold, or a file key that has not 16 bytes.
    """
    if not allow_mixed and len({recipient.post_quantum for recipient in recipients}) > 1:
        raise ValueError("post-quantum and other recipients are mixed")
    return header.encode([recipient.wrap(file_key) for recipient in recipients], file_key)


def _check_point(public: bytes) -> None:
    """Refuse what no ephemeral key could be exchanged with: any scalar takes a low-order point to zero."""
    try:
        wrapping.exchange(X25519PrivateKey.from_private_bytes(bytes(wrapping.X25519_BYTES)), public)
    except ValueError:
        raise RecipientError("not a usable X25519 key") from None
