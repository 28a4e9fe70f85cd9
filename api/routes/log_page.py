"""The page about the custody log, and a proof of any of its entries to take along."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.auth import TheVault
from api.problems import HttpProblem
from api.web.log_pages import LogPages
from vault.errors import NotFound
from vault.log_picture import picture, proof

router: Final = APIRouter()


@router.get("/log", response_class=HTMLResponse)
def log(request: Request, vault: TheVault) -> Response:
    """The log's growth, its witnesses and timestamps, and tools to check a proof or a chain of custody."""
    pages: LogPages = request.app.state.log_pages
    try:
        page = pages.log(picture(vault))
    except NotFound:
        raise HttpProblem("not-found") from None
    return HTMLResponse(page.html, headers=dict(page.headers))


@router.get("/log/proof/{index}")
def entry_proof(index: int, vault: TheVault) -> Response:
    """A c2sp.org/tlog-proof that the entry is in the log, to check offline."""
    try:
        data = proof(vault, index)
    except NotFound:
        raise HttpProblem("not-found") from None
    headers = {"Content-Disposition": f'attachment; filename="entry-{index}.tlog-proof"', "Cache-Control": "no-store"}
    return Response(data, media_type="text/plain; charset=utf-8", headers=headers)
