"""Sharing a secret: any threshold of the shares give it, fewer give nothing, and others' programs agree."""

import itertools
import secrets
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import shamir_sharing as others
from vault.age import shamir

Split = Callable[[bytes, int, int], list[bytes]]
Combine = Callable[[Sequence[bytes]], bytes]


def ours(secret: bytes, threshold: int, count: int) -> list[bytes]:
    return shamir.split(secret, threshold, count, secrets.token_bytes((threshold - 1) * len(secret)))


@st.composite
def splits(draw: st.DrawFn) -> tuple[bytes, int, list[bytes]]:
    """A secret, a threshold, and the shares in any order."""
    secret = draw(st.binary(min_size=1, max_size=40))
    count = draw(st.integers(1, 12))
    threshold = draw(st.integers(1, count))
    size = (threshold - 1) * len(secret)
    shares = shamir.split(secret, threshold, count, draw(st.binary(min_size=size, max_size=size)))
    return secret, threshold, draw(st.permutations(shares))


@given(splits(), st.data())
def test_any_shares_from_the_threshold_on_give_the_secret(
    split: tuple[bytes, int, list[bytes]], data: st.DataObject
) -> None:
    secret, threshold, shares = split
    assert shamir.combine(shares[: data.draw(st.integers(threshold, len(shares)))]) == secret


@settings(max_examples=20)
@given(st.binary(min_size=1, max_size=3), st.integers(2, 4), st.data())
def test_shares_below_the_threshold_fit_every_secret(secret: bytes, threshold: int, data: st.DataObject) -> None:
    """For each other secret there are coefficients that give the same shares: they tell nothing."""
    size = len(secret)
    coefficients = data.draw(st.binary(min_size=(threshold - 1) * size, max_size=(threshold - 1) * size))
    known = shamir.split(secret, threshold, threshold, coefficients)[:-1]
    other = data.draw(st.binary(min_size=size, max_size=size))
    # Interpolating the known shares with the other secret at 0 gives the share that would make them its own.
    completed = [*known, _share_at(threshold, known, other)]
    assert shamir.combine(completed) == other


def _share_at(x: int, known: Sequence[bytes], secret: bytes) -> bytes:
    """The share for x on the curve through the known shares and the secret, found by trial, byte by byte."""
    found = bytearray()
    for place, wanted in enumerate(secret):
        short = [bytes((share[place], share[-1])) for share in known]
        found.append(next(y for y in range(256) if shamir.combine([*short, bytes((y, x))]) == bytes((wanted,))))
    return bytes(found) + bytes((x,))


@given(splits(), st.data())
def test_a_changed_share_gives_another_secret(split: tuple[bytes, int, list[bytes]], data: st.DataObject) -> None:
    secret, threshold, shares = split
    place = data.draw(st.integers(0, len(shares[0]) - 2))
    changed = bytearray(shares[0])
    changed[place] ^= data.draw(st.integers(1, 255))
    assert shamir.combine([bytes(changed), *shares[1:threshold]]) != secret


def test_one_worked_by_hand() -> None:
    """In the field of AES: f(x) = 0x53 + 0xCA x; 0xCA * 2 = 0x8F and 0xCA * 3 = 0x45 (FIPS 197, 4.2)."""
    assert shamir.split(b"\x53", 2, 3, b"\xca") == [b"\x99\1", b"\xdc\2", b"\x16\3"]


@pytest.mark.parametrize(
    ("split", "combine"),
    [
        (ours, others.pyshamir_combine),
        (others.pyshamir_split, shamir.combine),
        (ours, others.npm_combine),
        (others.npm_split, shamir.combine),
    ],
)
def test_others_combine_our_shares_and_we_theirs(split: Split, combine: Combine) -> None:
    secret = secrets.token_bytes(16)
    for threshold, count in [(2, 2), (2, 3), (5, 7)]:
        shares = split(secret, threshold, count)
        assert {len(share) for share in shares} == {17}
        for chosen in itertools.islice(itertools.combinations(shares, threshold), 3):
            assert combine(chosen) == secret


def test_as_many_shares_as_the_format_has_room_for() -> None:
    secret = secrets.token_bytes(16)
    shares = ours(secret, 60, 255)
    assert len({share[-1] for share in shares}) == 255
    assert shamir.combine(shares[-60:]) == secret


@pytest.mark.parametrize(
    ("threshold", "count", "coefficients"), [(0, 1, 0), (3, 2, 32), (1, 256, 0), (2, 3, 15), (2, 3, 17)]
)
def test_numbers_that_do_not_fit_are_refused(threshold: int, count: int, coefficients: int) -> None:
    with pytest.raises(ValueError, match="fit"):
        shamir.split(bytes(16), threshold, count, bytes(coefficients))
    with pytest.raises(ValueError, match="fit"):
        shamir.split(b"", 1, 1, b"")


@pytest.mark.parametrize("shares", [[], [b""], [b"\1"], [b"a\1", b"ab\2"], [b"a\0"], [b"a\1", b"b\1"]])
def test_shares_that_do_not_belong_together_are_refused(shares: list[bytes]) -> None:
    with pytest.raises(ValueError, match="belong"):
        shamir.combine(shares)
