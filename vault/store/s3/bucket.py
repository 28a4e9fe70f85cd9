"""The store itself: a bucket, or what lies under one prefix of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from vault.clock import Clock
from vault.errors import AlreadyExists, Conflict, InvalidKey, NotFound, StoreError, StoreUnavailable, TooLarge
from vault.store.protocol import MAX_READ, checked_key, checked_prefix
from vault.store.s3.client import FAULTS, PAUSES, Client, attempt, failure
from vault.store.s3.reader import S3Reader
from vault.store.s3.retention import Retention, lock_headers
from vault.store.s3.writer import S3Writer, put_checked

_ROUNDS: Final = 5  # of create, while others create and delete the same key


class S3Store:
    """A bucket of an S3 service that honours `If-None-Match: *` (Ceph, AWS, MinIO do).

    Writing needs no right to read: what was stored is compared with the service's listing.

    Its thief gets sealed objects, their sizes and times, and the names of keys: no content. It is trusted to keep what
    it was given and to forget what was deleted; it is *not* trusted to keep it unaltered (fixity finds out).

    The bucket may keep versions (object lock needs them): `delete` removes them all, but replacing an object keeps the
    old one until then. It must not be encrypted with KMS keys, whose ETags prove nothing; what lies here is sealed.
    """

    def __init__(
        self,
        client: Client,
        bucket: str,
        prefix: str,
        clock: Clock,
        leftovers: timedelta = timedelta(days=1),
        lock_days: int = 0,
    ) -> None:
        """Keys lie under `prefix/` unless it is empty. `sweep` spares uploads younger than `leftovers`.

        `lock_days` is how long the bucket, which must have object lock, keeps what `retention` names.
        """
        self._client = client
        self._bucket = bucket
        self._before = f"{checked_key(prefix)}/" if prefix else ""
        self._clock = clock
        self._leftovers = leftovers
        self._retention = Retention(lock_days, clock)
        self._live: set[str] = set()

    def _name(self, key: str) -> str:
        return self._before + checked_key(key)

    def put(self, key: str, data: bytes, *, media_type: str = "application/octet-stream") -> None:
        """See `Store.put`."""
        headers = {"Content-Type": media_type, **lock_headers(self._retention.until(key))}
        put_checked(self._client, self._bucket, self._name(key), data, headers)

    def create(self, key: str, data: bytes) -> None:
        """See `Store.create`."""
        name, headers = self._name(key), {"If-None-Match": "*", **lock_headers(self._retention.until(key))}
        for _ in range(_ROUNDS):
            try:
                return put_checked(self._client, self._bucket, name, data, headers)
            except Conflict:
                pass  # somebody's object is there; or ours, where the answer to our first try was lost
            try:
                if self.read(key, len(data)) == data:
                    return None
            except TooLarge:
                pass
            except NotFound:
                continue  # deleted in between, so nothing is in our way any more
            raise AlreadyExists("an object with other content has this key")
        raise StoreUnavailable("a key was created and deleted again and again")

    def write(self, key: str) -> S3Writer:
        """See `Store.write`."""
        return S3Writer(self._client, self._bucket, self._name(key), self._live, self._retention.until(key))

    def read(self, key: str, max_bytes: int = MAX_READ) -> bytes:
        """See `Store.read`."""
        name = self._name(key)
        return attempt(lambda: self._read(name, max_bytes))

    def _read(self, name: str, max_bytes: int) -> bytes:
        response = self._client.get_object(self._bucket, name)
        try:
            data = response.read(max_bytes + 1)
            if len(data) > max_bytes:
                response.close()
                raise TooLarge("an object is longer than the caller's cap")
            return data
        finally:
            response.release_conn()

    def open(self, key: str) -> S3Reader:
        """See `Store.open`."""
        return S3Reader(self._client, self._bucket, self._name(key))

    def size(self, key: str) -> int:
        """See `Store.size`."""
        return self.open(key).size

    def exists(self, key: str) -> bool:
        """See `Store.exists`."""
        try:
            self.open(key)
        except NotFound:
            return False
        return True

    def stored_at(self, key: str) -> datetime:
        """See `Store.stored_at`."""
        name = self._name(key)
        found = attempt(lambda: next(iter(self._client.list_objects(self._bucket, name, recursive=True)), None))
        if found is None or found.object_name != name or not isinstance(found.last_modified, datetime):
            raise NotFound("no object has this key")
        return found.last_modified

    def delete(self, key: str) -> None:
        """See `Store.delete`. All versions go: a header that can be fetched from a version still opens its payload.

        StoreUnavailable for what is locked.
        """
        name = self._name(key)
        attempt(lambda: self._delete(name))

    def _delete(self, name: str) -> None:
        # The listing is ordered, so the versions of this very name come before those of longer ones.
        for found in self._client.list_objects(self._bucket, name, recursive=True, include_version=True):
            if found.object_name != name:
                break
            self._client.remove_object(self._bucket, name, version_id=found.version_id)

    def list(self, prefix: str = "") -> Iterator[str]:
        """See `Store.list`."""
        under = self._before + checked_prefix(prefix)
        after: str | None = None
        failures = 0
        while True:
            try:
                for found in self._client.list_objects(self._bucket, under, recursive=True, start_after=after):
                    after, failures = str(found.object_name), 0
                    yield from self._ours(after)
            except FAULTS as error:
                failures += 1
                if failures > len(PAUSES):
                    raise failure(error) from None
            else:
                return

    def _ours(self, name: str) -> Iterator[str]:
        """The key of an object of ours; nothing for what others put into the bucket."""
        try:
            yield checked_key(name.removeprefix(self._before))
        except InvalidKey:
            return

    def free(self) -> None:
        """See `Store.free`: S3 does not tell; a full cluster answers with NoSpace."""
        return

    def sweep(self) -> int:
        """See `Store.sweep`. Which old uploads live in other processes cannot be seen: they are given a day."""
        found = attempt(lambda: [*self._client.unfinished(self._bucket, self._before)])
        latest = self._clock.now() - self._leftovers
        dead = [upload for upload in found if upload.started <= latest and upload.upload_id not in self._live]
        return sum(self._abort(upload.name, upload.upload_id) for upload in dead)

    def _abort(self, name: str, upload_id: str) -> int:
        try:
            attempt(lambda: self._client.abort_upload(self._bucket, name, upload_id))
        except StoreError:
            return 0  # ended meanwhile, or the next sweep will do
        return 1

    def close(self) -> None:
        """Let go of idle connections."""
        self._client.close()
