"""Check everything stored once a day, gently, inside the service; each pass ends in one event.

How far a pass has come is kept in the database, so that it goes on after a restart. Of several processes one works at
a time: whoever does holds a lease, which it renews while it reads and gives back when it is stopped. When it is killed,
another goes on after an hour at most.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from evidence.canonical import encode
from evidence.errors import EvidenceError
from evidence.fields import Fields, rfc3339
from vault.database import schema
from vault.errors import VaultError
from vault.fixity import Fault, Fixity, Place, check_from
from vault.instance import Vault
from vault.sequencer import set_value

LOOK_SECONDS: Final = 60.0  # how often to look whether a pass is due
NOTE_SECONDS: Final = 10.0  # how often to write down how far the pass has come
LEASE: Final = timedelta(hours=1)  # longer than what is looked at before the first object takes
FAULTS_KEPT: Final = 1000  # of one pass; the first of them reach the event, and by hand all are listed
_NAME: Final = "fixity"
_FORMAT: Final = "amparo/fixity-pass/1"


class Stopped(Exception):
    """The service ends, or another process has taken the pass over."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What the database keeps. `place` is None between two passes; `holder` reads until `until` at least."""

    due: datetime
    place: Place | None = None
    holder: str = ""
    until: datetime | None = None

    def encode(self) -> str:
        """The row's text."""
        place = self.place or Place()
        return encode(
            {
                "format": _FORMAT,
                "due": rfc3339(self.due),
                "running": self.place is not None,
                "after": place.after,
                "objects": place.objects,
                "faults": [[fault.key, fault.what] for fault in place.faults[:FAULTS_KEPT]],
                "holder": self.holder,
                "until": rfc3339(self.until or self.due),
            }
        ).decode()

    @classmethod
    def parse(cls, text: str) -> "Pass":
        """Read the row's text; an EvidenceError when it is none."""
        fields = Fields.of(text.encode(), "fixity pass", _FORMAT)
        faults = [Fault(str(key), str(what)) for key, what in map(tuple, fields.array("faults", FAULTS_KEPT))]  # type: ignore[arg-type]  # lists of two
        place = Place(fields.text("after"), fields.integer("objects"), faults)
        running = fields.json("running") is True
        found = cls(fields.time("due"), place if running else None, fields.text("holder"), fields.time("until"))
        fields.done()
        return found


@dataclass(slots=True)
class FixitySchedule:
    """The passes of one process. `say` tells the operator, in a line, what was found."""

    vault: Vault
    say: Callable[[str], None]
    _me: str = field(default_factory=lambda: secrets.token_hex(8))
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="fixity", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading, and end the thread; the pass goes on when the service runs again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run_due(self) -> Fixity | None:
        """Make or finish a pass if one is due and nobody else is at it; its result."""
        found = self._claim()
        if found is None or found.place is None:
            return None
        pace = _Pace(self.vault.settings.fixity_rate, self._stop)
        noted = time.monotonic()

        def progress(read: int) -> None:
            nonlocal noted
            pace.spend(read)
            if time.monotonic() - noted > NOTE_SECONDS:
                noted = time.monotonic()
                self._write(replace(found, until=self.vault.now() + LEASE))

        try:
            result = check_from(self.vault, found.place, progress)
        except (Stopped, VaultError):
            self._write(replace(found, holder=""))
            raise
        self._write(Pass(self.vault.now() + timedelta(hours=self.vault.settings.fixity_hours)))
        if result.faults:
            self.say(f"fixity: objects missing or changed: {len(result.faults)}; run: amparo fixity DIR")
        return result

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.run_due()
            except Stopped:
                continue
            except VaultError as error:
                self.say(f"fixity: {error.reason}; it goes on later")
            except Exception as error:  # noqa: BLE001 -- whatever it is, the thread must not end while the service goes on
                self.say(f"fixity: internal error {type(error).__name__}; it goes on later")
            self._stop.wait(LOOK_SECONDS)

    def _claim(self) -> Pass | None:
        """The pass that is now this process's; None when none is due, or another process is at it."""
        now = self.vault.now()
        with self.vault.database.transaction() as connection:
            kept = _kept(connection)
            if kept is None:  # a new vault, or a rebuilt database
                later = timedelta(hours=self.vault.settings.fixity_hours)
                set_value(connection, _NAME, Pass(now + later).encode())
                return None
            elsewhere = kept.holder not in {"", self._me} and kept.until is not None and kept.until > now
            if elsewhere or (kept.place is None and kept.due > now):
                return None
            mine = replace(kept, place=kept.place or Place(), holder=self._me, until=now + LEASE)
            set_value(connection, _NAME, mine.encode())
        return mine

    def _write(self, state: Pass) -> None:
        """Write down how far the pass is; Stopped when it is another process's by now."""
        with self.vault.database.transaction() as connection:
            kept = _kept(connection)
            if kept is None or kept.holder != self._me:
                raise Stopped
            set_value(connection, _NAME, state.encode())


class _Pace:
    """Holds reading back to `rate` bytes a second; Stopped as soon as `stop` is set."""

    def __init__(self, rate: int, stop: threading.Event) -> None:
        self._rate, self._stop = rate, stop
        self._free = time.monotonic()  # when what was read so far is paid for

    def spend(self, read: int) -> None:
        """This much was just read. Time in which nothing was read gives no credit."""
        now = time.monotonic()
        self._free = max(self._free, now) + read / self._rate
        if self._stop.wait(self._free - now):
            raise Stopped


def _kept(connection: Connection) -> Pass | None:
    text = connection.execute(select(schema.meta.c.value).where(schema.meta.c.name == _NAME)).scalar()
    try:
        return None if text is None else Pass.parse(str(text))
    except EvidenceError:  # somebody changed it: a pass begins anew
        return None
