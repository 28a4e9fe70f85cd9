"""The source's door for uploads that survive a lost connection: tus 1.0 over `vault.uploads`.

The address of an upload is a secret that the vault does not keep; every request shows the receipt as well.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.auth import TheReceipt, TheVault
from api.limits import limits_of
from api.pieces import arriving_pieces
from api.problems import HttpProblem
from api.signatures import AUTHORITY
from api.tus import (
    ALGORITHMS,
    CONTENT_TYPE,
    EXTENSIONS,
    VERSION,
    TusRoute,
    checksum_of,
    described,
    is_deferred,
    length_of,
    metadata_of,
    offset_of,
)
from api.work import Pressure, require_work
from evidence.custody import State
from evidence.ids import Receipt
from vault import quotas, uploads
from vault.errors import CaseWithdrawn, ChecksumDiffers, OffsetDiffers, UploadBusy, UploadGone
from vault.holding import LIVE, RESUMABLE, Asking, Upload, find
from vault.instance import Vault
from vault.receipts import known_case
from vault.staging import Phase
from vault.staging_keys import encode_secret, parse_secret
from vault.uploads import Hold

router: Final = APIRouter(prefix="/uploads", route_class=TusRoute)
WAIT_SECONDS: Final = 30.0
"""How long a request waits for one that seals the same upload."""
_POLL_SECONDS: Final = 0.05
_LOOPBACK: Final = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?")
_YES: Final = frozenset({"1", "yes", "true", "on"})


@router.options("")
@router.options("/{upload}")
async def options(vault: TheVault) -> Response:
    """What is spoken here."""
    return Response(
        status_code=204,
        headers={
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(vault.settings.file_bytes),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@router.post("")
async def create(request: Request, receipt: TheReceipt, vault: TheVault) -> Response:
    """Begin an upload in the receipt's case, with its first bytes if the request has a body."""
    limits, settings = limits_of(request), vault.settings
    fill = await run_sync(quotas.fill, vault, limiter=limits.asking)
    if fill >= 1:
        raise HttpProblem("crowded")
    # Before the receipt is looked up, which costs more than anything else that a stranger can ask for.
    announced = request.headers.get("upload-length", "")
    await require_work(request, vault, Pressure(max(fill, limits.crowd)), receipt, announced)
    found = await run_sync(known_case, vault, receipt, limiter=limits.lookups)
    if found.state != State.OPEN.value:
        raise CaseWithdrawn("the case was withdrawn")
    length, metadata = length_of(request.headers), metadata_of(request.headers)
    if is_deferred(request.headers) == (length is not None):
        raise HttpProblem("malformed-request")
    if length is not None and length > settings.file_bytes:
        raise HttpProblem("too-large")
    await run_sync(quotas.require_room_in_case, vault, found.case, length, limiter=limits.asking)
    await run_sync(quotas.require_space, vault, length or 0, limiter=limits.asking)
    live = metadata.get("channel") == LIVE.encode()
    keep = metadata.get("keep_place", b"").decode("ascii", "replace") or request.query_params.get("keep_place", "")
    beginning = partial(
        uploads.begin,
        vault,
        found.case,
        receipt,
        channel=LIVE if live else RESUMABLE,
        keep_place=keep.lower() in _YES,
        length=length,
    )
    secret, upload = await run_sync(beginning, limiter=limits.storing)
    if length == 0 or request.headers.get("content-type") == CONTENT_TYPE:
        async with _held(request, vault, secret, receipt) as held:
            upload = held if isinstance(held, Upload) else await _append(request, held, receipt)
    location = f"{_here(request)}/uploads/{encode_secret(secret)}"
    return Response(status_code=201, headers={"Location": location, **await _described(request, vault, upload)})


@router.head("/{upload}")
async def offset(request: Request, upload: str, receipt: TheReceipt, vault: TheVault) -> Response:
    """How much is there. An upload that is whole but was not sealed, because the service died, is sealed first."""
    secret = parse_secret(upload)
    async with _held(request, vault, secret, receipt) as held:
        found = held if isinstance(held, Upload) else await _finished(request, held, receipt)
    return Response(status_code=200, headers=await _described(request, vault, found))


@router.patch("/{upload}")
async def append(request: Request, upload: str, receipt: TheReceipt, vault: TheVault) -> Response:
    """Take the next bytes; answers when they are durable, and where they are the last, when the exhibit is sealed."""
    secret = parse_secret(upload)
    await _find(request, vault, secret, receipt)
    if request.headers.get("content-type") != CONTENT_TYPE:
        raise HttpProblem("wrong-content-type")
    at = offset_of(request.headers)
    async with _held(request, vault, secret, receipt) as held:
        found = held if isinstance(held, Upload) else held.upload
        if found.received != at:
            raise OffsetDiffers("the upload is at another offset")
        if isinstance(held, Hold):
            await _learn_length(request, held)
            found = await _append(request, held, receipt)
    return Response(status_code=204, headers=await _described(request, vault, found))


@router.delete("/{upload}")
async def terminate(request: Request, upload: str, receipt: TheReceipt, vault: TheVault) -> Response:
    """End an upload that is not finished; nothing of it stays. An exhibit is taken back by withdrawal only."""
    secret = parse_secret(upload)
    async with _held(request, vault, secret, receipt) as held:
        if isinstance(held, Upload):
            raise UploadGone("the upload is over")
        await run_sync(held.end, Phase.ENDED, limiter=limits_of(request).asking)
    return Response(status_code=204)


@router.post("/{upload}")
async def overridden(request: Request, upload: str, receipt: TheReceipt, vault: TheVault) -> Response:
    """For networks that let no other methods pass: the method stands in `X-HTTP-Method-Override`."""
    await _find(request, vault, parse_secret(upload), receipt)
    method = request.headers.get("x-http-method-override", "").upper()
    meant = {"HEAD": offset, "PATCH": append, "DELETE": terminate}.get(method)
    if meant is None:
        raise HttpProblem("method-not-allowed")
    return await meant(request, upload, receipt, vault)


def _here(request: Request) -> str:
    """The service's own address where it is sure of it, for clients that take whole addresses only; else nothing.

    Behind a proxy that ends TLS a guess could make a client go on without TLS: the proxy has to say it.
    """
    host, told = request.headers.get("host", ""), request.headers.get("x-forwarded-proto", "")
    scheme = told if told in {"http", "https"} else "http" if _LOOPBACK.fullmatch(host) else ""
    return f"{scheme}://{host}" if scheme and AUTHORITY.fullmatch(host) else ""


async def _described(request: Request, vault: Vault, upload: Upload) -> dict[str, str]:
    """How the upload stands; of an exhibit the log is asked each time, for the answer that told may have been lost."""
    asking = partial(vault.sequencer.unpublished, upload.case)
    waiting = await run_sync(asking, limiter=limits_of(request).asking) if upload.number else []
    return described(upload, confirmed=all(event.exhibit != upload.exhibit for event in waiting))


async def _find(request: Request, vault: Vault, secret: bytes, receipt: Receipt) -> Upload:
    found = await run_sync(find, vault, secret, receipt, limiter=limits_of(request).asking)
    if found.over:
        raise UploadGone("the upload is over")
    return found


@asynccontextmanager
async def _held(request: Request, vault: Vault, secret: bytes, receipt: Receipt) -> AsyncIterator[Hold | Upload]:
    """The upload in the hands of this request alone; or how it stands, if it is an exhibit by now."""
    found = await _find(request, vault, secret, receipt)
    asking_threads = limits_of(request).asking
    asking = await run_sync(Asking, vault, found.upload, limiter=asking_threads)
    taken: Upload | None = None
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            # The holder may be another process, which can set no event of ours.
            while (taken := await run_sync(asking.take, limiter=asking_threads)) is None:  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise UploadBusy("another request is at work on this upload") from None
    if taken.over:
        raise UploadGone("the upload is over")
    if taken.phase is Phase.SEALED:
        yield taken
        return
    hold = await run_sync(uploads.hold, vault, secret, receipt, taken, asking.ticket, limiter=asking_threads)
    try:
        yield hold
    finally:
        await asyncio.shield(asyncio.ensure_future(run_sync(hold.release, limiter=asking_threads)))


async def _learn_length(request: Request, hold: Hold) -> None:
    """Take the length that was not known when the upload began; once it is known it never changes."""
    length = length_of(request.headers)
    if length is not None and length != hold.upload.length:
        if hold.upload.length is not None:
            raise HttpProblem("malformed-request")
        await run_sync(hold.tell_length, length, limiter=limits_of(request).storing)


async def _append(request: Request, hold: Hold, receipt: Receipt) -> Upload:
    """Store what comes, piece by piece; what arrived before a connection breaks is kept.

    With a checksum nothing counts before all of it has arrived and is right.
    """
    checksum, storing = checksum_of(request.headers), limits_of(request).storing
    hasher = None if checksum is None else checksum.hasher()
    _require_room(request, hold)
    async with aclosing(arriving_pieces(request)) as pieces:
        async for piece in pieces:
            if hasher is not None:
                hasher.update(piece)
            await run_sync(hold.store, piece, hasher is None, limiter=storing)
            if hold.wanted:
                raise UploadBusy("a newer request takes this upload over")
    if checksum is not None and hasher is not None:
        if hasher.digest() != checksum.digest:
            raise ChecksumDiffers("the bytes have another checksum")
        await run_sync(hold.count, limiter=storing)
    return await _finished(request, hold, receipt)


def _require_room(request: Request, hold: Hold) -> None:
    """Refuse before the body what is announced to be longer than the rest of the file."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > hold.room:
        raise HttpProblem("too-large")


async def _finished(request: Request, hold: Hold, receipt: Receipt) -> Upload:
    """How the upload stands, sealed if it is whole."""
    if not hold.upload.whole:
        return hold.upload
    limits = limits_of(request)
    return await run_sync(partial(hold.seal, receipt, limits.form_memory()), limiter=limits.sealing)
