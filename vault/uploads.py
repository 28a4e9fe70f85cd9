"""Uploads that come in parts and may be interrupted: begin, hold, append, seal, end.

Order of writes, and why nothing that was acknowledged is lost or sealed twice:
1. a piece is in the store, durably, before the row counts it; the row's `received` is the offset that is told;
2. one request holds an upload at a time. A newer one asks; the holder gives way once it has stored what it had, and one
   that gives no sign of life loses its hold: it can count nothing any more, and its pieces have names of their own;
3. when all bytes are there they are read once into the ordinary intake. The transaction that records the exhibit also
   turns the row to SEALED, so a crash leaves either an upload that can be sealed again or an exhibit;
4. what waited in the store is deleted after the log covers the exhibit. `interrupted.sweep` deletes what a crash left.
"""

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.constant_time import bytes_eq
from sqlalchemy import Connection, Row, insert, select, update

from evidence.exhibit import key_commitment
from evidence.ids import CaseNumber, Receipt
from redaction.containers.formats import container_of
from redaction.errors import UnsupportedMedia
from redaction.limits import HEAD_BYTES
from vault import staging, staging_keys
from vault.database import schema
from vault.errors import CaseBusy, OffsetDiffers, TooLarge, UnknownReceipt, UnknownUpload, UploadBusy, UploadGone
from vault.exhibits import Received, Sealed
from vault.instance import Vault
from vault.intake import take_in
from vault.sealing import FILE_KEY_BYTES, media_header
from vault.spool import MemoryBudget, Spool
from vault.staging import Facts, Phase, Piece

LIVE: Final = "live"
RESUMABLE: Final = "resumable"
PATIENCE_SECONDS: Final = 4.0
"""A holder that gives no sign of life for so long, although it is asked, is dead."""
BEAT_SECONDS: Final = 1.0
_BLUR_SECONDS: Final = 60
_TRIES: Final = 3  # to seal, where another process takes the exhibit's number meanwhile


@dataclass(frozen=True, slots=True)
class Upload:
    """How one upload stands. `length` is None until it is told; `number` is 0 until it is an exhibit."""

    upload: str
    case: str
    channel: str
    phase: Phase
    length: int | None
    received: int
    expires: int
    exhibit: str
    number: int

    @classmethod
    def of(cls, row: Row[Any]) -> "Upload":
        """From a row of the table."""
        phase = Phase(row.state)
        return cls(
            row.upload, row.case, row.channel, phase, row.length, row.received, row.expires, row.exhibit, row.number
        )

    @property
    def whole(self) -> bool:
        """Whether every byte is there."""
        return self.length is not None and self.received == self.length

    @property
    def over(self) -> bool:
        """Whether nothing can be added any more, and it did not become the exhibit that its sender wanted."""
        return self.phase not in {Phase.OPEN, Phase.SEALED}


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
    staging.begin(vault.store, facts, media_header(file_key, vault.recipients))
    return secret, enter(vault, facts)


def enter(vault: Vault, facts: Facts, received: int = 0, asked: int = 0) -> Upload:
    """The row of an upload that waits in the store."""
    row: dict[str, Any] = {
        "upload": facts.upload,
        "case": facts.case,
        "proof": facts.proof,
        "channel": facts.channel,
        "state": Phase.OPEN.value,
        "length": None if facts.length == staging.UNKNOWN_LENGTH else facts.length,
        "received": received,
        "expires": expiry(vault, facts.channel),
        "exhibit": "",
        "number": 0,
        "asked": asked,
        "holder": 0,
        "beats": 0,
    }
    with vault.database.transaction() as connection:
        connection.execute(insert(schema.uploads).values(row))
        return Upload.of(_row(connection, facts.upload))


def find(vault: Vault, secret: bytes, receipt: Receipt) -> Upload:
    """How the upload at this address stands; UnknownUpload, UnknownReceipt when it began with another receipt."""
    with vault.database.transaction() as connection:
        row = _row(connection, staging_keys.upload_id(secret))
    if not bytes_eq(bytes(row.proof), staging_keys.receipt_proof(secret, receipt)):
        raise UnknownReceipt("the upload belongs to another receipt")
    return Upload.of(row)


def expiry(vault: Vault, channel: str) -> int:
    """When an upload that gets its last byte now is taken for interrupted: Unix time, as a rule in whole minutes."""
    seconds = vault.settings.live_seconds if channel == LIVE else vault.settings.upload_seconds
    moment = int(vault.clock.now().timestamp()) + seconds
    return moment if seconds < _BLUR_SECONDS else -(-moment // _BLUR_SECONDS) * _BLUR_SECONDS


def under_way(vault: Vault, case: str) -> list[Upload]:
    """The uploads of a case that are not finished."""
    uploads = schema.uploads
    query = select(uploads).where(uploads.c.case == case, uploads.c.state == Phase.OPEN.value)
    with vault.database.transaction() as connection:
        return [Upload.of(row) for row in connection.execute(query.order_by(uploads.c.upload))]


class Asking:
    """A request that wants to hold an upload. Call `take` until it answers; no call waits."""

    def __init__(self, vault: Vault, upload: str) -> None:
        """Stand in the queue; UnknownUpload."""
        self._vault, self._upload = vault, upload
        self._beats, self._since = -1, time.monotonic()
        uploads = schema.uploads
        with vault.database.transaction() as connection:
            connection.execute(update(uploads).where(uploads.c.upload == upload).values(asked=uploads.c.asked + 1))
            self.ticket = int(_row(connection, upload).asked)

    def take(self) -> Upload | None:
        """How the upload stands, once it is ours, or is over; None while another is at work.

        UploadBusy when a newer request wants it too.
        """
        with self._vault.database.transaction() as connection:
            row = _row(connection, self._upload)
            if row.state != Phase.OPEN.value:
                return Upload.of(row)
            if row.asked > self.ticket:
                raise UploadBusy("a newer request takes this upload over")
            if row.beats != self._beats:
                self._beats, self._since = row.beats, time.monotonic()
            if row.holder and time.monotonic() - self._since < PATIENCE_SECONDS:
                return None
            _update(connection, self._upload, holder=self.ticket)
            return Upload.of(row)


class Hold:
    """An open upload in the hands of one request, until `release`. `upload` says how it stands."""

    def __init__(self, vault: Vault, upload: Upload, ticket: int, facts: Facts, file_key: bytes) -> None:
        self.upload, self.facts = upload, facts
        self.wanted = False
        """Whether another request asks for it."""
        self._vault, self._ticket, self._file_key = vault, ticket, file_key
        self._stored = upload.received

    def tell_length(self, length: int) -> None:
        """Note the length that was not known before; OffsetDiffers when it is shorter than what arrived."""
        if length > self._vault.settings.file_bytes:
            raise TooLarge("the file is longer than the vault takes")
        if length < self.upload.received:
            raise OffsetDiffers("more has arrived than the whole is said to be")
        staging.tell_length(self._vault.store, self.facts, length)
        self._change(length=length)

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
        if self._stored == 0 and len(data) >= HEAD_BYTES:
            try:
                container_of(_Head(data))
            except UnsupportedMedia:
                self.end(Phase.REFUSED)
                raise
        if data:
            piece = Piece(self.facts.upload, self._stored, self._ticket)
            staging.add(self._vault.store, piece, self._file_key, data)
            self._stored += len(data)
        if data and count:
            self.count()
        else:
            self._change()

    def count(self) -> None:
        """Count what was stored: from here on it is acknowledged."""
        self._change(received=self._stored, expires=expiry(self._vault, self.upload.channel))

    def beat(self) -> None:
        """Say to who asks that this request is still at work."""
        uploads = schema.uploads
        mine = (uploads.c.upload == self.facts.upload) & (uploads.c.holder == self._ticket)
        with self._vault.database.transaction() as connection:
            asked = update(uploads).where(mine, uploads.c.asked > self._ticket)
            connection.execute(asked.values(beats=uploads.c.beats + 1))

    def seal(self, receipt: Receipt, budget: MemoryBudget | None = None) -> Upload:
        """Make a whole upload an exhibit; returns when the log covers it, or does not move (see `intake.take_in`).

        UnsupportedMedia when it is of no accepted kind: then it is over.
        """
        vault, facts = self._vault, self.facts
        chain = staging.pieces(vault.store, facts.upload, self.upload.received)
        digest = sha256()
        with self._beating(), Spool(vault.settings.spool, budget=budget) as spool:
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
                    channel=self.facts.channel,
                    keep_place=self.facts.keep_place,
                    receipt=receipt,
                    note=self._note,
                )
            except CaseBusy:
                if not tries_left:
                    raise
            else:
                with self._vault.database.transaction() as connection:
                    self.upload = Upload.of(_row(connection, self.facts.upload))
                return done.confirmed
        raise CaseBusy("another upload to this case was under way")  # not reached: the last try raises

    def end(self, phase: Phase) -> None:
        """The upload is over; nothing of it stays."""
        self._change(state=phase.value)
        staging.remove(self._vault.store, self.facts.upload)

    def release(self) -> None:
        """Let the next request have it."""
        uploads = schema.uploads
        with self._vault.database.transaction() as connection:
            mine = (uploads.c.upload == self.facts.upload) & (uploads.c.holder == self._ticket)
            connection.execute(update(uploads).where(mine).values(holder=0))

    def _note(self, connection: Connection, sealed: Sequence[Sealed]) -> None:
        self._still_ours(_row(connection, self.facts.upload))
        record = sealed[0].record
        values = {"state": Phase.SEALED.value, "exhibit": record.exhibit, "number": record.number}
        _update(connection, self.facts.upload, **values)

    def _change(self, **values: Any) -> None:
        with self._vault.database.transaction() as connection:
            row = _row(connection, self.facts.upload)
            self._still_ours(row)
            self.wanted = row.asked > self._ticket
            if values:
                _update(connection, self.facts.upload, **values)
            self.upload = Upload.of(_row(connection, self.facts.upload))

    def _still_ours(self, row: Row[Any]) -> None:
        if row.state != Phase.OPEN.value:
            raise UploadGone("the upload is over")
        if row.holder != self._ticket:
            raise UploadBusy("a newer request took this upload over")

    @contextmanager
    def _beating(self) -> Iterator[None]:
        over = threading.Event()

        def beat() -> None:
            while not over.wait(BEAT_SECONDS):
                self.beat()

        thread = threading.Thread(target=beat, name="upload-beat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def hold(vault: Vault, secret: bytes, receipt: Receipt, upload: Upload, ticket: int) -> Hold:
    """The hold of an upload that `Asking.take` gave; UploadGone when it was withdrawn or expired meanwhile."""
    facts = staging.facts_of(vault.store, upload.upload)
    return Hold(vault, upload, ticket, facts, staging_keys.unlock(secret, receipt, facts.lock))


class _Head:
    """The first bytes of a file, as a reader."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


def _row(connection: Connection, upload: str) -> Row[Any]:
    row = connection.execute(select(schema.uploads).where(schema.uploads.c.upload == upload)).first()
    if row is None:
        raise UnknownUpload("no upload has this address")
    return row


def _update(connection: Connection, upload: str, **values: Any) -> None:
    connection.execute(update(schema.uploads).where(schema.uploads.c.upload == upload).values(**values))
