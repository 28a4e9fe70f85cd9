"""Is the machine fit for its vault? Each check looks at one thing, changes nothing that stays, and says what to do.

What may be told is the state of the machine and of the vault, nothing of a case or a source.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evidence.errors import EvidenceError
from evidence.tlog.note import verify
from vault.errors import VaultError
from vault.instance import Vault
from vault.sequencer import waiting_events

_FREE_FILES: Final = 10_000
_SWAPS: Final = Path("/proc/swaps")
_ENCRYPTED: Final = ("/dev/dm-", "/dev/mapper/", "/dev/zram")
"""Swap that may lie there: a mapped device (which somebody has to see is encrypted), or compressed memory."""
_PROBE: Final = "staging/probe-"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw; `do` is the next step where something is wrong."""

    name: str
    ok: bool
    detail: str
    do: str = ""


def examine(vault: Vault) -> Iterator[Finding]:
    """All checks, in an order in which the first that fails is the first to see to."""
    for name, check in _CHECKS.items():
        try:
            yield check(name, vault)
        except (VaultError, EvidenceError) as error:
            reason = getattr(error, "reason", "")
            yield Finding(name, ok=False, detail=reason or "it could not be checked", do="see docs/errors.md")


def _owner(name: str, vault: Vault) -> Finding:
    folder = vault.settings.folder
    status = folder.stat()
    if status.st_uid != os.geteuid():
        detail = "the vault belongs to another user of this machine"
        return Finding(name, ok=False, detail=detail, do="run this, and the service, as the vault's own user")
    if stat.S_IMODE(status.st_mode) & 0o077:
        do = "run: chmod 700 DIR"
        return Finding(name, ok=False, detail="others on this machine may look into the vault's folder", do=do)
    return Finding(name, ok=True, detail="only its owner may enter the vault's folder")


def _store(name: str, vault: Vault) -> Finding:
    key, data = _PROBE + secrets.token_hex(8), secrets.token_bytes(64)
    vault.store.put(key, data)
    try:
        same = vault.store.read(key) == data
    finally:
        vault.store.delete(key)
    if not same or vault.store.exists(key):
        detail = "it does not keep, or not let go of, what it is given"
        return Finding(name, ok=False, detail=detail, do="look at the store's own messages; run amparo fixity DIR")
    return Finding(name, ok=True, detail="it takes an object, gives it back, and lets go of it")


def _log(name: str, vault: Vault) -> Finding:
    vault.sequencer.require_store_agrees()
    size, note, _ = vault.sequencer.nodes()
    verify(note, vault.trust.log_keys)
    with vault.database.reading() as connection:
        waiting = waiting_events(connection)
    return Finding(
        name, ok=True, detail=f"{size} events, signed and as in the database; {waiting} wait to be published"
    )


def _disk(name: str, vault: Vault) -> Finding:
    free = [shutil.disk_usage(vault.settings.spool).free, vault.store.free()]
    least = min(each for each in free if each is not None)
    if least < vault.settings.free_bytes:
        wanted = vault.settings.free_bytes
        detail = f"{_gigabytes(least)} are free, and {_gigabytes(wanted)} have to be for uploads to be taken"
        return Finding(name, ok=False, detail=detail, do="make room, or set free_bytes in vault.toml lower")
    status = os.statvfs(vault.settings.spool)
    if status.f_files and status.f_favail < _FREE_FILES:
        detail = f"there is room for {status.f_favail} more files only"
        return Finding(name, ok=False, detail=detail, do="remove small files, or move the vault to another file system")
    return Finding(name, ok=True, detail=f"{_gigabytes(least)} are free")


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _swap(name: str, _vault: Vault) -> Finding:
    try:
        places = [line.split()[0] for line in _SWAPS.read_text("utf-8").splitlines()[1:] if line.strip()]
    except OSError:
        return Finding(name, ok=True, detail="this system does not tell")
    plain = [place for place in places if not place.startswith(_ENCRYPTED)]
    if plain:
        detail = "memory, in which uploads pass in clear, may be swapped to a disk that is not encrypted"
        do = "turn swap off (swapoff -a), or encrypt it with a key that is new at each start"
        return Finding(name, ok=False, detail=detail, do=do)
    return Finding(name, ok=True, detail="on mapped devices only: see that they are encrypted" if places else "off")


def _clock(name: str, vault: Vault) -> Finding:
    if vault.clock.synchronised() != "ntp":
        detail = "nothing keeps this machine's clock, and each record will say so"
        return Finding(name, ok=False, detail=detail, do="install and start a time service, such as chrony")
    return Finding(name, ok=True, detail="a time service keeps it")


def _custodians(name: str, vault: Vault) -> Finding:
    count, quorum = len(vault.trust.custodians), vault.trust.quorum
    lost = count - quorum
    detail = f"{quorum} of {count} release; media outlive the loss of {lost} of their keys" + (
        "" if lost else ": keep copies of every key in safe places"
    )
    return Finding(name, ok=True, detail=detail)


_CHECKS: Final[dict[str, Callable[[str, Vault], Finding]]] = {
    "folder": _owner,
    "store": _store,
    "log": _log,
    "disk": _disk,
    "swap": _swap,
    "clock": _clock,
    "custodians": _custodians,
}
