"""Bech32: the vectors of BIP 173, and strictness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.age import bech32
from vault.age.errors import Bech32Error

_HRP = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40).map(str.lower)


@pytest.mark.parametrize(
    "text",
    [
        "A12UEL5L",
        "a12uel5l",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
        "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
        "?1ezyfcl",
    ],
)
def test_valid_strings_of_bip_173_round_trip(text: str) -> None:
    assert bech32.encode(*bech32.decode(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "\x201nwldj5",
        "\x7f1axkwrx",
        "\x801eym55h",
        "pzry9x0s0muk",
        "1pzry9x0s0muk",
        "x1b4n0q5v",
        "li1dgmt3",
        "de1lg7wt\xff",
        "A1G7SGD8",
        "10a06t8",
        "1qzzfhee",
        "",
        "1",
        "age1",
        "a12UEL5L",
    ],
)
def test_invalid_strings_are_refused(text: str) -> None:
    with pytest.raises(Bech32Error):
        bech32.decode(text)


def test_bech32m_is_refused() -> None:
    with pytest.raises(Bech32Error, match="checksum"):
        bech32.decode("a1lqfn3a")


def test_padding_that_is_not_zero_or_not_needed_is_refused() -> None:
    # Spelt by hand with a right checksum: 5 bits of nothing, and 8 bits whose last group ends in ones.
    for values in ([0], [0, 1], [0, 0, 0]):
        checksum = bech32._polymod([*bech32._expand("a"), *values, *[0] * 6]) ^ 1
        letters = [*values, *(checksum >> 5 * (5 - place) & 31 for place in range(6))]
        with pytest.raises(Bech32Error, match="padding"):
            bech32.decode("a1" + "".join(bech32._CHARSET[letter] for letter in letters))


@pytest.mark.parametrize("hrp", ["", "Age", "a ge", "ñ", "a\x7f"])
def test_a_human_readable_part_that_cannot_be_read_back_is_not_written(hrp: str) -> None:
    with pytest.raises(ValueError, match="human-readable"):
        bech32.encode(hrp, b"")


@given(_HRP, st.binary(max_size=1300), st.booleans())
def test_decode_undoes_encode_in_either_case(hrp: str, data: bytes, upper: bool) -> None:
    hrp = hrp.upper() if upper else hrp
    assert bech32.decode(bech32.encode(hrp, data)) == (hrp, data)


@given(st.binary(max_size=60), st.data())
def test_any_single_changed_letter_is_noticed(data: bytes, draw: st.DataObject) -> None:
    text = bech32.encode("age", data)
    place = draw.draw(st.integers(0, len(text) - 1))
    letter = draw.draw(st.characters(codec="ascii").filter(lambda letter: letter != text[place]))
    with pytest.raises(Bech32Error):
        bech32.decode(text[:place] + letter + text[place + 1 :])


@given(st.text(max_size=80))
def test_whatever_decodes_is_the_one_spelling(text: str) -> None:
    try:
        hrp, data = bech32.decode(text)
    except Bech32Error:
        return
    assert bech32.encode(hrp, data) == text
