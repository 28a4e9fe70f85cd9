"""Where location is left in a file that a tool wrote: tags that exiftool shows, and bytes that the corpus lists."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tests.oracles import exiftool
from tests.paths import CORPUS

_SHORTEST: Final = 8  # bytes; fewer occur by chance
_IDENTITY: Final = re.compile("serial|identifier", re.IGNORECASE)  # planted, but no place
_VALUES: Final = re.compile(r"xmp:|iptc |ilst data|udta/|iso6709|loci box")
_ENTRY: Final = 12  # bytes of an Exif entry, which holds no coordinate itself
_NO_PLACE: Final = b'"sourceAutoComputed"'  # a state of a photo editor's mask, not a state of a country


def left(originals: Iterable[Path], written: Iterable[Path]) -> set[str]:
    """Names of the written files that still tell a place."""
    outputs = sorted(written)
    found = {name for name, shown in exiftool.tags(outputs).items() if exiftool.location(shown)}
    sources = {path.name: path for path in originals}
    for path in outputs:
        data = path.read_bytes()
        if any(needle in data for needle in needles(sources[path.name])):
            found.add(path.name)
    return found


def needles(path: Path) -> set[bytes]:
    """The bytes of a file of the corpus that encode a place, as the corpus' own manifests list them."""
    data = path.read_bytes()
    found = {data[offset : offset + length] for what, offset, length in _listed(path) if _is_place(what, length)}
    return {each for each in found if len(each) >= _SHORTEST and _says_something(each)}


def _is_place(what: str, length: int) -> bool:
    if what.startswith("Exif GPS IFD"):
        return length > _ENTRY
    return what.startswith("planted ") or bool(_VALUES.match(what))


def _says_something(needle: bytes) -> bool:
    """Not blank, not the position 0, 0 of a `loci` box, and no false friend."""
    return (
        bool(needle.rpartition(b">")[2].strip(b"\0 \r\n\t<"))
        and bytes(_ENTRY) not in needle
        and _NO_PLACE not in needle
    )


def _listed(path: Path) -> list[tuple[str, int, int]]:
    manifest: list[dict[str, Any]]
    if path.parent.name == "generated":
        manifest = json.loads((path.parent / "manifest.json").read_text())
        entries = [entry for each in manifest if each["file"] == path.name for entry in each["planted"]]
        places = [entry for entry in entries if not _IDENTITY.search(entry["what"])]
        return [(f"planted {entry['what']}", entry["offset"], entry["length"]) for entry in places]
    manifest = json.loads((CORPUS / "manifest.json").read_text())
    listed = [entry for each in manifest if each["file"] == f"real/{path.name}" for entry in each["byte_ranges"]]
    return [(entry["what"], offset, length) for entry in listed for offset, length in entry["ranges"]]
