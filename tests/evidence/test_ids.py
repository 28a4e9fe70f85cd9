"""Each name has one spelling; what people write is forgiven where it cannot be mistaken, and refused elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import ids
from evidence.errors import IdentifierError

FIVE, EIGHT, SIXTEEN = (st.binary(min_size=size, max_size=size) for size in (5, 8, 16))


@given(entropy=FIVE)
def test_a_case_number_is_read_back(entropy: bytes) -> None:
    number = ids.new_case_number(entropy)
    assert ids.CASE_PATTERN.fullmatch(number)
    assert ids.parse_case_number(number) == number


@given(entropy=FIVE)
def test_a_case_number_is_read_as_people_write_it(entropy: bytes) -> None:
    number = ids.new_case_number(entropy)
    loose = number.replace("0", "o").replace("1", "l").lower()
    for written in (loose, number.replace("-", ""), f"  {number[:4]} {number[5:]}\n", number.replace("1", "i")):
        assert ids.parse_case_number(written) == number


@given(first=FIVE, second=FIVE)
def test_different_entropy_gives_different_numbers(first: bytes, second: bytes) -> None:
    assert (ids.new_case_number(first) == ids.new_case_number(second)) == (first == second)


@given(entropy=EIGHT)
def test_a_request_s_id_is_read_back(entropy: bytes) -> None:
    request = ids.new_request_id(entropy)
    assert ids.parse_request_id(f" {request.lower()} ") == request


@given(entropy=SIXTEEN)
def test_a_receipt_is_read_as_people_type_it(entropy: bytes) -> None:
    receipt = ids.new_receipt(entropy)
    assert len(receipt) == 16
    fours = [receipt[at : at + 4] for at in range(0, 16, 4)]
    for typed in (receipt, " ".join(fours), "-".join(fours), f"\t{receipt}\n"):
        assert ids.parse_receipt(typed) == receipt


@given(entropy=SIXTEEN)
def test_an_exhibit_s_id_is_read_back(entropy: bytes) -> None:
    exhibit = ids.new_exhibit_id(entropy)
    assert ids.parse_exhibit_id(exhibit) == exhibit


@pytest.mark.parametrize(
    "text", ["", "K7QM", "K7QM-2XD", "K7QM-2XD44", "K7QM-2XDU", "K7QM-2XDÄ", "K7QM/2XD4", "x" * 99]
)
def test_other_case_numbers_are_refused(text: str) -> None:
    with pytest.raises(IdentifierError):
        ids.parse_case_number(text)


@pytest.mark.parametrize("text", ["", "1" * 15, "1" * 17, "1" * 15 + "a", "١" * 16, "1" * 15 + "²", "+" + "1" * 15])
def test_other_receipts_are_refused(text: str) -> None:
    with pytest.raises(IdentifierError):
        ids.parse_receipt(text)


@pytest.mark.parametrize("text", ["", "R-", "R-00000000000U", "00000000000000", "R-0000000000000", "R_000000000000"])
def test_other_request_ids_are_refused(text: str) -> None:
    with pytest.raises(IdentifierError):
        ids.parse_request_id(text)


@pytest.mark.parametrize("text", ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "../" + "0" * 29])
def test_other_exhibit_ids_are_refused(text: str) -> None:
    with pytest.raises(IdentifierError):
        ids.parse_exhibit_id(text)


@given(text=st.text(max_size=80))
def test_errors_repeat_nothing(text: str) -> None:
    for parse in (ids.parse_case_number, ids.parse_receipt, ids.parse_request_id, ids.parse_exhibit_id):
        try:
            parse(text)
        except IdentifierError as error:
            reason = error.reason
            assert len(text) < 20 or text not in reason


@pytest.mark.parametrize("make", [ids.new_case_number, ids.new_exhibit_id, ids.new_request_id, ids.new_receipt])
def test_too_little_entropy_is_a_mistake_of_the_caller(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match="random bytes"):
        make(b"\0\0")
