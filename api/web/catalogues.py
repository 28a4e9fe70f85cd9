"""The words of the pages in every language: `.po` catalogues, compiled in memory when the service starts.

The folders beside `locales/README.md` are the one list of languages: a language is offered as soon as it has a
catalogue. Its name and direction are those of CLDR; whether somebody who grew up with it has read the words, the
catalogue's header says.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from gettext import GNUTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, Literal

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from api.web.languages import Language

DOMAIN: Final = "source"
"""The catalogue of the pages for sources; other audiences have their own, so that no page carries another's words."""
SOURCE_LANGUAGE: Final = "en"
"""The language that the templates are written in, and the one for visitors whose own is missing."""

_REVIEWED: Final = re.compile(rb'^"X-Reviewed-By-Native-Speaker: (yes|no)\\n"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Catalogues:
    """The languages offered, first the one the templates are written in, and the words of each by its tag."""

    languages: tuple[Language, ...]
    translations: Mapping[str, GNUTranslations]


def load_catalogues(locales: Traversable | None = None) -> Catalogues:
    """Read `<tag>/LC_MESSAGES/source.po` of every folder in `locales`, by default the one in this package.

    Raises:
        OSError: a folder has no catalogue, or the source language has no folder.
        PoFileError: a catalogue does not parse.
        UnknownLocaleError: CLDR knows no language of this tag.
        ValueError: a catalogue does not say whether it was reviewed, or a folder's name is no language tag.

    """
    folder = files("api.web").joinpath("locales") if locales is None else locales
    tags = sorted(
        (each.name for each in folder.iterdir() if each.is_dir()), key=lambda tag: (tag != SOURCE_LANGUAGE, tag)
    )
    sources = {tag: folder.joinpath(tag, "LC_MESSAGES", f"{DOMAIN}.po").read_bytes() for tag in tags}
    if SOURCE_LANGUAGE not in sources:
        raise FileNotFoundError("the language that the templates are written in has no catalogue")
    languages = tuple(_language(tag, source) for tag, source in sources.items())
    return Catalogues(languages, {tag: _compile(tag, source) for tag, source in sources.items()})


def _language(tag: str, source: bytes) -> Language:
    reviewed = _REVIEWED.search(source)
    if reviewed is None:
        raise ValueError("a catalogue's header says X-Reviewed-By-Native-Speaker: yes, or no")
    locale = Locale.parse(tag, sep="-")
    name = locale.get_display_name(locale) or tag
    direction: Literal["ltr", "rtl"] = "rtl" if locale.text_direction == "rtl" else "ltr"
    return Language(tag, name[0].upper() + name[1:], direction, reviewed[1] == b"yes")


def _compile(tag: str, source: bytes) -> GNUTranslations:
    catalogue = read_po(io.BytesIO(source), locale=tag.replace("-", "_"), domain=DOMAIN, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return GNUTranslations(io.BytesIO(compiled.getvalue()))
