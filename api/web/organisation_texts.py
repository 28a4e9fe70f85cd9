"""What the organisation writes itself: `DIR/pages/help.<tag>.md` and `DIR/pages/advice.<tag>.md`.

Read again when a file changes. A file that is too long, not UTF-8 or no plain file is left out, and the service's
standard error says which.
"""

import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markupsafe import Markup

from api.web.languages import Language
from api.web.markdown import leads_elsewhere, render

HELP: Final = "help"
ADVICE: Final = "advice"
TEXT_BYTES: Final = 32 * 1024
"""The longest text; a page has to reach an old phone on a slow line."""


@dataclass(frozen=True, slots=True)
class OrganisationText:
    """A text and the language it is written in; `links_elsewhere` when one of its links leads to another site."""

    language: Language
    markup: Markup
    links_elsewhere: bool


class OrganisationTexts:
    """The texts in `folder`, which need not exist. Safe to share between threads.

    `languages` are those of the pages, the one to fall back to first.
    """

    def __init__(self, folder: Path | None, languages: Sequence[Language]) -> None:
        self._folder = folder
        self._languages = languages
        self._read: dict[Path, tuple[tuple[int, int, int], OrganisationText | None]] = {}

    def find(self, name: str, tag: str) -> OrganisationText | None:
        """HELP or ADVICE in the language `tag`, else in the first language that it is written in; None for nowhere."""
        if self._folder is None:
            return None
        wanted = sorted(self._languages, key=lambda language: language.tag != tag)  # keeps the order of the others
        texts = (self._text(self._folder / f"{name}.{language.tag}.md", language) for language in wanted)
        return next((text for text in texts if text is not None), None)

    def _text(self, path: Path, language: Language) -> OrganisationText | None:
        try:
            found = path.lstat()
        except OSError:
            return None
        version = (found.st_mtime_ns, found.st_size, found.st_ino)
        known = self._read.get(path)
        if known is not None and known[0] == version:
            return known[1]
        text = _read(path, language)
        if text is None:
            sys.stderr.write(f"amparo: pages/{path.name} is not shown: not a UTF-8 file up to {TEXT_BYTES} bytes\n")
        self._read[path] = (version, text)
        return text


def _read(path: Path, language: Language) -> OrganisationText | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(TEXT_BYTES + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
        text = None if data is None or len(data) > TEXT_BYTES else data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    if text is None:
        return None
    markup = render(text)
    return OrganisationText(language, markup, leads_elsewhere(markup))
