"""A program that tries to open what was seized with everything in it that could be a key.

Secrets of people are compared with the custodians' public lines, which whoever seizes a vault has; file keys, addresses
of uploads and receipts are tried.
"""

import base64
import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from evidence.errors import EvidenceError
from evidence.identity import PublicLine
from evidence.ids import Receipt, parse_receipt
from evidence.receipt import receipt_secret, view_key
from evidence.trust import Trust
from tests.promises.seizing import Image
from vault.age.errors import AgeError
from vault.age.identities import KeyIdentity, identity_from_secret, open_header, parse_identity_file
from vault.age.stream import Decryptor
from vault.errors import VaultError
from vault.staging import Facts
from vault.staging_keys import SECRET_BYTES, unlock, upload_id

AGE: Final = b"age-encryption.org/v1\n"
_KEY_FILE: Final = re.compile(rb"AGE-SECRET-KEY-[A-Z0-9-]+")
_NUMBER: Final = re.compile(rb"[0-9a-fA-F]{32,64}|[A-Za-z0-9+/_-]{22,44}={0,2}")
_RECEIPT: Final = re.compile(rb"(?<!\d)\d{4}(?:[ -]?\d{4}){3}(?!\d)")
_RECEIPTS: Final = 400  # each costs 32 MiB and a tenth of a second: more are not tried
_HEAD: Final = 1 << 17


@dataclass
class Loot:
    """What was opened, by key of the object."""

    opened: dict[str, str] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)


def attack(image: Image, public: Sequence[PublicLine], trust: Trust, more: Iterable[bytes] = ()) -> Loot:
    """Try everything that is in the image, and in `more`."""
    loot, texts = Loot(), [*image.clear.values(), *image.memory, *more]
    texts += [data for key, data in image.objects.items() if not key.endswith(".payload") and not data.startswith(AGE)]
    numbers = set(chain.from_iterable(map(_numbers, texts)))
    identities = list(_identities(texts, numbers, {line.recipient for line in public}))
    loot.tried["numbers"] = len(numbers)
    for key, data in image.objects.items():
        with contextlib.suppress(AgeError):
            open_header(data[:_HEAD], identities)
            loot.opened[key] = "a key of a person"
    small = {number for text in image.clear.values() for number in _numbers(text) if len(number) <= 32}
    small |= {number for text in more for number in _numbers(text)}
    _with_file_keys(image, small, loot)
    _with_receipts(image, texts, numbers, trust, loot)
    return loot


def _identities(texts: Iterable[bytes], numbers: Iterable[bytes], public: set[str]) -> Iterator[KeyIdentity]:
    for text in texts:
        for found in _KEY_FILE.findall(text):
            with contextlib.suppress(AgeError, ValueError):
                yield from parse_identity_file(found.decode())
    for number in numbers:
        for hybrid in (False, True) if len(number) == 32 else ():
            identity = identity_from_secret(number, hybrid=hybrid)
            if identity.recipient_text in public:
                yield identity


def _with_file_keys(image: Image, numbers: Iterable[bytes], loot: Loot) -> None:
    keys = {number[at : at + 16] for number in numbers for at in (0, len(number) - 16)}
    payloads = {key: data for key, data in image.objects.items() if key.endswith(".payload") or "/receipt/" in key}
    loot.tried["file keys"], loot.tried["payloads"] = len(keys), len(payloads)
    for key, data in payloads.items():
        if any(_opens(each, data) for each in keys):
            loot.opened[key] = "a file key"


def _with_receipts(image: Image, texts: Iterable[bytes], numbers: set[bytes], trust: Trust, loot: Loot) -> None:
    """The pages that receipts open, and uploads that wait, which take their address as well."""
    receipts = set[Receipt]()
    for text in texts:
        for found in _RECEIPT.findall(text):
            with contextlib.suppress(EvidenceError):
                receipts.add(parse_receipt(found.decode()))
    loot.tried["receipts"] = len(receipts)
    views = {key: data for key, data in image.objects.items() if "/receipt/" in key}
    waiting = [Facts.parse(data) for key, data in image.objects.items() if key.endswith("/upload.json")]
    addresses = {upload_id(number): number for number in numbers if len(number) == SECRET_BYTES}
    for receipt in sorted(receipts)[:_RECEIPTS]:
        secret = receipt_secret(receipt, trust.receipt_salt)
        for key, data in views.items():
            if _opens(view_key(secret, key.rpartition("/")[2]), data):
                loot.opened[key] = "a receipt"
        for facts in waiting:
            with contextlib.suppress(VaultError):
                if facts.upload in addresses:
                    unlock(addresses[facts.upload], receipt, facts.lock)
                    loot.opened[f"staging/{facts.upload}"] = "a receipt and an address"


def _opens(file_key: bytes, payload: bytes) -> bool:
    try:
        decryptor = Decryptor(file_key)
        decryptor.update(payload)
        decryptor.finish()
    except AgeError:
        return False
    return True


def _numbers(text: bytes) -> Iterator[bytes]:
    """Every number of 16 to 32 bytes that stands in it, however it is written."""
    if 16 <= len(text) <= 32:
        yield text
    for token in _NUMBER.findall(text):
        for value in _read(token):
            if 16 <= len(value) <= 32:
                yield value


def _read(token: bytes) -> Iterator[bytes]:
    with contextlib.suppress(ValueError):
        yield bytes.fromhex(token.decode())
    with contextlib.suppress(ValueError):
        padded = token.rstrip(b"=") + b"=" * (-len(token.rstrip(b"=")) % 4)
        yield base64.b64decode(padded.translate(bytes.maketrans(b"-_", b"+/")), validate=True)
