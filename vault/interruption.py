"""Uploads whose time ran out become exhibits, as far as they came; what is over is cleared away.

Nobody can open them here: the pieces are put one behind the other as they are, under the header to the custodians that
was written when the upload began. Order of writes: the exhibit's objects, then one transaction with its event and the
upload's row, then the log, then what waited is deleted. After a crash `sweep` begins again where that left off; it may
run in several processes at once, for one request or sweep holds an upload at a time.
"""

import contextlib
import hashlib
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, select

from evidence.canonical import Json
from evidence.errors import EvidenceError
from evidence.event import Event
from evidence.exhibit import StoredObject, record_commitment
from vault import staging
from vault.age.stream import plaintext_size
from vault.database import schema
from vault.errors import CaseBusy, CaseWithdrawn, NotFound, UploadBusy, UploadGone, VaultError
from vault.holding import PATIENCE_SECONDS, Asking, Grip, Upload, enter, grain, lifetime
from vault.instance import TOOL, Vault
from vault.interrupted_record import InterruptedRecord
from vault.places import exhibit_papers, interrupted_exhibit
from vault.recording import MEDIA_BYTES, highest_number, record_exhibit, require_open
from vault.sealing import HEADER, PAYLOAD, media_key, seal_small
from vault.staging import Facts, Phase, Piece

_POLL_SECONDS: Final = 0.05
_CHUNK: Final = 1 << 20  # bytes


def sweep(vault: Vault) -> None:
    """Do all that is due. What cannot be done now stops nothing else, and is tried again at the next sweep."""
    for upload in _due(vault):
        with contextlib.suppress(VaultError, EvidenceError):
            _run_out(vault, upload)
    waiting = set(staging.waiting(vault.store))
    over = {each.upload: each for each in _over(vault)}
    left = sorted(waiting & set(over))
    if left:
        with contextlib.suppress(VaultError):
            vault.sequencer.record_and_wait(lambda _: [])  # an exhibit is safe once the log covers it
            for name in left:
                staging.remove(vault.store, name)
    _forget(vault, [name for name, each in over.items() if name not in waiting and each.expires <= _now(vault)])
    for name in sorted(waiting - _known(vault)):
        with contextlib.suppress(VaultError, EvidenceError):
            _adopt(vault, name)


def interval(vault: Vault) -> float:
    """Seconds between two sweeps: short enough that an upload is late by no more than a quarter of its time."""
    shortest = min(vault.settings.upload_seconds, vault.settings.live_seconds)
    return min(60.0, max(0.5, shortest / 4))


def _now(vault: Vault) -> int:
    return int(vault.clock.now().timestamp())


def _due(vault: Vault) -> list[Upload]:
    uploads = schema.uploads
    query = select(uploads).where(uploads.c.state == Phase.OPEN.value, uploads.c.expires <= _now(vault))
    with vault.database.reading() as connection:
        return [Upload.of(row) for row in connection.execute(query.order_by(uploads.c.expires))]


def _over(vault: Vault) -> list[Upload]:
    uploads = schema.uploads
    with vault.database.reading() as connection:
        query = select(uploads).where(uploads.c.state != Phase.OPEN.value)
        return [Upload.of(row) for row in connection.execute(query)]


def _known(vault: Vault) -> set[str]:
    """The uploads that have a row. What waits in the store without one was there before the database was made anew."""
    with vault.database.reading() as connection:
        return set(connection.execute(select(schema.uploads.c.upload)).scalars())


def _adopt(vault: Vault, name: str) -> None:
    """Go on with an upload whose row was lost; its time begins anew. What cannot be an upload is deleted."""
    try:
        facts = staging.facts_of(vault.store, name)
    except UploadGone:
        staging.remove(vault.store, name)
        return
    with vault.database.reading() as connection:
        try:
            require_open(connection, facts.case)
        except CaseWithdrawn:
            staging.remove(vault.store, name)
            return
    chain = staging.pieces(vault.store, name)
    received = sum(_plain_bytes(vault, piece) for piece in chain)
    enter(vault, facts, received, max((piece.ticket for piece in chain), default=0))


def _forget(vault: Vault, names: Sequence[str]) -> None:
    """Delete the rows of uploads that are over, once their senders had time to hear of it."""
    if names:
        uploads = schema.uploads
        with vault.database.transaction() as connection:
            for name in names:
                connection.execute(delete(uploads).where(uploads.c.upload == name))


def _run_out(vault: Vault, upload: Upload) -> None:
    grip = _taken(vault, upload)
    if grip is None:
        return
    try:
        with grip.beating():
            if not grip.upload.received:
                grip.end(Phase.ENDED)
                return
            try:
                facts, header = staging.facts_of(vault.store, upload.upload), _header(vault, upload.upload)
            except (UploadGone, NotFound):
                grip.end(Phase.ENDED)  # a backup that was restored knows of it, but does not have it
                return
            with vault.locks.hold(upload.case):
                _Interrupted(vault, grip, facts, header).record()
    finally:
        grip.release()


def _header(vault: Vault, upload: str) -> bytes:
    return staging.custodians_header(vault.store, upload)


def _taken(vault: Vault, upload: Upload) -> Grip | None:
    """The upload in our hands, if its time is over; None when somebody is at work on it."""
    asking = Asking(vault, upload.upload)
    deadline = time.monotonic() + PATIENCE_SECONDS + 1
    while time.monotonic() < deadline:
        try:
            taken = asking.take()
        except UploadBusy:
            return None
        if taken is not None:
            if taken.phase is not Phase.OPEN:
                return None
            grip = Grip(vault, taken, asking.ticket)
            if taken.expires <= _now(vault):
                return grip
            grip.release()
            return None
        time.sleep(_POLL_SECONDS)
    return None


def _plain_bytes(vault: Vault, piece: Piece) -> int:
    return plaintext_size(vault.store.size(piece.key))


class _Interrupted:
    """One upload on its way to being an exhibit."""

    def __init__(self, vault: Vault, grip: Grip, facts: Facts, header: bytes) -> None:
        self._vault, self._grip, self._facts, self._header = vault, grip, facts, header
        # The same at every try, so that what a crash left is written again and not left behind.
        self._exhibit = interrupted_exhibit(facts.upload)

    def record(self) -> None:
        """Write the objects, then the event; returns when the log covers it and nothing waits any more."""
        vault = self._vault
        for key in list(vault.store.list(exhibit_papers(self._exhibit))):
            vault.store.delete(key)
        chain = staging.pieces(vault.store, self._facts.upload, self._grip.upload.received)
        media, pieces = self._join(chain)
        record = self._record(media, pieces)
        encoded = record.encode()
        sealed = seal_small(vault.store, f"{exhibit_papers(self._exhibit)}record.age", encoded, vault.header)

        def change(connection: Connection) -> list[Event]:
            require_open(connection, record.case)
            self._grip.turn_into(connection, Phase.INTERRUPTED, record.exhibit, record.number)
            objects = [media, sealed.stored]
            more: dict[str, Json] = {MEDIA_BYTES: record.media_bytes}
            return [record_exhibit(vault, connection, record, record_commitment(encoded), objects, more)]

        with contextlib.suppress(CaseBusy):  # another process took the number: the next sweep takes another
            vault.sequencer.record_and_wait(change)
            staging.remove(vault.store, self._facts.upload)

    def _join(self, chain: Sequence[Piece]) -> tuple[StoredObject, tuple[int, ...]]:
        """The pieces in one object, and how many bytes of the file each holds."""
        vault, key = self._vault, media_key(self._exhibit)
        digest, size, pieces = hashlib.sha256(), 0, list[int]()
        with vault.store.write(key + PAYLOAD) as writer:
            for piece in chain:
                with vault.store.open(piece.key) as reader:
                    pieces.append(plaintext_size(reader.size))
                    for chunk in reader.chunks(0, None, _CHUNK):
                        digest.update(chunk)
                        size += len(chunk)
                        writer.write(chunk)
            writer.commit()
        vault.store.put(key + HEADER, self._header)
        return StoredObject(key, size, digest.digest()), tuple(pieces)

    def _record(self, media: StoredObject, pieces: tuple[int, ...]) -> InterruptedRecord:
        vault, facts = self._vault, self._facts
        last = self._grip.upload.expires - lifetime(vault, facts.channel) - grain(vault, facts.channel)
        return InterruptedRecord(
            exhibit=self._exhibit,
            case=facts.case,
            number=highest_number(vault, facts.case) + 1,
            received_at=datetime.fromtimestamp(last, UTC),
            clock=vault.clock.synchronised(),
            channel=facts.channel,
            pieces=pieces,
            payload_bytes=media.size,
            payload_sha256=media.sha256,
            media_key=facts.key,
            tool=TOOL,
            nonce=secrets.token_bytes(16),
        )
