"""Have timestamp authorities stamp the log's checkpoint once a day (RFC 3161), inside the service.

Never for an upload: that would publish when it was. An authority that does not answer is asked again later and stops
nothing. Of several processes one works at a time.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import httpx
from sqlalchemy import select

from evidence.authority import Authority
from evidence.custody import State, next_state
from evidence.errors import EvidenceError
from evidence.event import Event, EventType, Role
from evidence.timestamps import StampRecord, verify
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.note import Note
from vault.database import schema
from vault.errors import AlreadyExists, VaultError
from vault.instance import Vault
from vault.sequencer import CHECKPOINT_KEY, LOG
from vault.timestamping import ask

LOOK_SECONDS: Final = 20.0  # how often to look whether a stamp is due
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0  # seconds before an authority that failed is asked again
_LOCK: Final = "timestamping"


@dataclass(slots=True)
class Timestamping:
    """The stamps that one process takes care of. `say` tells the operator, in a line, what went wrong."""

    vault: Vault
    say: Callable[[str], None]
    look_seconds: float = LOOK_SECONDS
    _pauses: dict[str, tuple[float, float]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin in a thread of its own, if there is anybody to ask."""
        if self.vault.trust.authorities:
            self._thread = threading.Thread(target=self._run, name="timestamping", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run_due(self) -> list[str]:
        """Ask every authority whose stamp is due; the names of those that stamped."""
        stamped = []
        with self.vault.locks.hold(_LOCK):
            for authority in self.vault.trust.authorities:
                pause, not_before = self._pauses.get(authority.name, (0.0, 0.0))
                if time.monotonic() < not_before or not due(self.vault, authority):
                    continue
                try:
                    stamp(self.vault, authority)
                except (httpx.HTTPError, EvidenceError, VaultError) as error:
                    pause = min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)
                    self._pauses[authority.name] = (pause, time.monotonic() + pause)
                    reason = error.reason if isinstance(error, EvidenceError | VaultError) else "it does not answer"
                    self.say(f"timestamps: {authority.name}: {reason}; asked again later")
                else:
                    self._pauses.pop(authority.name, None)
                    stamped.append(authority.name)
        return stamped

    def _run(self) -> None:
        while not self._stop.wait(self.look_seconds):
            try:
                self.run_due()
            except VaultError as error:
                self.say(f"timestamps: {error.reason}; tried again later")
            except Exception as error:  # noqa: BLE001 -- whatever it is, the thread must not end while the service goes on
                self.say(f"timestamps: internal error {type(error).__name__}; tried again later")


def stamp(vault: Vault, authority: Authority) -> StampRecord:
    """Have the newest checkpoint stamped; keep the reply as it came, and record it.

    What `ask` raises; TimestampError when the answer is no good.
    """
    note = vault.store.read(CHECKPOINT_KEY)
    size = Checkpoint.parse(Note.parse(note).text).size
    note = _kept(vault, f"{LOG}timestamps/{size}/checkpoint", note)
    reply, nonce = ask(authority, note)
    record = StampRecord.of(authority.name, size, reply, verify(reply, note, authority, nonce))
    vault.store.put(f"{LOG}{record.folder}{authority.name}.pem", authority.certificates.encode(), media_type=_PEM)
    vault.store.put(LOG + record.reply_path, reply, media_type="application/timestamp-reply")
    next_state(EventType.CHECKPOINT_TIMESTAMPED, Role.SYSTEM, State.CREATED)
    event = vault.event(EventType.CHECKPOINT_TIMESTAMPED, Role.SYSTEM, "vault", detail=record.to_json())
    vault.sequencer.record(lambda _: [event])
    return record


_PEM: Final = "application/x-pem-file"


def _kept(vault: Vault, key: str, note: bytes) -> bytes:
    """The checkpoint of this size that is stamped: the first one, though it was cosigned anew since."""
    try:
        vault.store.create(key, note)
    except AlreadyExists:
        return vault.store.read(key)
    return note


def due(vault: Vault, authority: Authority) -> bool:
    """Whether the authority's newest stamp is older than it may be, or there is none."""
    events = schema.events
    query = (
        select(events.c.body)
        .where(events.c.case == "", events.c.type == EventType.CHECKPOINT_TIMESTAMPED.value)
        .order_by(events.c.id.desc())
        .limit(100)
    )
    with vault.database.reading() as connection:
        bodies = [bytes(body) for (body,) in connection.execute(query)]
    for event in map(Event.parse, bodies):
        if event.detail.get("authority") == authority.name:
            return vault.now() - event.time >= timedelta(hours=vault.settings.timestamp_hours)
    return True
