"""Times have one spelling."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.clock import SystemClock, hour, parse_rfc3339, rfc3339
from vault.errors import MalformedTime

INSTANTS = st.datetimes(timezones=st.just(UTC))


@given(INSTANTS)
def test_what_is_written_is_read_back_to_the_second(instant: datetime) -> None:
    assert parse_rfc3339(rfc3339(instant)) == instant.replace(microsecond=0)


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
    with pytest.raises(MalformedTime):
        parse_rfc3339(text)


@given(INSTANTS)
def test_the_hour_hides_minutes(instant: datetime) -> None:
    assert rfc3339(hour(instant)) == rfc3339(instant)[:14] + "00:00Z"


def test_the_system_clock_runs_in_utc() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert timedelta() <= second - first < timedelta(seconds=10)


def test_the_kernel_is_asked_whether_the_clock_is_kept() -> None:
    assert SystemClock().synchronised() in ("ntp", "unsynchronised")
