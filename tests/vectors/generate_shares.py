"""Write the published vectors of headers with shares (docs/formats.md): `python -m tests.vectors.generate_shares`.

One file is one case, and one lie at most; the file name is the case. Everything is computed here from the definitions
alone, without the code under test: the field, HKDF, X25519 and ChaCha20-Poly1305. Keys are fixed because a vector is.
Members of a vector:

format      "amparo/share-vector/1"
comment     what the case shows
identities  age identities of the custodians, in order
context     what the shares are said to be of
header      the age header, text
file_key    what any threshold of the parts gives, hex
parts       for each identity: its share in hex, or "no-match" or "malformed"
"""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

FOLDER = Path(__file__).parent / "shares"
CASE, KEY = "7K3M-Q2XA", "exhibits/" + "ab" * 16 + "/media"
FILE_KEY = hashlib.sha256(b"amparo share vector file key").digest()[:16]
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

Vector = dict[str, Any]


def _seed(*words: object) -> bytes:
    return hashlib.sha256(("amparo share vector " + " ".join(map(str, words))).encode()).digest()


def _hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """RFC 5869, 32 bytes."""
    key = hmac.digest(salt or bytes(32), secret, "sha256")
    return hmac.digest(key, info + b"\1", "sha256")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bech32(hrp: str, data: bytes) -> str:
    """BIP 173."""

    def polymod(values: list[int]) -> int:
        check = 1
        for value in values:
            top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
            for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                check ^= generator if top >> bit & 1 else 0
        return check

    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    expanded = [ord(char) >> 5 for char in hrp] + [0] + [ord(char) & 31 for char in hrp]
    check = polymod(expanded + values + [0] * 6) ^ 1
    return hrp + "1" + "".join(_BECH32[value] for value in values + [check >> 5 * (5 - at) & 31 for at in range(6)])


def _times(left: int, right: int) -> int:
    """GF(2^8) with the polynomial of AES, FIPS 197 4.2."""
    product = 0
    while right:
        product ^= left if right & 1 else 0
        left = left << 1 ^ (0x11B if left & 0x80 else 0)
        right >>= 1
    return product


def _share(x: int, threshold: int) -> bytes:
    """The value at x of polynomials whose constant terms are the file key, then x."""
    values = bytearray()
    for place, byte in enumerate(FILE_KEY):
        value, power = byte, 1
        for degree in range(1, threshold):
            power = _times(power, x)
            value ^= _times(_seed("coefficient", degree)[place], power)
        values.append(value)
    return bytes(values) + bytes((x,))


class Custodian:
    def __init__(self, number: int) -> None:
        self.secret = _seed("custodian", number)
        self.public = X25519PrivateKey.from_private_bytes(self.secret).public_key()
        self.recipient = _bech32("age", self.public.public_bytes_raw())
        self.id = hashlib.sha256(self.recipient.encode()).hexdigest()[:32]
        self.identity = _bech32("age-secret-key-", self.secret).upper()


def _stanza(custodian: Custodian, x: int, threshold: int, shares: list[bytes], context: str) -> tuple[list[str], bytes]:
    commitments = [_b64(_hkdf(share, b"", b"amparo/share-commitment/v1")) for share in shares]
    words = [str(threshold), str(x), custodian.id, *commitments, context]
    ephemeral = X25519PrivateKey.from_private_bytes(_seed("ephemeral", x))
    public = ephemeral.public_key().public_bytes_raw()
    info = b"amparo/share/1\0" + "\0".join(words).encode()
    wrap = _hkdf(ephemeral.exchange(custodian.public), public + custodian.public.public_bytes_raw(), info)
    body = ChaCha20Poly1305(wrap).encrypt(bytes(12), shares[x - 1], None)
    return [str(threshold), str(x), custodian.id, _b64(public), *commitments], body


def _header(stanzas: list[tuple[list[str], bytes]]) -> str:
    text = "age-encryption.org/v1\n"
    for args, body in stanzas:
        text += f"-> amparo/share/1 {' '.join(args)}\n{_b64(body)}\n"
    text += "---"
    return text + " " + _b64(hmac.digest(_hkdf(FILE_KEY, b"", b"header"), text.encode(), "sha256")) + "\n"


def vector(
    comment: str,
    threshold: int = 2,
    count: int = 3,
    change: Any = None,
    fails: str = "",
    context: str = f"{CASE} {KEY}",
) -> Vector:
    """A vector; `change` falsifies the first stanza (arguments and body); `fails` says how its owner sees it."""
    people = [Custodian(number) for number in range(1, count + 1)]
    shares = [_share(x, threshold) for x in range(1, count + 1)]
    stanzas = [_stanza(each, x, threshold, shares, f"{CASE} {KEY}") for x, each in enumerate(people, 1)]
    if change is not None:
        stanzas[0] = change(*stanzas[0])
    parts = [share.hex() for share in shares]
    if context != f"{CASE} {KEY}":
        parts = ["no-match"] * count
    elif fails:
        parts[0] = fails
    return {
        "format": "amparo/share-vector/1",
        "comment": comment,
        "identities": [each.identity for each in people],
        "context": context,
        "header": _header(stanzas),
        "file_key": FILE_KEY.hex(),
        "parts": parts,
    }


def _set(place: int, value: str) -> Any:
    return lambda args, body: ([*args[:place], value, *args[place + 1 :]], body)


def _wrong_share(args: list[str], _: bytes) -> tuple[list[str], bytes]:
    """Sealed as the format has it, but another share than the commitments promise."""
    custodian = Custodian(1)
    true = [_share(x, 2) for x in range(1, 4)]
    ephemeral = X25519PrivateKey.from_private_bytes(_seed("ephemeral", 1))
    public = ephemeral.public_key().public_bytes_raw()
    info = b"amparo/share/1\0" + "\0".join([*args[:3], *args[4:], f"{CASE} {KEY}"]).encode()
    wrap = _hkdf(ephemeral.exchange(custodian.public), public + custodian.public.public_bytes_raw(), info)
    return args, ChaCha20Poly1305(wrap).encrypt(bytes(12), bytes(16) + true[0][-1:], None)


def vectors() -> dict[str, Vector]:
    """All cases by name."""
    return {
        "two-of-three": vector("any two of three"),
        "three-of-five": vector("any three of five", 3, 5),
        "all-of-two": vector("both", 2, 2),
        "another-case": vector("offered as of another case", context=f"0000-0000 {KEY}"),
        "another-object": vector("offered as another object", context=f"{CASE} exhibits/{'cd' * 16}/media"),
        "threshold-changed": vector("one stanza says three", change=_set(0, "3"), fails="no-match"),
        "x-changed": vector("one stanza says another x", change=_set(1, "2"), fails="no-match"),
        "x-beyond-the-shares": vector("x 4 of three", change=_set(1, "4"), fails="malformed"),
        "threshold-one": vector("a threshold of one is a plain age header", change=_set(0, "1"), fails="malformed"),
        "number-with-a-zero": vector("numbers have one spelling", change=_set(1, "01"), fails="malformed"),
        "recipient-unknown": vector("nobody's stanza", change=_set(2, "0" * 32), fails="no-match"),
        "commitment-changed": vector("another share is promised", change=_set(5, _b64(bytes(32))), fails="no-match"),
        "commitment-short": vector("31 bytes", change=_set(5, _b64(bytes(31))), fails="malformed"),
        "body-changed": vector("a bit of the sealed share", change=_flip, fails="no-match"),
        "body-long": vector("a body of 34 bytes", change=lambda args, body: (args, body + b"\0"), fails="malformed"),
        "another-share": vector("not the share that is promised", change=_wrong_share, fails="malformed"),
    }


def _flip(args: list[str], body: bytes) -> tuple[list[str], bytes]:
    return args, body[:-1] + bytes((body[-1] ^ 1,))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, each in vectors().items():
        (FOLDER / f"{name}.json").write_text(json.dumps(each, indent=1, sort_keys=True) + "\n")
