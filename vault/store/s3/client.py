"""One S3 service: timeouts, retries, and the store's errors for the service's.

The service's own error texts name keys and quote what was sent, so they end here: raise ours `from None`.
"""

import base64
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, NamedTuple, TypeVar
from xml.etree.ElementTree import ParseError

import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.datatypes import Part
from minio.error import MinioException, S3Error, ServerError
from minio.retention import Retention

from vault.errors import Altered, Conflict, NoSpace, NotFound, StoreError, StoreUnavailable, TooLarge

# What the client, its connection and its parsers raise when a service fails or answers nonsense.
FAULTS: Final = (MinioException, urllib3.exceptions.HTTPError, OSError, ParseError, ValueError)

CONNECT_SECONDS: Final = 2.5
READ_SECONDS: Final = 60.0  # a Ceph that has just lost a node answers once its peers notice
PAUSES: Final = (0.2, 0.8)  # seconds before the second and the third try; with the above, unreachable is known in 9 s
_SPREAD: Final = 1000  # each pause lasts from half as long to one and a half times as long, in so many steps

_CODES: Final[dict[str, Callable[[], StoreError]]] = {
    "NoSuchKey": lambda: NotFound("no object has this key"),
    "PreconditionFailed": lambda: Conflict("the object changed"),
    "QuotaExceeded": lambda: NoSpace("the quota is full"),
    "XMinioStorageFull": lambda: NoSpace("the store's disks are full"),
    "EntityTooLarge": lambda: TooLarge("an object is longer than the store can hold"),
    "BadDigest": lambda: Altered("an object was altered on its way to the store"),
    "XAmzContentSHA256Mismatch": lambda: Altered("an object was altered on its way to the store"),
}
_PASSING: Final = frozenset({408, 409, 425, 429})  # 409: AWS, when two conditional writes meet

_T = TypeVar("_T")


class Unfinished(NamedTuple):
    """A multipart upload that was neither completed nor aborted."""

    name: str
    upload_id: str
    started: datetime


class Client(Minio):
    """The minio client, and those of its protected steps that a writer needs one by one.

    `Minio.put_object` would do them in one call, but pulls from a stream, where a writer is pushed to, and has no
    conditional write. minio's version is locked, and the contract suite runs these steps against a real service.
    """

    def put(self, bucket: str, name: str, data: bytes, digest: bytes, headers: dict[str, str]) -> str:
        """PutObject of what has this MD5 (16 bytes); the ETag."""
        return str(self._put_object(bucket, name, data, {**headers, **_checksum(digest)}).etag)

    def start_upload(self, bucket: str, name: str) -> str:
        """CreateMultipartUpload; the upload id."""
        return str(self._create_multipart_upload(bucket, name, {}))

    def lock(self, bucket: str, name: str, until: datetime) -> None:
        """PutObjectRetention: nobody may delete the object's newest version before then."""
        self.set_object_retention(bucket, name, Retention(COMPLIANCE, until))

    def upload_part(self, bucket: str, name: str, upload_id: str, number: int, data: bytes, digest: bytes) -> str:
        """UploadPart, numbered from 1, of what has this MD5; the part's ETag."""
        return str(self._upload_part(bucket, name, data, {**_checksum(digest)}, upload_id, number))

    def listed(self, bucket: str, name: str) -> tuple[str, int] | None:
        """ETag and length of an object as the bucket lists it, which takes no right to read it; None when it does not.

        Names that go on after `name` are listed after it.
        """
        found = next(iter(self.list_objects(bucket, name, recursive=True)), None)
        return None if found is None or found.object_name != name else (found.etag or "", found.size or 0)

    def complete_upload(self, bucket: str, name: str, upload_id: str, etags: list[str]) -> None:
        """CompleteMultipartUpload. Services may say 200 and fail: look at the object afterwards."""
        parts = [Part(number, etag) for number, etag in enumerate(etags, 1)]
        self._complete_multipart_upload(bucket, name, upload_id, parts)

    def abort_upload(self, bucket: str, name: str, upload_id: str) -> None:
        """AbortMultipartUpload."""
        self._abort_multipart_upload(bucket, name, upload_id)

    def unfinished(self, bucket: str, prefix: str) -> Iterator[Unfinished]:
        """ListMultipartUploads, page by page."""
        marker: str | None = None
        while True:
            page = self._list_multipart_uploads(bucket, prefix=prefix, key_marker=marker)
            for upload in page.uploads:
                if upload.upload_id and upload.initiated_time:
                    yield Unfinished(upload.object_name, upload.upload_id, upload.initiated_time)
            marker = page.next_key_marker
            if not page.is_truncated or not marker:
                return

    def close(self) -> None:
        """Close idle connections."""
        self._http.clear()


def _checksum(digest: bytes) -> dict[str, str | list[str] | tuple[str]]:
    """The header by which the service refuses a body that was altered on its way (RFC 1864)."""
    return {"Content-MD5": base64.b64encode(digest).decode()}


def connect(endpoint: str, access_key: str, secret_key: str, *, secure: bool, region: str) -> Client:
    """A client of `endpoint` (`host[:port]`). Connects when first used.

    A given region spares a request for it. The pool takes no proxy from the environment, follows no redirect with
    signed requests, and leaves retries to `attempt`, because its own would write keys to the log.
    """
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        maxsize=16,
        cert_reqs="CERT_REQUIRED",  # against the machine's own authorities, where an organisation's private one is
        retries=urllib3.Retry(0, raise_on_redirect=False, raise_on_status=False),
    )
    return Client(endpoint, access_key, secret_key, secure=secure, region=region, http_client=pool)


def attempt(call: Callable[[], _T], pauses: tuple[float, ...] = PAUSES) -> _T:
    """Call, and again after each pause while the failure is one that passes. `call` must be idempotent."""
    for pause in pauses:
        try:
            return call()
        except FAULTS as error:
            if not _passes(error):
                raise failure(error) from None
        _rest(pause)
    try:
        return call()
    except FAULTS as error:
        raise failure(error) from None


def _rest(pause: float) -> None:
    """Wait about so long: those who met the same fault do not all come back in the same moment."""
    time.sleep(pause * (0.5 + secrets.randbelow(_SPREAD) / _SPREAD))


def failure(error: BaseException) -> StoreError:
    """The store's error for what the client raised."""
    status = _status(error)
    if isinstance(error, S3Error) and error.code in _CODES:
        return _CODES[error.code]()
    if status == 507:
        return NoSpace("the store's disks are full")
    return StoreUnavailable(f"HTTP {status}" if status else "the store does not answer as S3 does")


def _passes(error: BaseException) -> bool:
    status = _status(error)
    if isinstance(failure(error), Altered):
        return True
    return isinstance(failure(error), StoreUnavailable) and (status is None or status >= 500 or status in _PASSING)


def _status(error: BaseException) -> int | None:
    if isinstance(error, S3Error):
        return int(error.response.status)
    return error.status_code if isinstance(error, ServerError) else None
