"""Make a new vault: keys, settings, trust anchor, and the first events of its log."""

import base64
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert

from evidence.consent import Kind
from evidence.custody import State
from evidence.event import Event, EventType, Role
from evidence.identity import PublicLine
from evidence.receipt import SALT_BYTES
from evidence.tlog.keys import VerifierKey
from evidence.tlog.note import Signer
from evidence.tlog.policy import Policy
from evidence.trust import Trust
from vault.age.recipients import parse_recipient
from vault.clock import Clock
from vault.database import schema
from vault.errors import SettingsError
from vault.instance import Vault, open_vault
from vault.settings import CADENCE, DATABASE, FILE, STORE, TRUST_FILE, Settings
from vault.witnesses import Witnesses

TRUST_KEY = "directory/trust.json"
"""Where the store keeps a copy of the trust anchor, so that the store alone suffices to rebuild."""


@dataclass(frozen=True, slots=True)
class NewVault:
    """What a vault is made from."""

    custodians: Sequence[PublicLine]
    quorum: int = 1
    origin: str = ""
    database: str = ""
    store: str = ""
    witnesses: Sequence[str] = ()
    """Lines of a c2sp.org/tlog-policy: who cosigns the log, and how many it takes."""
    cadence: float = CADENCE
    """Seconds between two checkpoints."""


def create(
    folder: Path, new: NewVault, clock: Clock | None = None, credentials: tuple[str, str] | None = None
) -> Trust:
    """Make a vault in `folder`, which must be new or empty; SettingsError when it is neither, or keys do not fit."""
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError("the folder is not empty; give a new one")
    for line in new.custodians:
        parse_recipient(line.recipient)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    origin = new.origin or f"amparo.invalid/{secrets.token_hex(8)}"
    key = Ed25519PrivateKey.generate()
    signer = Signer(origin, key)
    settings = Settings(
        folder, origin, new.database or DATABASE, new.store or STORE, cadence_seconds=float(new.cadence)
    )
    salt, policy = secrets.token_bytes(SALT_BYTES), Policy.parse(new.witnesses)
    trust = Trust(origin, VerifierKey.parse(signer.vkey), tuple(new.custodians), new.quorum, salt, policy)
    trust = Trust.parse(trust.encode())  # refuses custodians that stand twice, and a quorum they cannot meet
    _write_secret(folder / settings.log_key, base64.b64encode(key.private_bytes_raw()) + b"\n")
    settings.spool.mkdir(mode=0o700)
    if settings.store == STORE:
        (folder / STORE.removeprefix("file:")).mkdir(mode=0o700)
    if settings.store.startswith("file:"):
        # Only here: an opened vault takes a missing folder for an unmounted disk, never for an empty store.
        (folder / settings.store.removeprefix("file:")).mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / TRUST_FILE).write_bytes(trust.encode())
    settings.write()
    vault = open_vault(folder, clock, credentials)
    try:
        vault.store.create(TRUST_KEY, trust.encode())
        vault.sequencer.record(lambda connection: _first_events(vault, connection))
        vault.sequencer.run_once()
    finally:
        vault.close()
    return trust


def change_trust(folder: Path, change: Callable[[Trust], Trust], credentials: tuple[str, str] | None = None) -> Trust:
    """Have other witnesses or authorities vouch for the log of the vault in `folder`, whose service is stopped.

    What `change` raises, or SettingsError for an address that may not be asked; then nothing is changed.
    """
    vault = open_vault(folder, credentials=credentials)
    try:
        trust = Trust.parse(change(vault.trust).encode())
        Witnesses(trust.policy)  # refuses what it may not ask
        fresh = folder / f"{TRUST_FILE}.new"
        fresh.write_bytes(trust.encode())
        vault.store.put(TRUST_KEY, trust.encode())
        fresh.replace(folder / TRUST_FILE)
    finally:
        vault.close()
    return trust


def exists(folder: Path) -> bool:
    """Whether there is a vault in `folder`."""
    return (folder / FILE).exists()


def _first_events(vault: Vault, connection: Connection) -> list[Event]:
    trust = vault.trust
    events = [
        vault.event(
            EventType.VAULT_CREATED,
            Role.SYSTEM,
            "vault",
            detail={
                "origin": trust.origin,
                "log": trust.log.vkey,
                "quorum": trust.quorum,
                "custodians": [line.key_id for line in trust.custodians],
            },
        )
    ]
    for line in trust.custodians:
        connection.execute(insert(schema.people).values(person_row(line, "custodian")))
        detail = {"name": line.name, "line": str(line)}
        events.append(vault.event(EventType.CUSTODIAN_ADDED, Role.SYSTEM, "vault", detail=detail))
    return events


def person_row(line: PublicLine, role: str, kind: Kind = Kind.LAWYER) -> dict[str, str]:
    """The row of somebody who is enrolled."""
    return {
        "name": line.name,
        "role": role,
        "line": str(line),
        "key_id": line.key_id,
        "state": State.ENROLLED.value,
        "kind": kind.value,
    }


def _write_secret(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
