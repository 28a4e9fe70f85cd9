"""The words that a bundle carries, owned by the door and handed to the vault."""

from importlib import resources
from typing import Final

LANGUAGES: Final = ("en", "fr", "es")
"""All in one file: a bundle is handed on, and nobody knows which of these its next reader speaks."""
LINE: Final = f"\n{'=' * 76}\n\n"


def read_me(request: str, case: str) -> str:
    """The bundle's README.txt, in each of LANGUAGES, one below the other."""
    folder = resources.files("api.web").joinpath("templates", "bundle")
    texts = [folder.joinpath(f"README.{tag}.txt").read_text("utf-8") for tag in LANGUAGES]
    begin = "English – Français ci-dessous – Español más abajo\n"
    return LINE.join((begin, *texts)).replace("{request}", request).replace("{case}", case)
