"""`make words`: bring every catalogue in step with the words of the templates and of `api/problems.py`.

New words come in untranslated, words that nobody uses go, translations stay. A catalogue's header is kept as it is.
"""

import io
from configparser import RawConfigParser
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from api.web.catalogues import DOMAIN

WEB: Final = Path(__file__).parent


def extracted() -> Catalog:
    """Every word that the pages use; a word with a plural has both forms as its id."""
    mapping = RawConfigParser()
    mapping.read(WEB / "babel.ini", encoding="utf-8")
    methods = [tuple(section.split(": ", 1)) for section in mapping.sections()]
    options = {pattern: dict(mapping.items(f"{method}: {pattern}")) for method, pattern in methods}
    words = Catalog(domain=DOMAIN)
    for _, _, message, _, context in extract_from_dir(WEB.parent, [(what, how) for how, what in methods], options):
        words.add(message, context=context)
    return words


def updated(source: bytes, words: Catalog, locale: str) -> bytes:
    """A catalogue in step with `words`: the header of `source`, then every word in the order of the alphabet."""
    header, _, _ = source.partition(b"\n\n")
    catalogue = read_po(io.BytesIO(source), locale=locale, domain=DOMAIN, abort_invalid=True)
    catalogue.update(words, no_fuzzy_matching=True)
    written = io.BytesIO()
    write_po(written, catalogue, omit_header=True, no_location=True, sort_output=True, ignore_obsolete=True)
    return header + b"\n\n" + written.getvalue().strip(b"\n") + b"\n"


def main(locales: Path = WEB / "locales") -> None:
    """Rewrite every catalogue below `locales` that is not in step."""
    words = extracted()
    for path in sorted(locales.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        source = path.read_bytes()
        path.write_bytes(updated(source, words, path.parts[-3].replace("-", "_")))


if __name__ == "__main__":
    main()
