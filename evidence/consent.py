"""What a source lets be done with a case, and how a lawyer shows to be the one whom the source chose.

A source chooses a scope. Under `my-lawyer` the source gets a code, which it gives to one lawyer: 80 bits that follow
from the receipt, so that it can be read again by whoever has the receipt and by nobody else. From the code follows an
Ed25519 key; the custody event holds its public half, and a request that is signed with it comes from somebody who was
told the code. The signature names the partner, so a request that others read is of no use to them.
docs/formats.md, "Consent".
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from evidence.canonical import encode
from evidence.errors import IdentifierError
from evidence.ids import base32, plain

CODE_BYTES: Final = 10
KEY_BYTES: Final = 32
_CODE: Final = re.compile("[0-9A-HJKMNP-TV-Z]{16}")
_FORMAT: Final = "amparo/chosen/1"


class Scope(StrEnum):
    """Whom a source lets have a case, from nobody to the most."""

    NOTHING_YET = "nothing-yet"
    MY_LAWYER = "my-lawyer"
    PARTNER_LAWYERS = "partner-lawyers"
    DOCUMENTATION = "documentation"


class Kind(StrEnum):
    """What a partner is enrolled for; `chosen`: only for cases whose sources gave them the code."""

    LAWYER = "lawyer"
    DOCUMENTATION = "documentation"
    CHOSEN = "chosen"


_PERMITTED: Final = {
    Scope.PARTNER_LAWYERS: {Kind.LAWYER},
    Scope.DOCUMENTATION: {Kind.LAWYER, Kind.DOCUMENTATION},
}


@dataclass(frozen=True, slots=True)
class Consent:
    """The scope of a case, and under `my-lawyer` the public key of its code."""

    scope: Scope = Scope.PARTNER_LAWYERS
    key: bytes = b""

    def permits(self, kind: Kind, *, chosen: bool) -> bool:
        """Whether a partner of this kind may have the case; `chosen`: the request shows to come from the chosen."""
        return chosen if self.scope is Scope.MY_LAWYER else kind in _PERMITTED.get(self.scope, set())

    def is_chosen(self, proof: bytes, origin: str, case: str, partner: str) -> bool:
        """Whether `proof` was made by `prove` with this case's code, for this partner (key id)."""
        if self.scope is not Scope.MY_LAWYER or not proof:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(proof, _proved(origin, case, partner))
        except InvalidSignature:
            return False
        return True


def lawyer_code(secret: bytes) -> str:
    """The code of a case in groups of four, from its receipt's secret (`receipt.receipt_secret`)."""
    digits = base32(_derive(secret, b"amparo/lawyer-code/v1", CODE_BYTES), CODE_BYTES)
    return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def parse_code(text: str) -> bytes:
    """What a person wrote, as `prove` takes it; IdentifierError when it is no code."""
    letters = plain(text)
    if not _CODE.fullmatch(letters):
        raise IdentifierError("a lawyer's code has sixteen letters and digits, like 7QM2-XD4K-9PV3-A1BC")
    return letters.encode()


def code_key(code: bytes) -> bytes:
    """The public key that stands in the event."""
    return _key(code).public_key().public_bytes_raw()


def prove(code: bytes, origin: str, case: str, partner: str) -> bytes:
    """64 bytes that show to have been told the code, for this vault, case and partner (key id) alone."""
    return _key(code).sign(_proved(origin, case, partner))


def _key(code: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_derive(code, b"amparo/lawyer-key/v1", KEY_BYTES))


def _proved(origin: str, case: str, partner: str) -> bytes:
    return encode({"format": _FORMAT, "origin": origin, "case": case, "partner": partner})


def _derive(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=b"", info=info).derive(secret)
