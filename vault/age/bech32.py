"""Bech32 (BIP 173), the spelling of age recipients and identities.

Bech32, not Bech32m, and without the 90-character limit: a post-quantum recipient has 1959 characters.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from vault.age.errors import Bech32Error

_CHARSET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES: Final = {letter: value for value, letter in enumerate(_CHARSET)}
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LETTERS: Final = 6


def encode(hrp: str, data: bytes) -> str:
    """Spell `data` with the human-readable part `hrp`, whose case the whole text takes.

    Raises ValueError when `hrp` is empty, of mixed case, or not printable ASCII.
    """
    if not _is_hrp(hrp):
        raise ValueError("not a human-readable part")
    upper = hrp.upper() == hrp and hrp.lower() != hrp
    prefix = _expand(hrp.lower())
    values = list(_regroup(data, 8, 5))
    if len(data) * 8 % 5:
        values.append(_tail(data))
    checksum = _polymod([*prefix, *values, *[0] * _CHECKSUM_LETTERS]) ^ 1
    values.extend(checksum >> 5 * (5 - place) & 31 for place in range(_CHECKSUM_LETTERS))
    text = hrp.lower() + "1" + "".join(_CHARSET[value] for value in values)
    return text.upper() if upper else text


def decode(text: str) -> tuple[str, bytes]:
    """Take a text apart into its human-readable part, in the case it was written in, and its bytes.

    Raises Bech32Error for mixed case, a foreign character, a wrong checksum, and padding that is not zero or too long.
    """
    if text not in {text.lower(), text.upper()}:
        raise Bech32Error("mixed case")
    hrp, separator, letters = text.rpartition("1")
    if not separator or not _is_hrp(hrp):
        raise Bech32Error("no human-readable part")
    if len(letters) < _CHECKSUM_LETTERS:
        raise Bech32Error("too short for its checksum")
    values = [_VALUES.get(letter, -1) for letter in letters.lower()]
    if -1 in values:
        raise Bech32Error("a character outside the alphabet")
    if _polymod([*_expand(hrp.lower()), *values]) != 1:
        raise Bech32Error("wrong checksum")
    values = values[:-_CHECKSUM_LETTERS]
    padding = len(values) * 5 % 8
    if padding >= 5 or (padding and values[-1] & (1 << padding) - 1):
        raise Bech32Error("padding is not canonical")
    return hrp, bytes(_regroup(values, 5, 8))


def _is_hrp(hrp: str) -> bool:
    printable = all("!" <= letter <= "~" for letter in hrp)
    return bool(hrp) and printable and hrp in {hrp.lower(), hrp.upper()}


def _expand(hrp: str) -> list[int]:
    return [*(ord(letter) >> 5 for letter in hrp), 0, *(ord(letter) & 31 for letter in hrp)]


def _polymod(values: Iterable[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                checksum ^= generator
    return checksum


def _regroup(values: Iterable[int], width: int, into: int) -> Iterator[int]:
    """Re-cut a string of `width`-bit numbers into whole `into`-bit numbers; what is left over is not yielded."""
    pending = bits = 0
    for value in values:
        pending = (pending << width | value) & 0xFFF
        bits += width
        while bits >= into:
            bits -= into
            yield pending >> bits & (1 << into) - 1


def _tail(data: bytes) -> int:
    """The last 1 to 4 bits of `data`, padded with zeros to 5."""
    bits = len(data) * 8 % 5
    return (data[-1] & (1 << bits) - 1) << 5 - bits
