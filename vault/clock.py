"""The one clock, and the one spelling of times.

Everything else takes a `Clock`, so that tests decide what time it is. Times are RFC 3339 in UTC with whole seconds.
"""

import ctypes
import re
import time
from datetime import UTC, datetime
from typing import Final, Literal, Protocol

from vault.errors import MalformedTime

Synchronisation = Literal["ntp", "unsynchronised"]

_SPELLING: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

# adjtimex(2), <linux/timex.h>: the kernel sets STA_UNSYNC until a time daemon disciplines the clock, and again when
# that daemon has been silent for too long.
_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5


class Clock(Protocol):
    """Where times come from."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    def synchronised(self) -> Synchronisation:
        """`ntp` when a time daemon keeps this clock, else `unsynchronised`: goes into exhibit records."""
        ...


class SystemClock:
    """The machine's clock, trusted for order within this machine only; witnesses and timestamps vouch for the rest."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.fromtimestamp(time.time(), UTC)

    def synchronised(self) -> Synchronisation:
        """Ask the kernel; a kernel that does not tell counts as `unsynchronised`."""
        return "ntp" if _kernel_says_synchronised() else "unsynchronised"


def rfc3339(moment: datetime) -> str:
    """`2026-11-24T00:15:28Z`: whole seconds, UTC; ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone has no RFC 3339 form")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def parse_rfc3339(text: str) -> datetime:
    """The time that `rfc3339` wrote as `text`, and nothing else; MalformedTime for any other spelling."""
    if not _SPELLING.fullmatch(text):
        raise MalformedTime("a time is not written as YYYY-MM-DDTHH:MM:SSZ")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise MalformedTime("a time names a day or second that does not exist") from None


def hour(moment: datetime) -> datetime:
    """The start of the hour: all that events caused by a source may tell."""
    return moment.replace(minute=0, second=0, microsecond=0)


class _Timex(ctypes.Structure):
    """`struct timex` up to the field that is read; the rest is room for the kernel to write."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


def _kernel_says_synchronised() -> bool:
    timex = _Timex()  # modes = 0: read only, needs no privilege
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):  # not Linux
        return False
    return 0 <= state < _TIME_ERROR and not timex.status & _STA_UNSYNC
