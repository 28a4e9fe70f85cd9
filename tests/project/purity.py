"""Catches what a pure package must not do: open, ask the time, draw randomness, read the environment, log.

A hook once armed stays for the life of the interpreter: arm it in a process of its own.
What C code does without asking Python (a key drawn inside the cryptography library) is not seen, and is allowed.
"""

import datetime as dt
import logging
import os
import sys
import time
from types import CodeType, FrameType
from typing import Any, Final

AUDITED: Final = (
    "open",
    "os.",
    "socket.",
    "subprocess.",
    "sqlite3.",
    "tempfile.",
    "shutil.",
    "pathlib.",
    "glob.",
    "fcntl.",
)
"""Audit events that begin like this touch something outside the process."""

BUILTINS: Final = frozenset(
    {
        os.urandom,
        os.getrandom,
        time.time,
        time.time_ns,
        time.monotonic,
        time.monotonic_ns,
        time.perf_counter,
        time.gmtime,
        time.localtime,
        dt.datetime.now,
        dt.datetime.utcnow,
        dt.date.today,
    }
)
"""Clocks and sources of randomness that are written in C."""

FUNCTIONS: Final[frozenset[CodeType]] = frozenset(
    {
        type(os.environ).__getitem__.__code__,
        logging.Logger._log.__code__,
    }
)
"""What reads the environment or writes to a log, written in Python."""


class ImpureError(Exception):
    """A pure package did what it must not."""


class Guard:
    """Raises `ImpureError` in whoever does something impure between `arm` and `disarm`, and remembers it."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._armed = False

    def arm(self) -> None:
        """From here on, nothing impure passes."""
        sys.addaudithook(self._audit)
        self._armed = True
        sys.setprofile(self._profile)

    def disarm(self) -> list[str]:
        """Let everything pass again; the names of what was caught."""
        sys.setprofile(None)
        self._armed = False
        return self.seen

    def _audit(self, event: str, _: tuple[Any, ...]) -> None:
        if self._armed and event.startswith(AUDITED):
            self._catch(event)

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call" and _hashable(argument) and argument in BUILTINS:
            self._catch(argument.__qualname__)
        elif event == "call" and frame.f_code in FUNCTIONS:
            self._catch(frame.f_code.co_qualname)

    def _catch(self, name: str) -> None:
        self.seen.append(name)
        raise ImpureError(name)


def _hashable(argument: Any) -> bool:
    """Whether a C function can be looked up: a method bound to a list or a bytearray cannot."""
    try:
        hash(argument)
    except TypeError:
        return False
    return True
