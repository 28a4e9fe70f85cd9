"""The headers of tus 1.0.0 (tus.io/protocols/resumable-upload), read strictly and written in one place.

Spoken: the core protocol with creation, creation-with-upload, creation-defer-length, checksum, expiration, termination.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from api.early_answer import EarlyAnswer
from api.problems import HANDLED, HttpProblem, answer_error
from vault.holding import Upload

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"
ALGORITHMS: Final = ("sha1", "sha256")
CONTENT_TYPE: Final = "application/offset+octet-stream"
EXHIBIT: Final = "Amparo-Exhibit"
"""Our own header: the number of the exhibit that the upload became."""
CONFIRMED: Final = "Amparo-Confirmed"
"""Our own header: `no` where the exhibit is sealed, but no published checkpoint covers it yet."""
UPLOADS: Final = "/uploads"
KEEPING: Final = f"{UPLOADS}?keep_place=1"
"""Where uploads begin for which the place is kept: the choice is in the address, so any client of tus carries it."""
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_KEY: Final = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,128}")
_METADATA_LIMIT: Final = 8192  # characters


class TusRoute(APIRoute):
    """A route that speaks the protocol: answers name its version, and errors come before the body has arrived."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See APIRoute."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                if request.method != "OPTIONS" and request.headers.get("tus-resumable") != VERSION:
                    raise HttpProblem("unsupported-version")
                response = await handler(request)
            except HANDLED as error:
                response = answer_error(error, request)
                if response.status_code == 412:
                    response.headers["Tus-Version"] = VERSION
                if request.method in {"PATCH", "POST"}:
                    response.headers["Tus-Resumable"] = VERSION
                    return EarlyAnswer(response)
            response.headers["Tus-Resumable"] = VERSION
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return handle


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a sender says its bytes hash to; `algorithm` is one of ALGORITHMS."""

    algorithm: str
    digest: bytes

    def hasher(self) -> "hashlib._Hash":
        """A new hash of this algorithm. SHA-1 only finds bytes that the network damaged; nothing is proved by it."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def offset_of(headers: Mapping[str, str]) -> int:
    """`Upload-Offset`; HttpProblem `malformed-request`."""
    return _number(headers.get("upload-offset", ""))


def length_of(headers: Mapping[str, str]) -> int | None:
    """`Upload-Length`, None when it is absent."""
    return _number(headers["upload-length"]) if "upload-length" in headers else None


def is_deferred(headers: Mapping[str, str]) -> bool:
    """Whether `Upload-Defer-Length` says that the length comes later; only 1 may stand there."""
    value = headers.get("upload-defer-length")
    if value not in {None, "1"}:
        raise HttpProblem("malformed-request")
    return value is not None


def checksum_of(headers: Mapping[str, str]) -> Checksum | None:
    """`Upload-Checksum: <algorithm> <base64>`, None when it is absent."""
    value = headers.get("upload-checksum")
    if value is None:
        return None
    algorithm, _, encoded = value.partition(" ")
    if algorithm not in ALGORITHMS:
        raise HttpProblem("malformed-request")
    digest = _base64(encoded)
    checksum = Checksum(algorithm, digest)
    if len(digest) != checksum.hasher().digest_size:
        raise HttpProblem("malformed-request")
    return checksum


def metadata_of(headers: Mapping[str, str]) -> dict[str, bytes]:
    """`Upload-Metadata`: keys, each with a value in base64 or none. Clients put file names here: they stop here."""
    text = headers.get("upload-metadata", "").strip()
    if len(text) > _METADATA_LIMIT:
        raise HttpProblem("malformed-request")
    values: dict[str, bytes] = {}
    for pair in text.split(",") if text else ():
        key, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in values:
            raise HttpProblem("malformed-request")
        values[key] = _base64(encoded)
    return values


def described(upload: Upload, *, confirmed: bool) -> dict[str, str]:
    """The headers that say how an upload stands; `confirmed`: whether the log shows the exhibit that it became."""
    headers = {"Upload-Offset": str(upload.received)}
    if upload.length is None:
        headers["Upload-Defer-Length"] = "1"
    else:
        headers["Upload-Length"] = str(upload.length)
    if upload.number:
        headers[EXHIBIT] = str(upload.number)
        if not confirmed:
            headers[CONFIRMED] = "no"
    else:
        headers["Upload-Expires"] = formatdate(upload.expires, usegmt=True)
    return headers


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise HttpProblem("malformed-request")
    return int(text)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise HttpProblem("malformed-request") from None
