"""The base64 of age headers: standard alphabet, no padding, one spelling per byte string (age.md, "Header")."""

import binascii

from vault.age.errors import HeaderError


def encode(data: bytes) -> str:
    """Spell bytes in unpadded base64."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Read unpadded base64. Raises HeaderError for padding, foreign characters and non-zero trailing bits."""
    try:
        data = binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except ValueError:
        raise HeaderError("not base64") from None
    # One comparison refuses every other spelling of the same bytes.
    if encode(data) != text:
        raise HeaderError("base64 is not canonical")
    return data
