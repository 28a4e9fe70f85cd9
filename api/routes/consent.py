"""The source changes whom it lets have the case, with the receipt: as a program, or by a plain form."""

import json
from typing import Final
from urllib.parse import parse_qs

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api.auth import TheReceipt, TheVault
from api.consents import allowed, scope_of
from api.limits import arriving, limits_of
from api.problems import HttpProblem, locale_of
from api.web import forms
from api.web.pages import Pages
from evidence.consent import Scope
from evidence.ids import Receipt, parse_receipt
from vault.consent import Given, give
from vault.instance import Vault
from vault.receipts import known_case

router: Final = APIRouter()
_BODY: Final = 4096  # bytes


@router.post("/api/receipt/consent")
async def consent_json(request: Request, receipt: TheReceipt, vault: TheVault) -> JSONResponse:
    """Set the scope: `{"consent": …}`; answers with it, and with the code where there is one."""
    await _require_case(request, vault, receipt)
    try:
        value = json.loads(await _body(request))
    except (ValueError, RecursionError):
        raise HttpProblem("malformed-request") from None
    if not isinstance(value, dict) or set(value) != {"consent"} or not isinstance(value["consent"], str):
        raise HttpProblem("malformed-request")
    given = await _give(request, vault, receipt, scope_of(value["consent"]))
    told = {"case": given.case, **allowed(given.scope, given.code)}
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


@router.post(forms.CONSENT_PATH)
async def consent_page(request: Request, vault: TheVault) -> Response:
    """The same by a form; the receipt travels in the body, never in an address."""
    form = parse_qs((await _body(request)).decode("ascii", "replace"))
    receipt = parse_receipt(form.get(forms.RECEIPT, [""])[0])
    await _require_case(request, vault, receipt)
    given = await _give(request, vault, receipt, scope_of(form.get(forms.CONSENT, [""])[0]))
    pages: Pages = request.app.state.pages
    page = pages.consented(locale_of(request), given.scope.value, given.code)
    return Response(page.html, headers=dict(page.headers))


async def _require_case(request: Request, vault: Vault, receipt: Receipt) -> None:
    """UnknownReceipt for a receipt that is no case's, found out where guessing takes no turns from those who send."""
    await run_sync(known_case, vault, receipt, limiter=limits_of(request).lookups)


async def _give(request: Request, vault: Vault, receipt: Receipt, scope: Scope | None) -> Given:
    if scope is None:
        raise HttpProblem("nothing-chosen")
    return await run_sync(give, vault, receipt, scope, limiter=limits_of(request).sealing)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in arriving(request, _BODY):
        body += chunk
    return bytes(body)
