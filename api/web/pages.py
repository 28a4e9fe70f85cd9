"""The pages for sources, finished: words in the visitor's language, and the headers that keep them private."""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from babel import Locale
from babel.units import format_unit
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.web import forms
from api.web.catalogues import Catalogues, load_catalogues
from api.web.kinds import Kind, format_name, format_names, kind_of
from api.web.languages import Language, negotiate
from api.web.organisation_texts import ADVICE, HELP, OrganisationTexts
from api.web.policy import CLEAR, page_headers
from api.web.removals import removals
from api.web.scripts import SEND, Script, load_scripts
from api.web.views import Page, ReportView

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_UNITS: Final = ((10**9, "digital-gigabyte"), (10**6, "digital-megabyte"), (10**3, "digital-kilobyte"))


class Pages:
    """The pages for sources, in every language there is. Safe to share between threads and requests.

    Args:
        organisation: the name on every page.
        app_name: the name under which the pages can be put on a phone's first screen, and of the page behind
            "Leave now".
        folder: where the organisation's own texts lie, which need not exist.
        size_limit: bytes that one report may hold, all its files together.
        catalogues: the words; by default those of this package.
        scripts: the built scripts by name; by default those of this package, if they are built.

    """

    def __init__(
        self,
        *,
        organisation: str = "Amparo",
        app_name: str = "Notes",
        folder: Path | None = None,
        size_limit: int,
        catalogues: Catalogues | None = None,
        scripts: Mapping[str, Script] | None = None,
    ) -> None:
        self._catalogues = load_catalogues() if catalogues is None else catalogues
        self._texts = OrganisationTexts(folder, self._catalogues.languages)
        self._app_name = app_name
        self._size_limit = size_limit
        self.scripts: Final = load_scripts() if scripts is None else scripts
        self._style = asset("source", "page.css")
        self._sending_style = self._style + "\n" + asset("source", "send.css")
        self._script = asset("source", "leave.js")
        self._environments = {
            language.tag: self._environment(language, organisation) for language in self._catalogues.languages
        }

    def locale_of(self, accept_language: str | None, chosen: str | None) -> str:
        """The tag of the language to answer in: `chosen` if there is such a one, else by Accept-Language."""
        return negotiate(self._catalogues.languages, accept_language, chosen)

    def home(
        self,
        locale: str,
        *,
        accepted: Sequence[str],
        limit_bytes: int | None = None,
        file_bytes: int | None = None,
        file_count: int | None = None,
    ) -> Page:
        """The first page: what happens, what cannot be promised, and the form.

        Args:
            locale: a tag from `locale_of`.
            accepted: media types whose location can be removed.
            limit_bytes: where only less than the vault's own limit can be taken just now.
            file_bytes: the most that one file may hold, if that is a limit of its own.
            file_count: the most files in one report, if there is such a limit.

        """
        limit = self._size_limit if limit_bytes is None else min(limit_bytes, self._size_limit)
        return self._render(
            "home.html",
            locale,
            limit_bytes=limit,
            file_bytes=file_bytes if file_bytes is not None and file_bytes < limit else None,
            file_count=file_count,
            taken=_taken(accepted),
            script=self.scripts.get(SEND),
        )

    def receipt(self, locale: str, report: ReportView, *, accepted: Sequence[str] = ()) -> Page:
        """The answer to a report that is safely stored: the only page that ever shows a receipt.

        `accepted` are the media types to name where files were refused.
        """
        return self._render(
            "receipt.html",
            locale,
            report=report,
            taken=_taken(accepted),
        )

    def lookup(self, locale: str) -> Page:
        """The form that asks for a receipt."""
        return self._render("lookup.html", locale)

    def case(self, locale: str, view: ReportView) -> Page:
        """What is stored of a case, for a source who came back with the receipt; the receipt is not shown again."""
        return self._render("case.html", locale, report=view)

    def contents(self, locale: str, view: ReportView) -> Page:
        """The cards of a case's files alone, for the script of the first page."""
        return self._render("contents.html", locale, report=view)

    def withdrawal(self, locale: str, numbers: Sequence[int] | None) -> Page:
        """Asks once more, and for the receipt, before files with these numbers (None: the whole case) are withdrawn."""
        return self._render("withdrawal.html", locale, numbers=numbers)

    def withdrawn(self, locale: str, numbers: Sequence[int] | None) -> Page:
        """The answer when they (None: the whole case) are withdrawn."""
        return self._render("withdrawn.html", locale, numbers=numbers)

    def consented(self, locale: str, scope: str, code: str) -> Page:
        """The answer when whom the source lets have the case was changed; `code` as in `ReportView`."""
        return self._render("consented.html", locale, scope=scope, code=code)

    def help(self, locale: str) -> Page:
        """Whom to call, and what to think of before filming, in the organisation's own words."""
        return self._render(
            "help.html", locale, help=self._texts.find(HELP, locale), advice=self._texts.find(ADVICE, locale)
        )

    def left(self, locale: str) -> Page:
        """What "Leave now" leads to where the organisation chose no other place: a page that says nothing."""
        page = self._render("left.html", locale, app_name=self._app_name)
        return Page(page.html, {**page.headers, "Clear-Site-Data": CLEAR})

    def problem(self, locale: str, status: int, title: str, next_step: str, *, with_receipt: bool = False) -> Page:
        """What went wrong and what to do now. Both texts are looked up in the catalogue of `locale`.

        `with_receipt`: it went wrong with a receipt, so the first way on is to type it again.
        """
        return self._render(
            "problem.html", locale, status=status, title=title, next_step=next_step, with_receipt=with_receipt
        )

    def _render(self, template: str, locale: str, **context: object) -> Page:
        """`script` in the context: what the page loads, if anything."""
        sends = context.get("script") is not None
        style = self._sending_style if sends else self._style
        html = self._environments[locale].get_template(template).render(context, style=Markup(style))  # noqa: S704 - our own style sheet, not data
        return Page(html, page_headers(style=style, script=self._script, language=locale, sends=sends))

    def words(self, locale: str, text: str) -> str:
        """A fixed sentence of ours in the language of `locale`."""
        return self._catalogues.translations[locale].gettext(text)

    def _environment(self, language: Language, organisation: str) -> Environment:
        environment = Environment(
            loader=PackageLoader("api.web", "templates/source"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        translations = self._catalogues.translations[language.tag]
        locale = Locale.parse(language.tag, sep="-")

        def translated(text: str) -> str:
            return translations.gettext(text) if text else ""  # gettext("") is the catalogue's own header

        def size(count: int) -> str:
            return format_size(count, locale)

        # The i18n extension adds this method to the environment; it has no type of its own.
        environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        environment.filters |= {"size": size, "translated": translated, "removals": removals, "kind": kind_of}
        environment.filters["format_name"] = format_name
        environment.globals |= self._globals(language, organisation)
        return environment

    def _globals(self, language: Language, organisation: str) -> Mapping[str, object]:
        languages = self._catalogues.languages
        return {
            "organisation": organisation,
            "language": language,
            "languages": languages,
            "source_language": languages[0],
            "language_query": f"?{forms.LANGUAGE}={language.tag}" if len(languages) > 1 else "",
            "leave_script": Markup(self._script),  # noqa: S704 - our own script, not data
            "forms": forms,
        }


def format_size(count: int, locale: Locale) -> str:
    """A count of bytes as phones show it: decimal units, in the locale's manner.

    At most one digit after the point, rounded down, so that a limit is never promised too high.
    """
    size, unit = next(((size, unit) for size, unit in _UNITS if count >= size), _UNITS[-1])
    return format_unit(count * 10 // size / 10, unit, length="short", locale=locale)


def _taken(accepted: Sequence[str]) -> Mapping[str, str]:
    """The formats that are accepted, by the kind that people know; no kind without one."""
    named = {kind.value: ", ".join(format_names(accepted, kind)) for kind in (Kind.PHOTO, Kind.VIDEO, Kind.SOUND)}
    return {kind: names for kind, names in named.items() if names}


def asset(folder: str, name: str) -> str:
    """A style sheet or script, without what a browser does not need: a first visit may be paid for by the kilobyte."""
    text = files("api.web").joinpath("static", folder, name).read_text(encoding="utf-8")
    lines = (line.strip() for line in _COMMENT.sub("", text).splitlines())
    return "\n".join(line for line in lines if line)
