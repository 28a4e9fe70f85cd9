"""The words that a bundle carries, owned by the door and handed to the vault."""

from importlib import resources


def read_me(request: str, case: str) -> str:
    """The bundle's README.txt in English."""
    template = resources.files("api.web").joinpath("templates", "bundle", "README.txt").read_text("utf-8")
    return template.replace("{request}", request).replace("{case}", case)
