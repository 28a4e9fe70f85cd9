"""The names of things: case numbers, exhibits, requests, receipts. Each has one spelling and one constructor.

Constructors take entropy from the caller; parsers accept what a person may write and give the one spelling back.
"""

import re
from typing import Final, NewType

from evidence.errors import IdentifierError

CaseNumber = NewType("CaseNumber", str)
"""`K7QM-2XD4`: 40 bits in Crockford's base 32, for a person to read out to a lawyer."""

ExhibitId = NewType("ExhibitId", str)
"""32 hex digits."""

RequestId = NewType("RequestId", str)
"""`R-` and 12 characters of Crockford's base 32."""

Receipt = NewType("Receipt", str)
"""16 decimal digits, written in fours for people."""

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: they are misread or misheard
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})
CASE_PATTERN: Final = re.compile(f"[{_ALPHABET}]{{4}}-[{_ALPHABET}]{{4}}")
EXHIBIT_PATTERN: Final = re.compile("[0-9a-f]{32}")
REQUEST_PATTERN: Final = re.compile(f"R-[{_ALPHABET}]{{12}}")
RECEIPT_DIGITS: Final = 16


def new_case_number(entropy: bytes) -> CaseNumber:
    """A case number from 5 random bytes."""
    digits = base32(entropy, 5)
    return CaseNumber(f"{digits[:4]}-{digits[4:]}")


def new_exhibit_id(entropy: bytes) -> ExhibitId:
    """An exhibit's id from 16 random bytes."""
    if len(entropy) != 16:
        raise ValueError("an exhibit's id takes 16 random bytes")
    return ExhibitId(entropy.hex())


def new_request_id(entropy: bytes) -> RequestId:
    """A request's id from 8 random bytes, of which 60 bits are used."""
    return RequestId("R-" + base32(entropy, 8)[:12])


def new_receipt(entropy: bytes) -> Receipt:
    """A receipt from 16 random bytes (2**128 over 10**16: the bias is nothing)."""
    if len(entropy) != 16:
        raise ValueError("a receipt takes 16 random bytes")
    return Receipt(f"{int.from_bytes(entropy) % 10**RECEIPT_DIGITS:0{RECEIPT_DIGITS}d}")


def plain(text: str) -> str:
    """What a person wrote of base 32, without blanks and hyphens, in capitals, look-alike letters put right."""
    return re.sub(r"[\s-]", "", text[:64]).upper().translate(_READ_AS)


def parse_case_number(text: str) -> CaseNumber:
    """The case number that a person wrote: small letters, blanks and look-alike letters are forgiven."""
    letters = plain(text)
    spelled = f"{letters[:4]}-{letters[4:]}"
    if not CASE_PATTERN.fullmatch(spelled):
        raise IdentifierError("a case number has eight letters or digits, like K7QM-2XD4")
    return CaseNumber(spelled)


def parse_exhibit_id(text: str) -> ExhibitId:
    """An exhibit's id as it is written in a record."""
    if not EXHIBIT_PATTERN.fullmatch(text):
        raise IdentifierError("an exhibit's id has 32 hex digits")
    return ExhibitId(text)


def parse_request_id(text: str) -> RequestId:
    """A request's id, as printed by `amparo partner request`."""
    spelled = text[:64].strip().upper()
    if not REQUEST_PATTERN.fullmatch(spelled):
        raise IdentifierError("a request's id is R- and twelve letters or digits")
    return RequestId(spelled)


def parse_receipt(text: str) -> Receipt:
    """The receipt that a person typed: blanks and hyphens are forgiven; only ASCII digits count."""
    digits = re.sub(r"[\s-]", "", text[:64])
    if len(digits) != RECEIPT_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise IdentifierError("a receipt has 16 digits")
    return Receipt(digits)


def base32(entropy: bytes, length: int) -> str:
    """As many of Crockford's letters and digits as `length` random bytes fill."""
    if len(entropy) != length:
        raise ValueError("the wrong number of random bytes")
    number, digits = int.from_bytes(entropy), ""
    for _ in range(8 * length // 5):
        number, digit = divmod(number, 32)
        digits += _ALPHABET[digit]
    return digits
