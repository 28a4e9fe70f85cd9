"""Members are read strictly, and times have one spelling."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import DocumentError
from evidence.fields import Fields, rfc3339

INSTANTS = st.datetimes(timezones=st.just(UTC))


def read(text: str) -> datetime:
    return Fields({"time": text}, "test").time("time")


@given(INSTANTS)
def test_what_is_written_is_read_back_to_the_second(instant: datetime) -> None:
    assert read(rfc3339(instant)) == instant.replace(microsecond=0)


def test_the_spelling() -> None:
    assert rfc3339(datetime(2026, 11, 24, 0, 15, 28, 999_999, tzinfo=UTC)) == "2026-11-24T00:15:28Z"
    assert rfc3339(datetime(7, 1, 2, 3, 4, 5, tzinfo=UTC)) == "0007-01-02T03:04:05Z"
    zone = timezone(timedelta(hours=-6))
    assert rfc3339(datetime(2026, 11, 23, 18, 15, 28, tzinfo=zone)) == "2026-11-24T00:15:28Z"


def test_a_time_without_a_zone_has_no_spelling() -> None:
    with pytest.raises(ValueError, match="zone"):
        rfc3339(datetime(2026, 11, 24))  # noqa: DTZ001 (a naive time is the point)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-24",
        "2026-11-24T00:15:28",
        "2026-11-24t00:15:28Z",
        "2026-11-24T00:15:28z",
        "2026-11-24 00:15:28Z",
        "2026-11-24T00:15:28.0Z",
        "2026-11-24T00:15:28+00:00",
        "2026-11-24T00:15:60Z",
        "2026-11-24T24:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-11-24T00:15:28Z",
        "2026-11-24T00:15:28Z\n",
        " 2026-11-24T00:15:28Z",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        read(text)


def test_members_that_nobody_asked_for_are_refused() -> None:
    fields = Fields({"known": "x", "more": 1}, "test")
    assert fields.text("known") == "x"
    with pytest.raises(DocumentError, match="does not know"):
        fields.done()


@pytest.mark.parametrize("value", [None, 1, True, "", "0G", "00" * 15, "AB" * 16, ["00" * 16]])
def test_hex_of_another_form_is_refused(value: str | None) -> None:
    with pytest.raises(DocumentError, match="nonce"):
        Fields({"nonce": value}, "test").hexadecimal("nonce", 16)


@pytest.mark.parametrize("value", [True, -1, 101, "5", None])
def test_integers_out_of_range_or_of_another_type_are_refused(value: object) -> None:
    with pytest.raises(DocumentError):
        Fields({"n": value}, "test").integer("n", 0, 100)  # type: ignore[dict-item]  # a wrong type is the point
