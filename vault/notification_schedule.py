"""Tell custodians, partners and auditors that something is new, at the turn of an hour and without content.

What waits is told together, so that neither who carries the messages nor who reads along learns a finer time of an
upload than the log's events have: that something came within the hours before. Of several processes one works at a
time. An address that does not answer is tried again, and what it was not told of is told then.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from evidence.canonical import encode
from evidence.errors import EvidenceError
from evidence.fields import Fields
from vault.database import schema
from vault.errors import VaultError
from vault.instance import Vault
from vault.notices import FILE, Notice, concerned, load
from vault.sequencer import set_value

LOOK_SECONDS: Final = 20.0  # how often to look whether an hour has turned
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0  # seconds before an address that failed is tried again
_LOCK: Final = "notices"
_FORMAT: Final = "amparo/notice/1"
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Told:
    """How far one address was told: of the log's first `size` events, in the turn `turn`."""

    turn: int
    size: int

    def encode(self) -> str:
        """The row's text."""
        return encode({"format": _FORMAT, "turn": self.turn, "size": self.size}).decode()

    @classmethod
    def parse(cls, text: str) -> "Told":
        """Read the row's text; an EvidenceError when it is none."""
        fields = Fields.of(text.encode(), "notice", _FORMAT)
        found = cls(fields.integer("turn"), fields.integer("size"))
        fields.done()
        return found


@dataclass(slots=True)
class Notifying:
    """The notices of one process. `say` tells the operator, in a line, which entry of the file failed."""

    vault: Vault
    say: Callable[[str], None]
    look_seconds: float = LOOK_SECONDS
    _notices: list[Notice] = field(default_factory=list)
    _pauses: dict[str, tuple[float, float]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin in a thread of its own, if there is anybody to tell; SettingsError when the file is no good."""
        self._notices = load(self.vault.settings.folder)
        if self._notices:
            self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run_due(self) -> int:
        """Tell everybody whose turn it is and for whom there is something new; how many were told."""
        from vault.notifying import send  # noqa: PLC0415 -- 20 MB that a vault without notices does not need

        hours, told = self.vault.settings.notice_hours, 0
        turn = int(self.vault.now().timestamp()) // (hours * _HOUR)
        with self.vault.locks.hold(_LOCK):
            for number, notice in enumerate(self._notices, 1):
                pause, not_before = self._pauses.get(notice.key, (0.0, 0.0))
                if time.monotonic() < not_before:
                    continue
                due, end = self._due(notice, turn)
                if due and not send(notice, self.vault.settings.app_name):
                    pause = min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)
                    self._pauses[notice.key] = (pause, time.monotonic() + pause)
                    self.say(f"notices: entry {number} of {FILE} was not taken; tried again later")
                    continue
                self._pauses.pop(notice.key, None)
                with self.vault.database.transaction() as connection:
                    set_value(connection, _row(notice), Told(turn, end).encode())
                told += due
        return told

    def _due(self, notice: Notice, turn: int) -> tuple[bool, int]:
        """Whether this one is told now, and up to which event."""
        published = self.vault.sequencer.published_size()
        with self.vault.database.reading() as connection:
            text = connection.execute(select(schema.meta.c.value).where(schema.meta.c.name == _row(notice))).scalar()
            with contextlib.suppress(EvidenceError):  # a row that somebody changed: begin anew, from now on
                before = None if text is None else Told.parse(str(text))
                if before is not None and before.turn >= turn:
                    return False, before.size
                if before is not None:
                    return concerned(connection, notice, before.size, published), published
        return False, published

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.run_due()
            except VaultError as error:
                self.say(f"notices: {error.reason}; tried again later")
            except Exception as error:  # noqa: BLE001 -- whatever it is, the thread must not end while the service goes on
                self.say(f"notices: internal error {type(error).__name__}; tried again later")
            self._stop.wait(self.look_seconds)


def _row(notice: Notice) -> str:
    return f"notice-{notice.key}"
