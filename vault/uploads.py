"""Uploads that come in parts and may be interrupted: begin, store, seal.

Order of writes, and why nothing that was acknowledged is lost or sealed twice:
1. the row, then what waits in the store; a piece is there, durably, before the row counts it; the row's `received` is
   the offset that is told;
2. one request holds an upload at a time (`vault.holding`);
3. when all bytes are there they are read once into the ordinary intake. The transaction that records the exhibit also
   turns the row to SEALED, so a crash leaves either an upload that can be sealed again or an exhibit;
4. what waited in the store is deleted after the log covers the exhibit. `interruption.sweep` deletes what a crash left.
"""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from evidence.exhibit import key_commitment
from evidence.ids import CaseNumber, Receipt
from redaction.containers.formats import container_of
from redaction.errors import UnsupportedMedia
from redaction.limits import HEAD_BYTES
from redaction.reader import BytesReader
from vault import staging, staging_keys
from vault.errors import CaseBusy, OffsetDiffers, TooLarge
from vault.exhibits import Received, Sealed
from vault.holding import Grip, Upload, enter, expiry, row_of
from vault.instance import Vault
from vault.intake import take_in
from vault.places import interrupted_exhibit
from vault.quotas import require_space
from vault.sealing import FILE_KEY_BYTES, media_key
from vault.spool import MemoryBudget, Spool
from vault.staging import Facts, Phase, Piece

_TRIES: Final = 3  # to seal, where another process takes the exhibit's number meanwhile


def begin(
    vault: Vault, case: CaseNumber, receipt: Receipt, *, channel: str, keep_place: bool, length: int | None
) -> tuple[bytes, Upload]:
    """A new upload to an open case: the secret of its address, which is kept nowhere, and how it stands."""
    if length is not None and length > vault.settings.file_bytes:
        raise TooLarge("the file is longer than the vault takes")
    secret, file_key = secrets.token_bytes(staging_keys.SECRET_BYTES), secrets.token_bytes(FILE_KEY_BYTES)
    facts = Facts(
        upload=staging_keys.upload_id(secret),
        case=case,
        channel=channel,
        keep_place=keep_place,
        length=staging.UNKNOWN_LENGTH if length is None else length,
        proof=staging_keys.receipt_proof(secret, receipt),
        lock=staging_keys.lock(secret, receipt, file_key),
        key=key_commitment(file_key),
    )
    upload = enter(vault, facts)
    # Bound to the exhibit that it becomes when it is never finished: nobody could bind it anew then.
    key = media_key(interrupted_exhibit(facts.upload))
    staging.begin(vault.store, facts, vault.media_header(case, key, file_key))
    return secret, upload


class Hold(Grip):
    """A grip with the upload's file key, for the time of one request."""

    def __init__(self, vault: Vault, upload: Upload, ticket: int, facts: Facts, file_key: bytes) -> None:
        super().__init__(vault, upload, ticket)
        self._facts, self._file_key = facts, file_key
        self._stored = upload.received

    def tell_length(self, length: int) -> None:
        """Note the length that was not known before; OffsetDiffers when it is shorter than what arrived."""
        if length > self._vault.settings.file_bytes:
            raise TooLarge("the file is longer than the vault takes")
        if length < self.upload.received:
            raise OffsetDiffers("more has arrived than the whole is said to be")
        staging.tell_length(self._vault.store, self._facts, length)
        self.change(length=length)

    @property
    def room(self) -> int:
        """Bytes that may still come."""
        length = self.upload.length
        return (self._vault.settings.file_bytes if length is None else length) - self._stored

    def store(self, data: bytes, count: bool) -> None:
        """Make the next bytes durable; they are acknowledged once they are counted, now or by `count`.

        Each call sees whether another request wants the upload: then `wanted` is set. UnsupportedMedia when the file's
        first bytes are of no accepted kind: then it is over.
        """
        if len(data) > self.room:
            raise TooLarge("more arrived than was announced")
        require_space(self._vault, known=True)
        if self._stored == 0 and len(data) >= HEAD_BYTES:
            try:
                container_of(BytesReader(data))
            except UnsupportedMedia:
                self.end(Phase.REFUSED)
                raise
        if data:
            piece = Piece(self._facts.upload, self._stored, self.ticket)
            staging.add(self._vault.store, piece, self._file_key, data)
            self._stored += len(data)
        if data and count:
            self.count()
        else:
            self.change()

    def count(self) -> None:
        """Count what was stored: from here on it is acknowledged."""
        self.change(received=self._stored, expires=expiry(self._vault, self.upload.channel))

    def seal(self, receipt: Receipt, budget: MemoryBudget | None = None) -> Upload:
        """Make a whole upload an exhibit; returns when the log covers it, or does not move (see `intake.take_in`).

        UnsupportedMedia when it is of no accepted kind: then it is over.
        """
        vault, facts = self._vault, self._facts
        chain = staging.pieces(vault.store, facts.upload, self.upload.received)
        digest = sha256()
        with self.beating(), Spool(vault.settings.spool, budget=budget) as spool:
            for chunk in staging.plaintext(vault.store, chain, self._file_key):
                digest.update(chunk)
                spool.write(chunk)
            spool.finish()
            try:
                confirmed = self._take_in(Received(spool, digest.digest()), receipt)
            except UnsupportedMedia:
                self.end(Phase.REFUSED)
                raise
        if confirmed:
            staging.remove(vault.store, facts.upload)
        return self.upload

    def _take_in(self, received: Received, receipt: Receipt) -> bool:
        """Whether a published checkpoint covers the exhibit."""
        for tries_left in reversed(range(_TRIES)):
            try:
                done = take_in(
                    self._vault,
                    [received],
                    "",
                    channel=self._facts.channel,
                    keep_place=self._facts.keep_place,
                    receipt=receipt,
                    note=self._note,
                )
            except CaseBusy:
                if not tries_left:
                    raise
            else:
                with self._vault.database.transaction() as connection:
                    self.upload = Upload.of(row_of(connection, self._facts.upload))
                return done.confirmed
        raise CaseBusy("another upload to this case was under way")  # not reached: the last try raises

    def _note(self, connection: Connection, sealed: Sequence[Sealed]) -> None:
        record = sealed[0].record
        self.turn_into(connection, Phase.SEALED, record.exhibit, record.number)


def hold(vault: Vault, secret: bytes, receipt: Receipt, upload: Upload, ticket: int) -> Hold:
    """The hold of an upload that `Asking.take` gave; UploadGone when it was withdrawn or expired meanwhile."""
    facts = staging.facts_of(vault.store, upload.upload)
    return Hold(vault, upload, ticket, facts, staging_keys.unlock(secret, receipt, facts.lock))
