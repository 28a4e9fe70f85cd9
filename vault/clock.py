"""The one clock. Everything else takes a `Clock`, so that tests decide what time it is."""

import ctypes
import time
from datetime import UTC, datetime
from typing import Final, Literal, Protocol

Synchronisation = Literal["ntp", "unsynchronised"]

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
