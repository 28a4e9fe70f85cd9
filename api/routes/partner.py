"""The partner's door: ask for a case, see how the request stands, download what the bundle is made from."""

import re
from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from api.auth import Signed, TheVault
from api.documents import compact, signed_document
from api.problems import HttpProblem
from evidence.ids import parse_request_id
from vault import bundles, release

router: Final = APIRouter(prefix="/api/partner")
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


@router.post("/requests")
def ask(caller: Signed, vault: TheVault) -> JSONResponse:
    """Ask for a case: `{"signed": …}` with an `amparo/request/1` document."""
    request = release.ask(vault, caller.line, signed_document(caller.body))
    return JSONResponse({"request": request}, 201)


@router.get("/requests")
def requests(caller: Signed, vault: TheVault) -> JSONResponse:
    """The partner's own requests."""
    return JSONResponse([each.to_json() for each in release.views(vault, caller.line.name)])


@router.get("/requests/{request}/release")
def release_document(request: str, http: Request, caller: Signed, vault: TheVault) -> Response:
    """What an approved bundle is made from, and the custodians' answers that open it; an event."""
    number = parse_request_id(request)
    document = bundles.release_document(vault, number, caller.line.name)
    bundles.downloaded(vault, number, caller.line.name, "answers")
    return compact(http, document)


@router.get("/requests/{request}/content")
def content(request: str, http: Request, caller: Signed, vault: TheVault) -> StreamingResponse:
    """The parts that the release document lists, one after the other; an event.

    One byte range (RFC 9110 14) may be asked for, to go on after a break.
    """
    number = parse_request_id(request)
    reader = bundles.open_content(vault, number, caller.line.name)
    start, end, partial = _range(http.headers.get("range"), reader.size)
    bundles.downloaded(vault, number, caller.line.name, "content")
    headers = {
        "Content-Length": str(end - start),
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "ETag": f'"{number}"',
    }
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{reader.size}"
    chunks: Iterator[bytes] = reader.chunks(start, end - start)
    return StreamingResponse(chunks, 206 if partial else 200, headers, media_type="application/octet-stream")


def _range(header: str | None, size: int) -> tuple[int, int, bool]:
    """Start, end and whether it is a part; a header that is no single range is ignored, as RFC 9110 allows."""
    match = _RANGE.fullmatch(header or "")
    if match is None or match[0] == "bytes=-":
        return 0, size, False
    first, last = match[1][:20], match[2][:20]
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    if start >= end:
        raise HttpProblem("range-not-satisfiable")
    return start, end, True
