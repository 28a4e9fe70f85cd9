"""The source takes something back, with the receipt: as a program, or by plain forms that ask once more."""

import json
import re
from typing import Final
from urllib.parse import parse_qs

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api.auth import TheReceipt, TheVault
from api.limits import arriving, limits_of
from api.problems import HttpProblem, locale_of
from api.web import forms
from api.web.pages import Pages
from evidence.ids import Receipt, parse_receipt
from vault.instance import Vault
from vault.receipts import known_case
from vault.withdrawal import withdraw

router: Final = APIRouter()
_BODY: Final = 64 * 1024  # bytes: the numbers of some thousand exhibits
_HIGHEST: Final = 999_999
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_NO_STORE: Final = {"Cache-Control": "no-store"}


@router.post("/api/receipt/withdraw")
async def withdraw_json(request: Request, receipt: TheReceipt, vault: TheVault) -> JSONResponse:
    """Withdraw `{"exhibits": [number…]}`, or, with an empty body or object, the whole case."""
    await _require_case(request, vault, receipt)
    numbers = _numbers_of_json(await _body(request))
    done = await run_sync(withdraw, vault, receipt, numbers, limiter=limits_of(request).sealing)
    return JSONResponse(
        {"case": done.case, "withdrawn": list(done.numbers), "case_withdrawn": done.whole}, headers=_NO_STORE
    )


@router.post(forms.WITHDRAWAL_PATH)
async def confirmation(request: Request) -> Response:
    """The page that asks once more; it knows nothing of the case, and has the receipt typed again."""
    pages: Pages = request.app.state.pages
    page = pages.withdrawal(locale_of(request), _numbers_of_form(_form(await _body(request))))
    return Response(page.html, headers=dict(page.headers))


@router.post(forms.WITHDRAW_PATH)
async def withdraw_page(request: Request, vault: TheVault) -> Response:
    """Withdraw what the form names; the receipt travels in the body, never in an address."""
    form = _form(await _body(request))
    receipt = parse_receipt(form.get(forms.RECEIPT, [""])[0])
    await _require_case(request, vault, receipt)
    done = await run_sync(withdraw, vault, receipt, _numbers_of_form(form), limiter=limits_of(request).sealing)
    pages: Pages = request.app.state.pages
    page = pages.withdrawn(locale_of(request), None if done.whole else done.numbers)
    return Response(page.html, headers=dict(page.headers))


async def _require_case(request: Request, vault: Vault, receipt: Receipt) -> None:
    """UnknownReceipt for a receipt that is no case's, found out where guessing takes no turns from those who send."""
    await run_sync(known_case, vault, receipt, limiter=limits_of(request).lookups)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in arriving(request, _BODY):
        body += chunk
    return bytes(body)


def _form(body: bytes) -> dict[str, list[str]]:
    return parse_qs(body.decode("ascii", "replace"))


def _numbers_of_form(form: dict[str, list[str]]) -> list[int] | None:
    """None for everything; HttpProblem when nothing, or no number, is chosen."""
    if forms.EVERYTHING in form:
        return None
    chosen = form.get(forms.EXHIBIT, [])
    if not chosen:
        raise HttpProblem("nothing-chosen")
    if not all(_NUMBER.fullmatch(each) for each in chosen):
        raise HttpProblem("malformed-form")
    return sorted({int(each) for each in chosen})


def _numbers_of_json(body: bytes) -> list[int] | None:
    """None for the whole case. Fails closed: what is not understood must not withdraw more than was meant."""
    if not body:
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise HttpProblem("malformed-request") from None
    if value == {}:
        return None
    numbers = value.get("exhibits") if isinstance(value, dict) and set(value) == {"exhibits"} else None
    if not isinstance(numbers, list) or not numbers:
        raise HttpProblem("malformed-request")
    if not all(type(each) is int and 0 < each <= _HIGHEST for each in numbers):
        raise HttpProblem("malformed-request")
    return sorted(set(numbers))
