"""A public line has one spelling, and the signing key behind it is derived as docs/formats.md says."""

import base64
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import IdentityError
from evidence.identity import PublicLine, public_line, signing_key

SECRET = bytes(range(32))
LINE = public_line("lawyer", "age1qqqq", SECRET)
KEY = base64.b64encode(LINE.signing_key).decode()


def test_the_signing_key_is_hkdf_of_the_secret() -> None:
    extracted = hmac.digest(bytes(32), SECRET, "sha256")
    seed = hmac.digest(extracted, b"amparo/signing/v1\1", "sha256")
    assert signing_key(SECRET).private_bytes_raw() == seed
    assert Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw() == LINE.signing_key


@given(
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True), secret=st.binary(min_size=32, max_size=32)
)
def test_a_line_is_read_back(name: str, secret: bytes) -> None:
    line = public_line(name, "age1qqqq", secret)
    assert PublicLine.parse(str(line)) == line
    assert PublicLine.parse(f"{line}\n") == line


def test_the_key_id_names_every_part_of_the_line() -> None:
    others = [
        PublicLine("lawyers", LINE.recipient, LINE.signing_key),
        PublicLine(LINE.name, "age1qqqp", LINE.signing_key),
        PublicLine(LINE.name, LINE.recipient, bytes(32)),
    ]
    assert len({each.key_id for each in [LINE, *others]}) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"amparo2 lawyer age1qqqq {KEY}",
        f"amparo1  lawyer age1qqqq {KEY}",
        f"amparo1 lawyer age1qqqq {KEY} ",
        f"amparo1 lawyer age1qqqq {KEY} x",
        f"amparo1 -lawyer age1qqqq {KEY}",
        f"amparo1 {'l' * 65} age1qqqq {KEY}",
        f"amparo1 law/yer age1qqqq {KEY}",
        f"amparo1 lawyer AGE1QQQQ {KEY}",
        f"amparo1 lawyer ssh-rsa {KEY}",
        f"amparo1 lawyer age1{'q' * 9000} {KEY}",
        f"amparo1 lawyer age1qqqq {KEY[:-1]}",
        f"amparo1 lawyer age1qqqq {KEY[:-2]}==",
        f"amparo1 lawyer age1qqqq {base64.b64encode(bytes(31)).decode()}",
        f"amparo1 lawyer age1qqqq {KEY[:-2]}{chr(ord(KEY[-2]) + 1)}=",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(IdentityError):
        PublicLine.parse(text)


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_a_secret_of_another_length_is_refused(secret: bytes) -> None:
    with pytest.raises(IdentityError):
        signing_key(secret)
