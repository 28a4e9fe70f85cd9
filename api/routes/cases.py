"""The source's door for programs: open a case first, then send its files one by one (`routes.uploads`)."""

import json
from functools import partial
from typing import Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api.auth import TheVault
from api.consents import allowed, scope_of
from api.limits import arriving, limits_of
from api.problems import HttpProblem
from api.tus import KEEPING, UPLOADS
from api.work import Pressure, require_work
from evidence.canonical import Json
from evidence.consent import Scope
from vault.holding import RESUMABLE
from vault.intake import STATEMENT_LIMIT, take_in
from vault.quotas import require_space

router: Final = APIRouter()
_BODY: Final = 1024 * 1024  # bytes: a statement of the longest words, each letter escaped


@router.post("/api/cases")
async def open_case(request: Request, vault: TheVault) -> JSONResponse:
    """Open a case: `{"statement"?, "keep_place"?, "consent"?}`; answers with number, receipt, where to send files."""
    limits = limits_of(request)
    await require_work(request, vault, Pressure(limits.cases.fill))
    if not limits.cases.take():
        raise HttpProblem("crowded")
    await run_sync(require_space, vault, limiter=limits.asking)
    statement, keep_place, scope = _asked(await _body(request))
    opening = partial(take_in, vault, (), statement, channel=RESUMABLE, empty=True, scope=scope)
    done = await run_sync(opening, limiter=limits.sealing)
    told: dict[str, Json] = {
        "case": done.case,
        "receipt": done.receipt,
        "uploads": KEEPING if keep_place else UPLOADS,
        **allowed(done.scope, done.code),
    }
    return JSONResponse(
        told if done.confirmed else {**told, "confirmed": False}, 201, headers={"Cache-Control": "no-store"}
    )


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in arriving(request, _BODY):
        body += chunk
    return bytes(body)


def _asked(body: bytes) -> tuple[str, bool, Scope | None]:
    """Statement, whether to keep the place, whom to let have the case; an empty body is an empty object."""
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise HttpProblem("malformed-request") from None
    if not isinstance(value, dict) or not set(value) <= {"statement", "keep_place", "consent"}:
        raise HttpProblem("malformed-request")
    statement, keep_place = value.get("statement", ""), value.get("keep_place", False)
    consent = value.get("consent", "")
    if not isinstance(statement, str) or not isinstance(keep_place, bool) or not isinstance(consent, str):
        raise HttpProblem("malformed-request")
    if len(statement) > STATEMENT_LIMIT:
        raise HttpProblem("too-large")
    try:
        statement.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates
        raise HttpProblem("malformed-request") from None
    return statement, keep_place, scope_of(consent)
