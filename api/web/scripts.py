"""The scripts of the pages as `make page` built them, each also compressed; without them every page works by forms."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

STATIC_PATH: Final = "/static/"
SEND: Final = "send.js"
"""What the first page loads; it starts `WORK` when the vault asks for a proof of work."""
WORK: Final = "work.js"
LOG: Final = "log.js"
"""What the page about the custody log loads."""
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))  # the better first


@dataclass(frozen=True, slots=True)
class Script:
    """One script: its name, and its bytes by content coding (`identity`, `gzip`, `br`; RFC 9110, section 8.4.1)."""

    name: str
    coded: Mapping[str, bytes]

    @property
    def path(self) -> str:
        """Where it is served."""
        return STATIC_PATH + self.name

    @property
    def integrity(self) -> str:
        """What a browser compares it with before it runs it (Subresource Integrity, section 3.1)."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.coded["identity"]).digest()).decode("ascii")


def load_scripts(folder: Traversable | None = None) -> Mapping[str, Script]:
    """Every script in `folder` (by default the one that `make page` writes) by name; none when they are not built."""
    built = files("api.web").joinpath("built") if folder is None else folder
    found = {}
    for name in (SEND, WORK, LOG):
        plain = built.joinpath(name)
        if not plain.is_file():
            return {}
        coded = {"identity": plain.read_bytes()}
        coded |= {coding: built.joinpath(name + ending).read_bytes() for coding, ending in _ENCODINGS}
        found[name] = Script(name, coded)
    return found
