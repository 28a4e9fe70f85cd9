"""Check every stored object against the log, without any key.

What is compared: the payload (length and SHA-256) of every object that the events name; the log's files with the
database and the signed checkpoint; released bundles with their manifests and approvals; the database's rows with the
events. What no key-less check can see: a header that parses but was changed, and what a receipt page shows; both fail
loudly for whoever opens them.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from evidence.canonical import decode
from evidence.errors import EvidenceError
from evidence.event import EventType, Role
from evidence.exhibit import StoredObject
from evidence.fields import Fields
from vault import fixity_log
from vault.age import header as age_header
from vault.age.errors import AgeError
from vault.database import schema
from vault.errors import NotFound, StoreError
from vault.fixity_releases import release_faults
from vault.instance import Vault
from vault.logged import Logged
from vault.sealing import HEADER, PAYLOAD, header_of, payload_of
from vault.setup import TRUST_KEY

CHUNK: Final = 1 << 20  # bytes
Progress = Callable[[int], None]
"""Called with the number of bytes just read."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something in the store that is not as it must be."""

    key: str
    what: str


@dataclass(slots=True)
class Fixity:
    """The result. `orphans` are keys that no event names: left by a crash, no fault. `size` is in bytes of payload."""

    objects: int = 0
    size: int = 0
    faults: list[Fault] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    recorded: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing is missing or changed."""
        return not self.faults


def check(vault: Vault, progress: Progress = lambda _: None) -> Fixity:
    """Check everything, then record that in the log (which is left alone while its own files are at fault)."""
    result = Fixity()
    result.faults += [Fault(key, what) for key, what in fixity_log.faults(vault)]
    log_is_well = result.ok
    logged = Logged(vault.trust)
    for bundle in fixity_log.bodies(vault, _size(vault)):
        for body in bundle:
            try:
                logged.apply(body)
            except EvidenceError as error:
                result.faults.append(Fault("events", error.reason))
    for stored in sorted(logged.kept_objects(), key=lambda each: each.key):
        result.faults += _object_faults(vault, stored, progress)
        result.objects += 1
        result.size += stored.size
    result.faults += [Fault(*each) for each in _row_faults(vault, logged)]
    result.faults += [Fault(*each) for each in _paper_faults(vault, logged)]
    result.faults += [Fault(*each) for each in release_faults(vault, logged)]
    result.orphans = list(_orphans(vault, logged))
    if log_is_well:
        _record(vault, result)
    return result


def total_bytes(vault: Vault) -> int:
    """Bytes of payload that `check` will read."""
    with vault.database.transaction() as connection:
        return sum(row.bytes for row in connection.execute(select(schema.objects.c.bytes)))


def _size(vault: Vault) -> int:
    try:
        return fixity_log.published(vault).size
    except (StoreError, EvidenceError):
        return 2**53 - 1 if False else _database_size(vault)


def _object_faults(vault: Vault, stored: StoredObject, progress: Progress) -> Iterator[Fault]:
    try:
        header = header_of(vault.store, stored.key)
        if age_header.parse(header).length != len(header):
            yield Fault(stored.key, "its header is followed by something")
    except (StoreError, EvidenceError, AgeError) as error:
        yield Fault(stored.key, f"header: {error.reason}")
    try:
        key, start = payload_of(vault.store, stored.key)
        digest, size = hashlib.sha256(), 0
        with vault.store.open(key) as reader:
            for chunk in reader.chunks(start, None, CHUNK):
                digest.update(chunk)
                size += len(chunk)
                progress(len(chunk))
    except (StoreError, EvidenceError) as error:
        yield Fault(stored.key, f"payload: {error.reason}")
        return
    if (size, digest.digest()) != (stored.size, stored.sha256):
        yield Fault(stored.key, "its payload is not the one that was sealed")
