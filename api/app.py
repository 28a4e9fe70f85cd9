"""The service: every router, what wraps them, and nothing else. `create_app(vault)` makes one; there is no global."""

import asyncio
import contextlib
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import ACCESS
from api.early_answer import EarlyAnswer
from api.limits import Limits
from api.liveness import staying_alive
from api.problems import HANDLED, answer, answer_error
from api.routes import (
    audit,
    cases,
    consent,
    custodian,
    log_page,
    open,  # noqa: A004 -- open to anyone
    partner,
    source,
    static,
    uploads,
    visit,
    withdrawal,
)
from api.sweeping import sweeping
from api.web.app_icon import icons
from api.web.bundle_texts import read_me
from api.web.log_pages import LogPages
from api.web.pages import Pages
from evidence.errors import EvidenceError
from vault import bundles
from vault import withdrawal as withdrawals
from vault.errors import VaultError
from vault.fixity_schedule import FixitySchedule
from vault.instance import VERSION, Vault
from vault.notification_schedule import Notifying
from vault.timestamp_schedule import Timestamping

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-robots-tag", b"noindex, nofollow, noarchive"),
    (b"cache-control", b"no-store"),  # unless an answer says otherwise of itself
)
ROUTERS: Final = (
    source.router,
    cases.router,
    uploads.router,
    static.router,
    visit.router,
    withdrawal.router,
    consent.router,
    open.router,
    partner.router,
    custodian.router,
    audit.router,
    log_page.router,
)
_BY_STATUS: Final = {404: "not-found", 405: "method-not-allowed"}


def create_app(vault: Vault) -> FastAPI:
    """The service over an opened vault; it starts and stops the vault's sequencer."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        vault.store.sweep()
        vault.sequencer.start()
        finishing = asyncio.create_task(run_in_threadpool(_finish_pending, vault))
        fixity = FixitySchedule(vault, _say)
        fixity.start()
        timestamping = Timestamping(vault, _say)
        timestamping.start()
        notifying = Notifying(vault, _say)
        notifying.start()
        async with sweeping(vault), staying_alive():
            yield
        await run_in_threadpool(notifying.stop)
        await run_in_threadpool(fixity.stop)
        await run_in_threadpool(timestamping.stop)
        await finishing
        vault.close()

    app = FastAPI(
        title="Amparo", version=VERSION, lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.vault, app.state.limits = vault, Limits.of(vault.settings)
    settings = vault.settings
    app.state.pages = Pages(
        organisation=settings.organisation,
        app_name=settings.app_name,
        folder=settings.pages,
        size_limit=settings.report_bytes,
    )
    app.state.log_pages = LogPages(settings.organisation, app.state.pages.scripts)
    app.state.icons = icons(settings.pages)
    _require_access_rows()
    for router in ROUTERS:
        app.include_router(router)
    for kind in HANDLED:
        app.add_exception_handler(kind, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_status)
    app.add_middleware(Shell)
    return app


def _finish_pending(vault: Vault) -> None:
    """Delete what a crash left of withdrawals; then seal what it left between the last approval and the bundle.

    One that cannot be finished stops nothing.
    """
    with contextlib.suppress(VaultError):
        withdrawals.finish(vault)
    for request in bundles.pending(vault):
        with contextlib.suppress(VaultError, EvidenceError):
            bundles.seal(vault, request, read_me)


def served_routes() -> set[tuple[str, str]]:
    """Method and path of every address of ours."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return {(method, route.path) for route in routes for method in route.methods or ()}


def _require_access_rows() -> None:
    """Fail closed: an address that the table of `access` does not name is not served, and the reverse."""
    if served_routes() != set(ACCESS):
        raise RuntimeError("the routes and the table in api.access differ")


async def _answer_error(request: Request, error: Exception) -> Response:
    return answer_error(error, request)


async def _answer_validation(request: Request, _: Exception) -> Response:
    # FastAPI's own answer repeats what was sent.
    return answer("malformed-request", request)


async def _answer_status(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    response = answer(_BY_STATUS.get(status, "malformed-request" if status < 500 else "internal"), request)
    if status == 405:
        response.headers["Allow"] = ", ".join(_methods(request.url.path))  # RFC 9110, 15.5.6
    return response


def _methods(path: str) -> list[str]:
    """The methods of every route at a path."""
    return sorted({method for method, route in ACCESS if compile_path(route)[0].match(path)})


class Shell:
    """Outermost: adds the headers that every answer has, and keeps the text of unforeseen errors out of every log.

    Takes only so many requests with a body at once. (uvicorn's own limit would count idle connections too, and its
    answer says neither what happened nor when to come back.)
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(event: Message) -> None:
            nonlocal started
            if event["type"] == "http.response.start":
                started = True
                present = {name.lower() for name, _ in event.get("headers", [])}
                extra = [header for header in _HEADERS if header[0] not in present]
                event = {**event, "headers": [*event.get("headers", []), *extra]}
            await send(event)

        try:
            await self._admitted(scope, receive, sending)
        except ClientDisconnect:
            return  # who sent it is gone: nobody to answer, nothing to report
        except Exception as error:  # noqa: BLE001 -- an exception's text may quote what a source sent; only its place is told
            _tell_place(error)
            if started:
                raise ConnectionAbortedError from None
            code = "unavailable" if isinstance(error, MemoryError) else "internal"
            await answer(code, Request(scope, receive))(scope, receive, sending)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        limits: Limits = scope["app"].state.limits
        with limits.body(scope["path"]) as taken:
            if taken:
                await self._app(scope, receive, send)
            else:
                await EarlyAnswer(answer("unavailable", Request(scope, receive)))(scope, receive, send)


def _say(line: str) -> None:
    """Tell the operator."""
    sys.stderr.write(f"amparo: {line}\n")


def _tell_place(error: Exception) -> None:
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    _say(f"internal error {type(error).__name__} at {place}")
