"""Counts the steps of a running service, and ends it by SIGKILL at a chosen one; the shipped code knows nothing of it.

A step is the moment before and the moment after everything that changes what outlives the process: a file that is
written, synced, linked, renamed or removed, a statement that changes the database, a commit, a request that changes a
bucket; and the first and last moment of an answer. Its name says what it is and for which function of ours.
"""

import functools
import mmap
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, Final

import urllib3
from sqlalchemy import Connection, Engine, event

_COUNTERS: Final = struct.Struct("=QQ")
_BELOW: Final = ("vault.store", "vault.database", "vault.spool")  # whose callers name a step
_CHANGING: Final = frozenset({"PUT", "POST", "DELETE"})
Scope = MutableMapping[str, Any]


class Counters:
    """How many steps were taken, and at which the service dies (0: none); a file that both processes map."""

    def __init__(self, path: Path) -> None:
        path.touch()
        if path.stat().st_size != _COUNTERS.size:
            path.write_bytes(bytes(_COUNTERS.size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _COUNTERS.size)

    @property
    def taken(self) -> int:
        """Steps since `arm`."""
        return int(_COUNTERS.unpack(self._memory)[0])

    def arm(self, deadly: int = 0) -> None:
        """Begin to count anew; the service dies at step `deadly`."""
        self._memory[:] = _COUNTERS.pack(0, deadly)

    def step(self) -> bool:
        """Count one step; whether it is the deadly one."""
        taken, deadly = _COUNTERS.unpack(self._memory)
        self._memory[: _COUNTERS.size // 2] = struct.pack("=Q", taken + 1)
        return bool(taken + 1 == deadly)


class Steps:
    """Installed once, in the process that will serve. `trace` is a descriptor that every step's name is written to."""

    def __init__(self, counters: Counters, trace: int) -> None:
        self._counters, self._trace = counters, trace
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        """One step."""
        line = f"{name} for {_who()}\n".encode()
        with self._lock:
            deadly = self._counters.step()
            _WRITE(self._trace, b"!" + line if deadly else line)
            if deadly:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)  # the signal is on its way; nothing else may happen first

    def install(self) -> None:
        """Put a step before and after everything that the head of this module names."""
        for name in ("fsync", "link", "rename", "unlink", "write"):
            setattr(os, name, self._around(name, getattr(os, name)))
        bare = urllib3.PoolManager.urlopen

        @functools.wraps(bare)
        def urlopen(pool: urllib3.PoolManager, method: str, *args: Any, **more: Any) -> Any:
            if method not in _CHANGING:
                return bare(pool, method, *args, **more)
            self.take(f"before {method}")
            answer = bare(pool, method, *args, **more)
            self.take(f"after {method}")
            return answer

        urllib3.PoolManager.urlopen = urlopen  # type: ignore[method-assign, assignment] # this is what the module is for

        @event.listens_for(Engine, "before_cursor_execute")
        def _(_: Any, __: Any, statement: str, *___: Any) -> None:
            verb = statement.split(None, 1)[0].upper()
            if verb in {"INSERT", "UPDATE", "DELETE"}:
                self.take(f"before {verb}")

        commit = Connection._commit_impl  # no event tells of the moment after a commit

        @functools.wraps(commit)
        def committing(connection: Connection) -> None:
            if connection.get_execution_options().get("amparo_reading"):
                commit(connection)
                return
            self.take("before COMMIT")
            commit(connection)
            self.take("after COMMIT")

        Connection._commit_impl = committing  # type: ignore[method-assign, assignment] # as above

    def answering(self, app: Any) -> Any:
        """The application, with a step before an answer begins and one after it has ended."""

        async def stepping(scope: Scope, receive: Any, send: Any) -> None:
            async def sending(message: Scope) -> None:
                if message["type"] == "http.response.start":
                    self.take("before the answer")
                await send(message)
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    self.take("after the answer")

            await app(scope, receive, sending if scope["type"] == "http" else send)

        return stepping

    def _around(self, name: str, bare: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(bare)
        def around(*args: Any, **more: Any) -> Any:
            self.take(f"before {name}")
            result = bare(*args, **more)
            self.take(f"after {name}")
            return result

        return around


_WRITE: Final = os.write


def _who() -> str:
    """The function of ours that has this done: the nearest one above the store, the database and the spool."""
    frame = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(("vault.", "api.")) and not module.startswith(_BELOW):
            return f"{module}.{frame.f_code.co_name}"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return "another thread"
