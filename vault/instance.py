"""An opened vault: its settings with the resting places, the log and the clock that the use cases work on."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.canonical import Json
from evidence.chronology import HOURLY
from evidence.event import NONCE_BYTES, Event, EventType, Role
from evidence.tlog.note import Signer
from evidence.trust import FILE_LIMIT, Trust
from vault.age.recipients import Recipient, parse_recipient, seal_header
from vault.clock import Clock, SystemClock, hour
from vault.database.connection import Database
from vault.errors import SettingsError
from vault.locks import Locks
from vault.quorum import media_context, seal_shares
from vault.readings import Readings
from vault.sequencer import Sequencer
from vault.settings import TRUST_FILE, Settings, load, read_secret
from vault.store.locate import S3Credentials, open_store
from vault.store.protocol import Store
from vault.witnesses import Witnesses

VERSION: Final = "0.1.0"
TOOL: Final = f"amparo {VERSION}"


@dataclass(frozen=True, slots=True)
class Vault:
    """Everything that the use cases need. The running vault holds public keys only, and the log's signing key."""

    settings: Settings
    trust: Trust
    store: Store
    database: Database
    sequencer: Sequencer
    clock: Clock
    locks: Locks
    witnesses: Witnesses
    readings: Readings = field(default_factory=Readings)

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """To whom everything is sealed."""
        return tuple(parse_recipient(line.recipient) for line in self.trust.custodians)

    def alarm(self, witness: str, size: int) -> Event:
        """That a log witness saw another history than ours, whose size was `size`."""
        return self.event(EventType.WITNESS_ALARMED, Role.SYSTEM, "vault", detail={"witness": witness, "size": size})

    def header(self, file_key: bytes) -> bytes:
        """The header of what any one custodian may read: statements, records, backups."""
        return seal_header(file_key, self.recipients, allow_mixed=True)

    def media_header(self, case: str, key: str, file_key: bytes) -> bytes:
        """The header of what takes the quorum: media and what was withheld of it, for the object at `key` of a case."""
        context = media_context(case, key)
        return seal_shares(file_key, self.recipients, self.trust.quorum, context, secrets.token_bytes)

    def event(
        self,
        event_type: EventType,
        role: Role,
        actor: str,
        *,
        case: str = "",
        exhibit: str = "",
        purpose: str = "",
        authority: str = "",
        detail: Mapping[str, Json] | None = None,
    ) -> Event:
        """An event that happens now, with a fresh nonce."""
        now = self.clock.now()
        return Event(
            type=event_type,
            time=hour(now) if role in HOURLY else now.replace(microsecond=0),
            role=role,
            actor=actor,
            nonce=secrets.token_bytes(NONCE_BYTES),
            case=case,
            exhibit=exhibit,
            purpose=purpose,
            authority=authority,
            detail=detail or {},
        )

    def now(self) -> datetime:
        """The time, to the second."""
        return self.clock.now().replace(microsecond=0)

    def close(self) -> None:
        """Finish the log's work and let go of the database."""
        self.sequencer.stop()
        self.database.close()


def open_vault(folder: Path, clock: Clock | None = None, credentials: tuple[str, str] | None = None) -> Vault:
    """Open the vault in `folder`. The sequencer is not started. SettingsError when a part is missing."""
    settings = load(folder)
    try:
        with (folder / TRUST_FILE).open("rb") as file:
            trust = Trust.parse(file.read(FILE_LIMIT))
    except OSError:
        raise SettingsError(f"{TRUST_FILE} cannot be read") from None
    signer = Signer(settings.origin, load_log_key(folder / settings.log_key))
    if trust.origin != settings.origin or trust.log.vkey != signer.vkey:
        raise SettingsError(f"{TRUST_FILE} names another log than the settings and the log key give")
    store = open_store(settings.store, folder, None if credentials is None else S3Credentials(*credentials))
    database = Database(settings.database_url)
    database.migrate()
    locks = database.locks(settings.lock)
    witnesses = Witnesses(trust.policy)
    sequencer = Sequencer(
        database,
        store,
        settings.origin,
        signer,
        locks,
        cadence=settings.cadence_seconds,
        witnesses=witnesses,
    )
    vault = Vault(settings, trust, store, database, sequencer, clock or SystemClock(), locks, witnesses)
    sequencer.alarm_event = vault.alarm
    return vault


def load_log_key(path: Path) -> Ed25519PrivateKey:
    """The log's signing key: 32 bytes in base64."""
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(read_secret(path).strip(), validate=True))
    except ValueError:
        raise SettingsError(f"{path.name} is not a log key") from None
