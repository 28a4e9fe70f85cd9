"""Shamir's secret sharing over GF(2^8), byte by byte, with shares as HashiCorp's Vault writes them.

A share is the values at x, one byte for each byte of the secret, then x itself (1 to 255). The field is that of AES,
so `pyshamir` and the audited `shamir-secret-sharing` (npm) combine these shares, and we theirs. Below the threshold the
shares tell nothing of the secret; there is no checksum: who combines wrong ones gets another secret.

A value is held as one integer of as many bytes as the secret, and multiplied by public numbers only. The steps are the
same for every secret, and no table is looked up with one.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

SHARES: Final = 255
"""The most shares of one secret: x is a byte, and 0 is where the secret lies."""

_REDUCTION: Final = 0x1B


def split(secret: bytes, threshold: int, count: int, coefficients: bytes) -> list[bytes]:
    """`count` shares of which any `threshold` give the secret, for x = 1 to `count`; each one byte longer than it.

    `coefficients` come fresh from a CSPRNG, (threshold - 1) times as many bytes as the secret. Raises ValueError for
    another number of them, an empty secret, and anything but 1 <= threshold <= count <= SHARES.
    """
    size = len(secret)
    if not size or not 1 <= threshold <= count <= SHARES or len(coefficients) != (threshold - 1) * size:
        raise ValueError("no secret, or numbers that do not fit")
    ones = _ones(size)
    higher = [int.from_bytes(coefficients[start : start + size]) for start in range(0, len(coefficients), size)]
    return [_value_at(x, [*higher, int.from_bytes(secret)], ones).to_bytes(size) + bytes((x,)) for x in _xs(count)]


def combine(shares: Sequence[bytes]) -> bytes:
    """The secret of at least as many shares as the threshold; another value when one is wrong or there are too few.

    Raises ValueError for no shares, shares of unlike or no length, an x that is 0, and an x that stands twice.
    """
    sizes, xs = {len(share) - 1 for share in shares}, sorted(share[-1] for share in shares if share)
    if len(sizes) != 1 or min(sizes) < 1 or xs[0] == 0 or any(low == high for low, high in pairwise(xs)):
        raise ValueError("the shares do not belong together")
    (size,) = sizes
    secret = 0
    for share in shares:
        # Lagrange's basis at 0; in this field subtracting is adding, which is exclusive or.
        basis = 1
        for x in xs:
            if x != share[-1]:
                basis = _times(_times(x, _inverse(x ^ share[-1]), 1), basis, 1)
        secret ^= _times(int.from_bytes(share[:-1]), basis, _ones(size))
    return secret.to_bytes(size)


def _xs(count: int) -> range:
    return range(1, count + 1)


def _value_at(x: int, coefficients: Sequence[int], ones: int) -> int:
    """The polynomials' values, by Horner's rule; the secret is the last coefficient."""
    value = 0
    for coefficient in coefficients:
        value = _times(value, x, ones) ^ coefficient
    return value


def _ones(size: int) -> int:
    return int.from_bytes(b"\1" * size)


def _times(values: int, factor: int, ones: int) -> int:
    """Each byte of `values` times the public byte `factor`; `ones` has a one in each byte of `values`."""
    product = 0
    for bit in range(8):
        product ^= values * (factor >> bit & 1)
        carried = values >> 7 & ones
        values = (values ^ carried << 7) << 1 ^ carried * _REDUCTION
    return product


def _inverse(x: int) -> int:
    """x^254, which is 1/x because x^255 is 1."""
    power, result = x, 1
    for _ in range(7):
        power = _times(power, power, 1)
        result = _times(result, power, 1)
    return result
