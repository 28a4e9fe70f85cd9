"""The scripts of the pages. Not to be kept by the browser either: what it keeps tells that somebody was here."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.problems import HttpProblem
from api.web.codings import accepted, coded_headers
from api.web.pages import Pages

router: Final = APIRouter()


@router.get("/static/{name}")
async def script(request: Request, name: str) -> Response:
    """One script of the pages, compressed if the browser takes that."""
    pages: Pages = request.app.state.pages
    found = pages.scripts.get(name)
    if found is None:
        raise HttpProblem("not-found")
    coding = accepted(request.headers.get("accept-encoding"), ("br", "gzip"))
    headers = {"Cache-Control": "no-store", **coded_headers(coding)}
    return Response(found.coded[coding], headers=headers, media_type="text/javascript; charset=utf-8")
