"""What pages are given."""

from dataclasses import replace

import pytest

from tests.api.web.samples import REPORT


@pytest.mark.parametrize(
    "receipt", ["", "123", "12345678901234567", "123456789012345a", "1234 5678 9012 3456", "١" * 16]
)
def test_what_is_not_sixteen_digits_is_no_receipt(receipt: str) -> None:
    with pytest.raises(ValueError, match="16 digits") as caught:
        replace(REPORT, receipt=receipt)
    assert not receipt or receipt not in str(caught.value)


def test_a_receipt_is_read_in_four_groups_of_four() -> None:
    assert REPORT.receipt_groups == ("4071", "9203", "6588", "2146")


def test_only_clean_is_clean() -> None:
    exhibit = REPORT.exhibits[0]
    assert not exhibit.unstripped
    assert replace(exhibit, outcome="unstripped").unstripped
    assert replace(exhibit, outcome="Clean").unstripped
