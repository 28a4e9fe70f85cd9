"""Is the machine fit for its vault? Each check looks at one thing, changes nothing that stays, and says what to do.

What may be told is the state of the machine and of the vault, nothing of a case or a source.
"""

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evidence.errors import EvidenceError
from evidence.tlog.note import verify
from vault.errors import VaultError
from vault.instance import Vault
from vault.notices import FILE, load
from vault.notifying import possible
from vault.quotas import free_bytes
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


class Unsound(Exception):
    """What a check found wrong, and what to do."""

    def __init__(self, detail: str, do: str) -> None:
        super().__init__(detail)
        self.detail, self.do = detail, do


def examine(vault: Vault) -> Iterator[Finding]:
    """All checks, in an order in which the first that fails is the first to see to."""
    for name, check in _CHECKS.items():
        try:
            yield Finding(name, ok=True, detail=check(vault))
        except Unsound as error:
            yield Finding(name, ok=False, detail=error.detail, do=error.do)
        except (VaultError, EvidenceError) as error:
            reason = getattr(error, "reason", "")
            yield Finding(name, ok=False, detail=reason or "it could not be checked", do="see docs/errors.md")


def _owner(vault: Vault) -> str:
    status = vault.settings.folder.stat()
    if status.st_uid != os.geteuid():
        raise Unsound(
            "the vault belongs to another user of this machine", "run this, and the service, as the vault's own user"
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise Unsound("others on this machine may look into the vault's folder", "run: chmod 700 DIR")
    return "only its owner may enter the vault's folder"


def _store(vault: Vault) -> str:
    key, data = _PROBE + secrets.token_hex(8), secrets.token_bytes(64)
    vault.store.put(key, data)
    try:
        same = vault.store.read(key) == data
    finally:
        vault.store.delete(key)
    if not same or vault.store.exists(key):
        raise Unsound(
            "it does not keep, or not let go of, what it is given",
            "look at the store's own messages; run amparo fixity DIR",
        )
    return "it takes an object, gives it back, and lets go of it"


def _log(vault: Vault) -> str:
    vault.sequencer.require_store_agrees()
    size, note, _ = vault.sequencer.nodes()
    verify(note, vault.trust.log_keys)
    with vault.database.reading() as connection:
        waiting = waiting_events(connection)
    return f"{size} events, signed and as in the database; {waiting} wait to be published"


def _disk(vault: Vault) -> str:
    free, wanted = free_bytes(vault), vault.settings.free_bytes
    if free < wanted:
        raise Unsound(
            f"{_gigabytes(free)} are free, and {_gigabytes(wanted)} have to be for uploads to be taken",
            "make room, or set free_bytes in vault.toml lower",
        )
    status = os.statvfs(vault.settings.spool)
    if status.f_files and status.f_favail < _FREE_FILES:
        raise Unsound(
            f"there is room for {status.f_favail} more files only",
            "remove small files, or move the vault to another file system",
        )
    return f"{_gigabytes(free)} are free"


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _swap(_vault: Vault) -> str:
    try:
        places = [line.split()[0] for line in _SWAPS.read_text("utf-8").splitlines()[1:] if line.strip()]
    except OSError:
        return "this system does not tell"
    if any(not place.startswith(_ENCRYPTED) for place in places):
        raise Unsound(
            "memory, in which uploads pass in clear, may be swapped to a disk that is not encrypted",
            "turn swap off (swapoff -a), or encrypt it with a key that is new at each start",
        )
    return "on mapped devices only: see that they are encrypted" if places else "off"


def _clock(vault: Vault) -> str:
    if vault.clock.synchronised() != "ntp":
        raise Unsound(
            "nothing keeps this machine's clock, and each record will say so",
            "install and start a time service, such as chrony",
        )
    return "a time service keeps it"


def _custodians(vault: Vault) -> str:
    count, quorum = len(vault.trust.custodians), vault.trust.quorum
    lost = count - quorum
    advice = "" if lost else ": keep copies of every key in safe places"
    return f"{quorum} of {count} release; media outlive the loss of {lost} of their keys{advice}"


def _notices(vault: Vault) -> str:
    entries = load(vault.settings.folder)
    for number, notice in enumerate(entries, 1):
        if not possible(notice):
            raise Unsound(
                f"the address of entry {number} is none that a notice can go to",
                f"correct it in {FILE}; then try: amparo notices DIR --send",
            )
    return (
        f"{len(entries)} addresses are told when something is new"
        if entries
        else "nobody is told when something is new"
    )


_CHECKS: Final[dict[str, Callable[[Vault], str]]] = {
    "folder": _owner,
    "store": _store,
    "log": _log,
    "disk": _disk,
    "swap": _swap,
    "clock": _clock,
    "custodians": _custodians,
    "notices": _notices,
}
"""Each says what it saw, or raises Unsound."""
