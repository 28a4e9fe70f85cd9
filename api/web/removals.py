"""What was removed from a file, in groups a person understands.

The redactor names each blanked field by its path in the file (`jpeg/exif/gps`, `mp4/udta/©xyz`). A page says what
kind of thing that is; the words of each kind are in the template, because they are translated.
"""

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


# Steps of a path that decide by themselves, whatever stands around them.
_STEPS: Final = {
    Removal.PLACE: "gps xyz loci geo city country state sublocation landmark region address countrycode",
    Removal.TRACK: "mebx gpmd camm rtmd mett metx text tx3g djmd dbgi priv fdsc tmcd track trak timed gpmf",
    Removal.DEVICE: (
        "makernote makernotes maker serial uuid id ids lens camera make model host hostcomputer sefd seft sef mpvd "
        "c2pa jumbf cabx flir smta smrd sdln auth muid gumi bcid came lens firm manu modl mak mod runtime "
        "acceleration dngprivatedata hdrp meta-id unique"
    ),
    Removal.NAMES: (
        "xmp iptc irb photoshop 8bim app13 comment com cmt artist author owner copyright title description desc "
        "usercomment name names keywords subject caption person ilst info tags simpletag text-chunk itxt ztxt art "
        "cpy nam des dsc albm titl cprt perf xp userdata attachments attachment chapters note notes cover"
    ),
    Removal.SOFTWARE: (
        "software encoder tool too swr hdlr handler sei app muxingapp writingapp processing processingsoftware "
        "firmware version android build isft obu"
    ),
}
# Parts of a step that decide when no whole step does: `serialnumber`, `com.apple.quicktime.location.iso6709`.
_PARTS: Final = (
    (Removal.PLACE, ("gps", "location", "iso6709", "latitude", "longitude", "offsettime", "ambient", "altitude")),
    (Removal.TRACK, ("track", "timed")),
    (Removal.DEVICE, ("serial", "makernote", "uniqueid", "identifier", "uuid", "lens", "device", "camera", "model")),
    (Removal.NAMES, ("comment", "xmp", "iptc", "author", "artist", "owner", "copyright", "title", "descri", "person")),
    (Removal.SOFTWARE, ("software", "encoder", "version", "handler", "firmware")),
)
_BY_STEP: Final = {step: kind for kind, steps in reversed(_STEPS.items()) for step in steps.split()}
_DERIVED: Final = "derived"


def removals(paths: Iterable[str]) -> tuple[Removal, ...]:
    """The kinds that `paths` belong to, each once, in the order of `Removal`.

    A path that nothing is known about is `OTHER`. A path ending in `/derived` (a checksum that had to follow another
    change, see "Provable redaction") is no information removed, and counts only where there is nothing else.
    """
    every = tuple(paths)
    informative = [path for path in every if path.rpartition("/")[2] != _DERIVED]
    found = {_removal(path) for path in informative or every}
    return tuple(kind for kind in Removal if kind in found)


def _removal(path: str) -> Removal:
    """The kind of one path: its most specific step decides, but a place anywhere in it comes first."""
    steps = [step.lstrip("©@") for step in path.lower().split("/")]
    by_step = [_BY_STEP[step] for step in reversed(steps) if step in _BY_STEP]
    by_part = [kind for step in reversed(steps) for kind, parts in _PARTS if any(part in step for part in parts)]
    kinds = by_step + by_part
    if Removal.PLACE in kinds:
        return Removal.PLACE
    return kinds[0] if kinds else Removal.OTHER
