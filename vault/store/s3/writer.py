"""Writing an object of any length to a bucket."""

import contextlib
import hashlib
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from vault.errors import Altered, StoreError, TooLarge
from vault.store.protocol import MIB
from vault.store.s3.client import Client, attempt
from vault.store.s3.retention import lock_headers

PART: Final = 8 * MIB  # bytes in memory; the service takes at most 10 000 parts, so an object is at most 80 GB
_MAX_PARTS: Final = 10_000


class S3Writer:
    """See `StoreWriter`. One request where the object fits a part, else a multipart upload.

    Killed before the upload is completed: the service keeps the parts, unlisted, until `sweep` aborts the upload.
    `live` are the uploads of this process that are under way; `sweep` spares them. `until` is when the object's lock
    ends, if it has one.
    """

    def __init__(self, client: Client, bucket: str, name: str, live: set[str], until: datetime | None = None) -> None:
        self._client = client
        self._until = until
        self._bucket = bucket
        self._name = name
        self._live = live
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._etags: list[str] = []
        self._size = 0
        self._ended = False

    def write(self, data: bytes) -> None:
        """See `StoreWriter.write`."""
        self._alive()
        view = memoryview(data)
        self._size += len(view)
        while view:
            # A full buffer waits for one byte more, so that the last part is never empty.
            if len(self._buffer) == PART:
                self._send_part()
            room = PART - len(self._buffer)
            self._buffer += view[:room]
            view = view[room:]

    def commit(self) -> None:
        """See `StoreWriter.commit`."""
        self._alive()
        if self._upload_id is None:
            data = bytes(self._buffer)
            self._end()
            put_checked(self._client, self._bucket, self._name, data, lock_headers(self._until))
            return
        self._send_part()
        try:
            self._complete(self._upload_id)
        except StoreError:
            self._abandon()
            raise
        self._end()

    def _send_part(self) -> None:
        data = bytes(self._buffer)
        self._buffer.clear()
        try:
            self._etags.append(self._upload(data, len(self._etags) + 1))
        except BaseException:
            self._abandon()
            raise

    def _upload(self, data: bytes, number: int) -> str:
        if number > _MAX_PARTS:
            raise TooLarge("an object has more parts than the store can hold")
        upload_id = self._started()
        digest = md5(data)
        etag = attempt(lambda: self._client.upload_part(self._bucket, self._name, upload_id, number, data, digest))
        if etag != digest.hex():
            raise Altered("the store keeps another part than was sent")
        return etag

    def _started(self) -> str:
        if self._upload_id is None:
            # A retry may leave an upload without parts behind, which `sweep` finds.
            self._upload_id = attempt(lambda: self._client.start_upload(self._bucket, self._name))
            self._live.add(self._upload_id)
        return self._upload_id

    def _complete(self, upload_id: str) -> None:
        refused: StoreError | None = None
        try:
            attempt(lambda: self._client.complete_upload(self._bucket, self._name, upload_id, self._etags))
        except StoreError as error:
            # Perhaps it was completed and only the answer was lost; a second try then finds no such upload.
            refused = error
        digests = b"".join(bytes.fromhex(etag) for etag in self._etags)
        wanted = f"{md5(digests).hex()}-{len(self._etags)}", self._size
        if attempt(lambda: self._client.listed(self._bucket, self._name)) != wanted:
            raise refused or Altered("the store keeps another object than was sent")
        until = self._until
        if until is not None:  # not in the upload's headers: Ceph 16 takes them there, and locks nothing
            attempt(lambda: self._client.lock(self._bucket, self._name, until))

    def _alive(self) -> None:
        if self._ended:
            raise RuntimeError("the writer is committed or abandoned")

    def _abandon(self) -> None:
        if not self._ended and self._upload_id is not None:
            upload_id = self._upload_id
            with contextlib.suppress(StoreError):  # `sweep` takes it when the service is back
                attempt(lambda: self._client.abort_upload(self._bucket, self._name, upload_id), pauses=())
        self._end()

    def _end(self) -> None:
        self._ended = True
        self._buffer = bytearray()
        self._live.discard(self._upload_id or "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandon()


def put_checked(client: Client, bucket: str, name: str, data: bytes, headers: dict[str, str]) -> None:
    """Store in one request, if the service gets what was sent; Altered when its checksum of it is not ours."""
    digest = md5(data)
    if attempt(lambda: client.put(bucket, name, data, digest, headers)) != digest.hex():
        raise Altered("the store keeps another object than was sent")


def md5(data: bytes) -> bytes:
    """What S3 checks a request by, and uses as ETag: finds accidents, not attackers; those fixity finds."""
    return hashlib.md5(data, usedforsecurity=False).digest()
