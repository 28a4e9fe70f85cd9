"""The words of the pages in every language: `.po` catalogues, compiled in memory when the service starts."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from gettext import GNUTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from api.web.languages import Language, read_index

DOMAIN: Final = "source"
"""The catalogue of the pages for sources; other audiences have their own, so that no page carries another's words."""


@dataclass(frozen=True, slots=True)
class Catalogues:
    """The languages offered, first the one the templates are written in, and the words of each by its tag."""

    languages: tuple[Language, ...]
    translations: Mapping[str, GNUTranslations]


def load_catalogues(locales: Traversable | None = None) -> Catalogues:
    """Read `index.toml` and `<tag>/LC_MESSAGES/source.po` of every language in it.

    `locales` is the folder, by default the one in this package.

    Raises:
        OSError: a language of the index has no catalogue.
        PoFileError: a catalogue does not parse.
        ValueError: the index is wrong.

    """
    folder = files("api.web").joinpath("locales") if locales is None else locales
    languages = read_index(folder.joinpath("index.toml"))
    return Catalogues(languages, {language.tag: _compile(folder, language.tag) for language in languages})


def _compile(folder: Traversable, tag: str) -> GNUTranslations:
    source = folder.joinpath(tag, "LC_MESSAGES", f"{DOMAIN}.po").read_bytes()
    catalogue = read_po(io.BytesIO(source), locale=tag.replace("-", "_"), domain=DOMAIN, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return GNUTranslations(io.BytesIO(compiled.getvalue()))
