"""Verifier keys: the published ones are read, nothing else is."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import NoteError
from evidence.tlog.keys import MAX_NAME_BYTES, SignatureType, VerifierKey

EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"  # the specification's
SIGSUM = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="+"), min_size=1, max_size=20)


def vkey(name: str, key_id: bytes, material: bytes) -> str:
    return f"{name}+{key_id.hex()}+{base64.b64encode(material).decode()}"


@pytest.mark.parametrize(
    "line",
    [
        EXAMPLE,
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        SIGSUM + "+5202289b+Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP",
    ],
)
def test_published_keys_round_trip(line: str) -> None:
    key = VerifierKey.parse(line)
    assert key.vkey == line
    assert key.type is SignatureType.ED25519


@given(_NAMES, st.sampled_from(SignatureType), st.binary(min_size=32, max_size=32))
def test_any_key_round_trips(name: str, kind: SignatureType, start: bytes) -> None:
    public_key = start.ljust(1312 if kind is SignatureType.MLDSA_COSIGNATURE else 32, b"\0")
    key = VerifierKey(name, kind, public_key)
    assert VerifierKey.parse(key.vkey) == key
    assert key.key_id == hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


@given(st.text(max_size=80))
def test_other_lines_are_refused_or_round_trip(line: str) -> None:
    try:
        key = VerifierKey.parse(line)
    except NoteError:
        return
    assert key.vkey == line


@pytest.mark.parametrize(
    "line",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        EXAMPLE.replace("530d903a", "530D903A"),
        EXAMPLE.replace("530d903a", "530d903b"),
        EXAMPLE.replace("530d903a", "530d903"),
        EXAMPLE.replace("foo", "bar"),
        EXAMPLE[:-1] + "l",
        EXAMPLE + "\n",
        " " + EXAMPLE,
        EXAMPLE + "=",
        EXAMPLE.replace("+Ae", "+ Ae"),
        "example.com/foo+530d903a+",
        vkey("", hashlib.sha256(b"\n\x01" + bytes(32)).digest()[:4], b"\x01" + bytes(32)),
        vkey("a b", hashlib.sha256(b"a b\n\x01" + bytes(32)).digest()[:4], b"\x01" + bytes(32)),
        vkey("a", hashlib.sha256(b"a\n\x01" + bytes(31)).digest()[:4], b"\x01" + bytes(31)),
        vkey("a", hashlib.sha256(b"a\n\x01" + bytes(1312)).digest()[:4], b"\x01" + bytes(1312)),
        vkey("a", hashlib.sha256(b"a\n\x06" + bytes(32)).digest()[:4], b"\x06" + bytes(32)),
        vkey("a", hashlib.sha256(b"a\n\x06" + bytes(1311)).digest()[:4], b"\x06" + bytes(1311)),
        vkey("a", hashlib.sha256(b"a\n\x05" + bytes(32)).digest()[:4], b"\x05" + bytes(32)),
    ],
)
def test_misspelt_keys_are_refused(line: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(line)


@pytest.mark.parametrize("name", ["", "a+b", "a b", "a\u00a0b", "a\u2003b", "a\tb", "a\x01", "\ud800", "a" * 1025])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey(name, SignatureType.ED25519, bytes(32))


def test_the_longest_name_is_accepted() -> None:
    VerifierKey("a" * MAX_NAME_BYTES, SignatureType.ED25519, bytes(32))
