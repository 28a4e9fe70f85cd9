"""Who holds an upload: its row in the database, and the queue of requests that want to go on with it.

One request holds an upload at a time, whichever process serves it. A newer one asks, and the holder, who looks each
second, stores what it has and gives way. A holder that gives no sign of life is dead and loses its hold: from then on
it can count nothing, and its pieces have names of their own. Nothing of this needs a key.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.constant_time import bytes_eq
from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from evidence.ids import Receipt
from vault import staging, staging_keys
from vault.database import schema
from vault.errors import DatabaseUnavailable, UnknownReceipt, UnknownUpload, UploadBusy, UploadGone
from vault.instance import Vault
from vault.staging import Facts, Phase

LIVE: Final = "live"
RESUMABLE: Final = "resumable"
PATIENCE_SECONDS: Final = 4.0
"""A holder that gives no sign of life for so long, although it is asked, is dead."""
BEAT_SECONDS: Final = 1.0


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
        return Upload.of(row_of(connection, facts.upload))


def find(vault: Vault, secret: bytes, receipt: Receipt) -> Upload:
    """How the upload at this address stands; UnknownUpload, UnknownReceipt when it began with another receipt."""
    with vault.database.reading() as connection:
        row = row_of(connection, staging_keys.upload_id(secret))
    if not bytes_eq(bytes(row.proof), staging_keys.receipt_proof(secret, receipt)):
        raise UnknownReceipt("the upload belongs to another receipt")
    return Upload.of(row)


def lifetime(vault: Vault, channel: str) -> int:
    """Seconds after its last byte in which an upload may be gone on with."""
    return vault.settings.live_seconds if channel == LIVE else vault.settings.upload_seconds


def expiry(vault: Vault, channel: str) -> int:
    """When an upload that gets its last byte now is taken for interrupted: Unix time, rounded up by `grain`."""
    step = grain(vault, channel)
    return -(-(int(vault.clock.now().timestamp()) + lifetime(vault, channel)) // step) * step


def grain(vault: Vault, channel: str) -> int:
    """Seconds to which times of uploads are kept: an hour, if they wait for long; what is soon forgotten, a minute."""
    return next((step for step in (3600, 60) if lifetime(vault, channel) >= 6 * step), 1)


def under_way(vault: Vault, case: str) -> list[Upload]:
    """The uploads of a case that are not finished."""
    uploads = schema.uploads
    query = select(uploads).where(uploads.c.case == case, uploads.c.state == Phase.OPEN.value)
    with vault.database.reading() as connection:
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
            self.ticket = int(row_of(connection, upload).asked)

    def take(self) -> Upload | None:
        """How the upload stands, once it is ours, or is over; None while another is at work.

        UploadBusy when a newer request wants it too.
        """
        with self._vault.database.transaction() as connection:
            row = row_of(connection, self._upload)
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


class Grip:
    """An open upload in the hands of one request, until `release`. `upload` says how it stands."""

    def __init__(self, vault: Vault, upload: Upload, ticket: int) -> None:
        self.upload, self.ticket = upload, ticket
        self.wanted = False
        """Whether another request asks for it."""
        self._vault = vault

    def change(self, **values: Any) -> None:
        """Change the row, and see whether another request asks. UploadBusy, or UploadGone, when it is ours no more."""
        database = self._vault.database
        with database.transaction() if values else database.reading() as connection:
            row = row_of(connection, self.upload.upload)
            self._still_ours(row)
            self.wanted = row.asked > self.ticket
            if values:
                _update(connection, self.upload.upload, **values)
                row = row_of(connection, self.upload.upload)
            self.upload = Upload.of(row)

    def turn_into(self, connection: Connection, phase: Phase, exhibit: str, number: int) -> None:
        """Note, in the transaction that records the exhibit, what the upload became."""
        self._still_ours(row_of(connection, self.upload.upload))
        known_until = expiry(self._vault, self.upload.channel)
        values = {"state": phase.value, "exhibit": exhibit, "number": number, "expires": known_until}
        _update(connection, self.upload.upload, **values)

    def end(self, phase: Phase) -> None:
        """The upload is over; nothing of it stays."""
        self.change(state=phase.value, expires=expiry(self._vault, self.upload.channel))
        staging.remove(self._vault.store, self.upload.upload)

    def release(self) -> None:
        """Let the next request have it."""
        with self._vault.database.transaction() as connection:
            connection.execute(update(schema.uploads).where(self._ours).values(holder=0))

    @contextmanager
    def beating(self) -> Iterator[None]:
        """While the work inside takes long, say to who asks that this request is alive."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(BEAT_SECONDS):
                self._beat()

        thread = threading.Thread(target=beat, name="upload-beat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat(self) -> None:
        uploads = schema.uploads
        asked = update(uploads).where(self._ours, uploads.c.asked > self.ticket)
        with contextlib.suppress(DatabaseUnavailable), self._vault.database.transaction() as connection:
            connection.execute(asked.values(beats=uploads.c.beats + 1))

    @property
    def _ours(self) -> ColumnElement[bool]:
        return (schema.uploads.c.upload == self.upload.upload) & (schema.uploads.c.holder == self.ticket)

    def _still_ours(self, row: Row[Any]) -> None:
        if row.state != Phase.OPEN.value:
            raise UploadGone("the upload is over")
        if row.holder != self.ticket:
            raise UploadBusy("a newer request took this upload over")


def row_of(connection: Connection, upload: str) -> Row[Any]:
    """The row of an upload; UnknownUpload."""
    row = connection.execute(select(schema.uploads).where(schema.uploads.c.upload == upload)).first()
    if row is None:
        raise UnknownUpload("no upload has this address")
    return row


def _update(connection: Connection, upload: str, **values: Any) -> None:
    connection.execute(update(schema.uploads).where(schema.uploads.c.upload == upload).values(**values))
