"""The page about the custody log, for auditors and the curious. In English: it speaks of formats, not to sources."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.web.pages import asset
from api.web.policy import log_page_headers
from api.web.scripts import LOG, Script
from api.web.views import Page
from vault.log_picture import LogPicture

WIDTH, HEIGHT = 340, 120
_EDGE: Final = 8


@dataclass(frozen=True, slots=True)
class Curve:
    """The growth as a picture: a step line in a box of `WIDTH` by `HEIGHT`, and what stands at its ends."""

    line: str
    first: date
    last: date
    size: int


class LogPages:
    """Renders the page. `scripts` as `load_scripts` gives them: without them the page checks nothing by itself."""

    def __init__(self, organisation: str, scripts: Mapping[str, Script]) -> None:
        self._organisation, self._script = organisation, scripts.get(LOG)
        self._style = asset("log", "log.css")
        self._environment = Environment(
            loader=PackageLoader("api.web", "templates/log"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def log(self, picture: LogPicture) -> Page:
        """The log as it is published now."""
        html = self._environment.get_template("log.html").render(
            organisation=self._organisation,
            picture=picture,
            root=base64.b64encode(picture.head.root).decode(),
            curve=curve(picture.growth),
            width=WIDTH,
            height=HEIGHT,
            script=self._script,
            style=Markup(self._style),  # noqa: S704 - our own style sheet, not data
        )
        return Page(html, log_page_headers(style=self._style))


def curve(growth: Sequence[tuple[date, int]]) -> Curve | None:
    """The picture of at least one day; time from left to right, entries upwards from 0."""
    if not growth:
        return None
    first, last, size = growth[0][0], growth[-1][0], growth[-1][1]
    days = max((last - first).days, 1)
    points, before = [], 0
    for day, count in growth:
        x = _EDGE + (WIDTH - 2 * _EDGE) * (day - first).days / days
        heights = (HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * value / size for value in (before, count))
        points += [f"{x:.1f},{y:.1f}" for y in heights]
        before = count
    points.append(f"{WIDTH - _EDGE:.1f},{_EDGE:.1f}")
    return Curve(" ".join(points), first, last, size)
