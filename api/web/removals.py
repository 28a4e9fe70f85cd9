"""What was removed from a file, in kinds a person understands.

The redactor names each blanked field by its path in the file (`jpeg/exif/gps`, `mp4/udta/©xyz`). A page says what
kind of thing that is; the words of each kind are in the template, because they are translated.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Removal(StrEnum):
    """A kind of hidden information, in the order in which pages list them. The value names its words and its icon."""

    PLACE = "place"
    TRACK = "track"
    DEVICE = "device"
    NAMES = "names"
    SOFTWARE = "software"
    OTHER = "other"


# Words of a path that decide. A date with a zone and the air around a camera tell a place too.
_WORDS: Final = {
    Removal.PLACE: (
        "gps xyz loci location iso6709 latitude longitude altitude city country state sublocation landmark region "
        "position geo zone offset creationdate ambient"
    ),
    Removal.DEVICE: (
        "makernote maker serial id identifier device host lens came camera make model manu modl mak mod csn muid gumi "
        "bcid gpmf sett smta smrd sdln usmt prof canon flir c2pa jumbf seft sefd runtime acceleration"
    ),
    Removal.NAMES: (
        "xmp iptc irb comment com cmt text itxt ztxt title titl nam description desc dscp des ldes caption "
        "keywords kywd tagc author auth aut artist art wrt owner copyright cprt cpy perf name displayname person "
        "document chapters id3 ape lyrics tags"
    ),
    Removal.SOFTWARE: (
        "software swr too enc encoder sei obu hdlr handler vendor compressor version processing firm firmware"
    ),
}
_KINDS: Final = {word: kind for kind, words in _WORDS.items() for word in words.split()}
# Names that other formats write as one word: `bodyserialnumber`, `offsettimeoriginal`.
_STEMS: Final = (
    (Removal.PLACE, re.compile(r"gps|location|latitude|longitude|offsettime")),
    (Removal.DEVICE, re.compile(r"makernote|serial|uniqueid|identifier|segmentuid")),
    (Removal.NAMES, re.compile(r"comment|author|artist|owner|copyright|descri|person|keyword")),
    (Removal.SOFTWARE, re.compile(r"software|encoder|firmware|writingapp|muxingapp")),
)
_TIMED_TRACK: Final = re.compile(r"(^|/)track(/[^/]*)?$")
_BETWEEN: Final = re.compile(r"[^a-z0-9]+")
_DERIVED: Final = "/derived"


def removals(paths: Iterable[str]) -> tuple[Removal, ...]:
    """The kinds that `paths` belong to, each once, in the order of `Removal`.

    A path that nothing is known about is `OTHER`. A path ending in `/derived` (a checksum that had to follow another
    change, see "Provable redaction") is no information removed, and counts only where there is nothing else.
    """
    every = tuple(paths)
    informative = tuple(path for path in every if not path.endswith(_DERIVED))
    found = {_removal(path.lower()) for path in informative or every}
    return tuple(kind for kind in Removal if kind in found)


def _removal(path: str) -> Removal:
    """The kind of one path: a place anywhere in it comes first, else its most specific word decides."""
    kinds = [kind for word in reversed(_BETWEEN.split(path)) if (kind := _word(word)) is not None]
    if Removal.PLACE in kinds:
        return Removal.PLACE
    if _TIMED_TRACK.search(path):
        return Removal.TRACK
    return kinds[0] if kinds else Removal.OTHER


def _word(word: str) -> Removal | None:
    known = _KINDS.get(word)
    if known is not None:
        return known
    return next((kind for kind, stem in _STEMS if stem.search(word)), None)
