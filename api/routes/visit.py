"""What surrounds a visit: help, the way out, and what a phone asks for to put the pages on its first screen."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api.auth import TheVault
from api.problems import HttpProblem, locale_of
from api.web import forms
from api.web.app_icon import BACKGROUND, Icon
from api.web.pages import Pages
from api.web.policy import CLEAR

router: Final = APIRouter()
_DRAWING_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@router.get(forms.HELP_PATH)
def help_page(request: Request) -> Response:
    """Whom to call, and what to think of before filming."""
    pages: Pages = request.app.state.pages
    page = pages.help(locale_of(request))
    return Response(page.html, headers=dict(page.headers))


@router.get(forms.LEAVE_PATH)
async def leave(request: Request, vault: TheVault) -> Response:
    """Have the browser forget this site, and lead away from it."""
    if vault.settings.leave_url:
        return RedirectResponse(vault.settings.leave_url, 303, {"Clear-Site-Data": CLEAR, "Cache-Control": "no-store"})
    pages: Pages = request.app.state.pages
    page = pages.left(locale_of(request))
    return Response(page.html, headers=dict(page.headers))


@router.get(forms.MANIFEST_PATH)
async def manifest(request: Request, vault: TheVault) -> Response:
    """The W3C Web Application Manifest: a name and icons that tell nothing to who looks at the phone."""
    icons: Mapping[str, Icon] = request.app.state.icons
    name = vault.settings.app_name
    told = {
        "id": forms.HOME_PATH,
        "name": name,
        "short_name": name,
        "start_url": forms.HOME_PATH,
        "scope": "/",
        "display": "standalone",
        "background_color": BACKGROUND,
        "theme_color": BACKGROUND,
        "icons": [
            {
                "src": forms.ICON_PATH.format(name=icon.name),
                "type": icon.media_type,
                "sizes": icon.sizes,
                "purpose": icon.purpose,
            }
            for icon in icons.values()
        ],
    }
    return JSONResponse(told, media_type="application/manifest+json")


@router.get(forms.ICON_PATH)
async def icon(request: Request, name: str) -> Response:
    """One of the icons that the manifest names."""
    icons: Mapping[str, Icon] = request.app.state.icons
    if name not in icons:
        raise HttpProblem("not-found")
    return Response(
        icons[name].data,
        media_type=icons[name].media_type,
        headers={"Content-Security-Policy": _DRAWING_POLICY},
    )
