"""The source's door: the page, the report, and coming back with the receipt. No cookie, no session, no address kept."""

from datetime import UTC, datetime
from functools import partial
from typing import Final
from urllib.parse import parse_qs

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api.auth import TheReceipt, TheVault, receipt_of
from api.consents import allowed, scope_of
from api.early_answer import EarlyAnswer
from api.limits import Limits, arriving, limits_of
from api.multipart import Form, FormLimits, FormReader
from api.problems import HANDLED, HttpProblem, answer_error, locale_of, wants_page
from api.web import forms
from api.web.codings import accepted, coded_headers, gzipped
from api.web.pages import Pages
from api.web.views import ExhibitView, Page, ReportView
from api.work import Pressure, require_work
from evidence.canonical import Json
from evidence.fields import rfc3339
from evidence.ids import parse_receipt
from redaction.containers.formats import ACCEPTED
from vault.holding import under_way
from vault.instance import Vault
from vault.intake import STATEMENT_LIMIT, Report, look_up, take_in
from vault.quotas import require_space
from vault.spool import CHUNK, Spool

router: Final = APIRouter()
BUFFER: Final = CHUNK  # bytes that are handed to a thread at once
_FORM_BYTES: Final = 4096  # of the receipt form
_NO_STORE: Final = {"Cache-Control": "no-store"}
_KEEP: Final = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


def page_response(page: Page, status: int = 200) -> Response:
    """A page with the headers it must have."""
    return Response(page.html, status, dict(page.headers))


@router.get("/")
async def home(request: Request) -> Response:
    """The source's page, in the visitor's language."""
    pages: Pages = request.app.state.pages
    settings = request.app.state.vault.settings
    home_page = pages.home(
        locale_of(request), accepted=ACCEPTED, file_bytes=settings.file_bytes, file_count=settings.report_files
    )
    coding = accepted(request.headers.get("accept-encoding"), ("gzip",))  # nothing in it is secret
    body = gzipped(home_page.html) if coding == "gzip" else home_page.html
    return Response(body, headers={**home_page.headers, **coded_headers(coding)})


@router.post("/report")
async def report(request: Request, vault: TheVault) -> Response:
    """Take in a statement and files; a receipt in `Authorization` adds them to its case."""
    limits = limits_of(request)
    try:
        receipt = receipt_of(request) if "authorization" in request.headers else None
        if receipt is not None:  # before the body: a film must not travel for a mistyped receipt
            await run_sync(look_up, vault, receipt, limiter=limits.lookups)
        else:
            await _require_turn(request, vault, limits)
        await run_sync(require_space, vault, limiter=limits.asking)
        form = await _read_form(request, vault, limits)
    except HANDLED as error:
        early = answer_error(error, request)
        return early if early.status_code == 408 else EarlyAnswer(early)
    try:
        keep_place = _keep_place(form)
        statement = form.texts.get(forms.STATEMENT, "")
        if len(statement) > STATEMENT_LIMIT:
            raise HttpProblem("too-large")
        channel = "web-form" if wants_page(request) else "cli"
        sealing = partial(
            take_in,
            vault,
            form.files,
            statement,
            channel=channel,
            keep_place=keep_place,
            receipt=receipt,
            scope=scope_of(form.texts.get(forms.CONSENT, "")),
        )
        done = await run_sync(sealing, limiter=limits.sealing)
    finally:
        form.close()
    status = 200 if done.confirmed else 202
    if wants_page(request):
        pages: Pages = request.app.state.pages
        view = _view(done, keep_place=keep_place)
        return page_response(pages.receipt(locale_of(request), view, accepted=ACCEPTED), status)
    told: dict[str, Json] = {
        "case": done.case,
        "receipt": done.receipt,
        "exhibits": list(done.exhibits),
        "refused": list(done.refused),
        **allowed(done.scope, done.code),
    }
    return JSONResponse(told if done.confirmed else {**told, "confirmed": False}, status, headers=_NO_STORE)


@router.get("/receipt")
async def receipt_form(request: Request) -> Response:
    """The form in which a source types the receipt."""
    pages: Pages = request.app.state.pages
    return page_response(pages.lookup(locale_of(request)))


@router.post("/receipt")
async def case_page(request: Request, vault: TheVault) -> Response:
    """What a source sees who comes back; the receipt travels in the body, never in an address."""
    pages: Pages = request.app.state.pages
    return page_response(pages.case(locale_of(request), await _found(request, vault)))


@router.post("/receipt/contents")
async def case_contents(request: Request, vault: TheVault) -> Response:
    """The same files, without the page around them."""
    pages: Pages = request.app.state.pages
    return page_response(pages.contents(locale_of(request), await _found(request, vault)))


@router.get("/api/receipt")
async def receipt_json(request: Request, receipt: TheReceipt, vault: TheVault) -> JSONResponse:
    """The same for programs."""
    found = await run_sync(look_up, vault, receipt, limiter=limits_of(request).lookups)
    waiting: list[Json] = [
        {
            "offset": each.received,
            "length": each.length,
            "expires": rfc3339(datetime.fromtimestamp(each.expires, UTC)),
        }
        for each in await run_sync(under_way, vault, found.case, limiter=limits_of(request).asking)
    ]
    told: dict[str, Json] = {
        "case": found.case,
        "exhibits": list(found.exhibits),
        "uploads": waiting,
        **allowed(found.scope, found.code),
    }
    return JSONResponse(told if found.confirmed else {**told, "confirmed": False}, headers=_NO_STORE)


async def _found(request: Request, vault: Vault) -> ReportView:
    """The case of the receipt in the form that is sent."""
    body = bytearray()
    async for chunk in arriving(request, _FORM_BYTES):
        body += chunk
    values = parse_qs(body.decode("ascii", "replace")).get(forms.RECEIPT, [""])
    found = await run_sync(look_up, vault, parse_receipt(values[0]), limiter=limits_of(request).lookups)
    return _view(found, keep_place=None)


async def _require_turn(request: Request, vault: Vault, limits: Limits) -> None:
    """Let a new case begin: programs may be asked for work, plain forms cannot do any and have turns of their own."""
    if not wants_page(request):
        await require_work(request, vault, Pressure(limits.cases.fill))
    if not (limits.forms if wants_page(request) else limits.cases).take():
        raise HttpProblem("crowded")


async def _read_form(request: Request, vault: Vault, limits: Limits) -> Form:
    settings, memory = vault.settings, limits.form_memory()
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > settings.report_bytes:
        raise HttpProblem("too-large")
    reader = FormReader(
        request.headers.get("content-type", ""),
        lambda: Spool(settings.spool, budget=memory),
        FormLimits(settings.file_bytes, settings.report_bytes, settings.report_files),
    )
    whole = False
    try:
        buffer = bytearray()
        async for chunk in arriving(request):
            buffer += chunk
            if len(buffer) >= BUFFER:
                await run_sync(reader.write, bytes(buffer), limiter=limits.storing)
                buffer.clear()
        await run_sync(reader.write, bytes(buffer), limiter=limits.storing)
        form = reader.finish()
        whole = True
        return form
    finally:
        if not whole:
            reader.close()


def _keep_place(form: Form) -> bool:
    value = form.texts.get(forms.KEEP_PLACE, "").strip().lower()
    if value and value not in _KEEP:
        raise HttpProblem("malformed-form")
    return _KEEP.get(value, False)


def _view(done: Report, *, keep_place: bool | None) -> ReportView:
    return ReportView(
        case=done.case,
        receipt=done.receipt,
        exhibits=tuple(_exhibit(each) for each in done.exhibits),
        keep_place=keep_place,
        statement=done.statement,
        refused=done.refused,
        confirmed=done.confirmed,
        scope=done.scope.value,
        code=done.code,
    )


def _exhibit(view: dict[str, Json]) -> ExhibitView:
    removed = view["removed"]
    return ExhibitView(
        number=int(str(view["number"])),
        media_type=str(view["media_type"]),
        size_bytes=int(str(view["bytes"])),
        sha256=str(view["sha256"]),
        removed=tuple(str(each) for each in removed) if isinstance(removed, list) else (),
        outcome=str(view["outcome"]),
    )
