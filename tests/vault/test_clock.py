"""The clock runs in UTC and tells sources only by the hour."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from evidence.fields import rfc3339
from vault.clock import SystemClock, hour

INSTANTS = st.datetimes(timezones=st.just(UTC))


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
