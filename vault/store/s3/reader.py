"""Reading one version of one object of a bucket."""

from collections.abc import Iterator
from http import HTTPStatus
from types import TracebackType
from typing import Self

from urllib3 import BaseHTTPResponse

from vault.errors import Conflict, NotFound, StoreError, StoreUnavailable
from vault.store.protocol import MIB
from vault.store.s3.client import FAULTS, PAUSES, Client, attempt, failure


class S3Reader:
    """See `StoreReader`. Every request says which ETag it wants, so that two versions are never mixed."""

    def __init__(self, client: Client, bucket: str, name: str) -> None:
        """Look the object up; NotFound."""
        self._client = client
        self._bucket = bucket
        self._name = name
        found = attempt(lambda: client.stat_object(bucket, name))
        self._size = found.size or 0
        self._etag = found.etag or ""

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """See `StoreReader.read`."""
        if offset < 0 or length < 0:
            raise ValueError("offset and length are counted from 0")
        length = min(length, self._size - offset)
        return attempt(lambda: self._read(offset, length)) if length > 0 else b""

    def _read(self, offset: int, length: int) -> bytes:
        response = self._request(offset, length)
        try:
            data = response.read()
        finally:
            response.release_conn()
        if len(data) != length:
            raise StoreUnavailable("an object ended before its length")
        return data

    def _request(self, offset: int, length: int) -> BaseHTTPResponse:
        wanted: dict[str, str | list[str] | tuple[str]] = {"If-Match": f'"{self._etag}"'}
        try:
            response = self._client.get_object(self._bucket, self._name, offset, length, request_headers=wanted)
        except FAULTS as error:
            if isinstance(failure(error), NotFound):
                raise Conflict("the object was deleted while it was read") from None
            raise
        if response.status != HTTPStatus.PARTIAL_CONTENT:  # the whole object, which is not what belongs at `offset`
            response.close()
            raise StoreUnavailable("the store does not read ranges")
        return response

    def chunks(self, offset: int = 0, length: int | None = None, chunk: int = MIB) -> Iterator[bytes]:
        """See `StoreReader.chunks`. One request; where it breaks off, another goes on from there."""
        end = self._size if length is None else min(self._size, offset + length)
        failures = 0
        while offset < end:
            try:
                for data in self._stream(offset, end - offset, chunk):
                    yield data
                    offset += len(data)
                    failures = 0
            except StoreError:
                raise
            except FAULTS as error:
                failures += 1
                if failures > len(PAUSES):
                    raise failure(error) from None

    def _stream(self, offset: int, length: int, chunk: int) -> Iterator[bytes]:
        response = attempt(lambda: self._request(offset, length))
        try:
            while data := response.read(chunk):
                yield data
                length -= len(data)
            if length:
                raise StoreUnavailable("an object ended before its length")
        finally:
            response.close()  # a caller who stops half way does not want the rest
            response.release_conn()

    def close(self) -> None:
        """See `StoreReader.close`: nothing is held between requests."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
