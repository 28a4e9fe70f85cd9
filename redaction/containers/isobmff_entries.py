"""Sample entries (`stsd`) of video and sound: decoder configuration is kept, the names of encoders are blanked."""

from collections.abc import Iterator

from redaction.containers.isobmff_boxes import Box, Search
from redaction.containers.isobmff_codecs import in_codec_box
from redaction.containers.isobmff_names import BLANKED, ENTRY_BOXES, VIDEO_FORMATS
from redaction.errors import MalformedMedia
from redaction.finding import Finding

_VIDEO_HEAD = 78  # bytes of VisualSampleEntry after its box header
_SOUND_HEADS = {0: (28,), 1: (44, 28), 2: (64,)}  # by version: QuickTime sound descriptions; ISO's version 1 is 28 long
_VENDOR = 12  # after the box header: QuickTime's vendor code, four bytes
_COMPRESSOR = 42  # after the box header: 32 bytes of compressor name


def sample_entries(search: Search, stsd: Box, *, video: bool) -> Iterator[Finding]:
    """Findings in all sample entries of a track of video or sound."""
    entries, end = search.children(stsd.body + 8, stsd.end)
    for entry in entries:
        yield from search.blank(entry.body + _VENDOR, min(entry.body + _VENDOR + 4, entry.end), "mp4/stsd/vendor")
        if video and entry.kind in VIDEO_FORMATS:
            name = entry.body + _COMPRESSOR
            yield from search.blank(name, min(name + 32, entry.end), "mp4/stsd/compressor")
        yield from _extensions(search, entry, video=video)
    yield from search.blank(end, stsd.end, "mp4/slack")


def extensions(search: Search, entry: Box, *, video: bool) -> tuple[list[Box], int]:
    """The boxes inside a sample entry and where they end; MalformedMedia when the entry's layout is not understood."""
    version = int.from_bytes(search.reader.read(entry.body + 8, 2))
    heads = (_VIDEO_HEAD,) if video else _SOUND_HEADS.get(version, ())
    for head in heads:
        if entry.body + head > entry.end:
            continue
        try:
            boxes, end = search.children(entry.body + head, entry.end)
        except MalformedMedia:
            continue
        if not any(search.payload(entry, end - entry.body)):  # QuickTime ends the list with zeros; else a wrong guess
            return boxes, end
    raise MalformedMedia("a sample entry is not understood", entry.offset)


def _extensions(search: Search, entry: Box, *, video: bool) -> Iterator[Finding]:
    boxes, _ = extensions(search, entry, video=video)
    for box in boxes:
        if box.kind in BLANKED:
            yield from search.blank(box.body, box.end, "mp4/free")
        elif box.kind == b"sv3d":
            yield from _spherical(search, box)
        elif box.kind not in ENTRY_BOXES:
            yield from search.free(box, "mp4/stsd/unknown")
        else:
            yield from in_codec_box(search, box)


def _spherical(search: Search, sv3d: Box) -> Iterator[Finding]:
    """Keep the projection, blank the name of the stitching software (Spherical Video V2)."""
    boxes, end = search.children(sv3d.body, sv3d.end)
    for box in boxes:
        if box.kind == b"svhd":
            yield from search.blank(box.body + 4, box.end, "mp4/stsd/compressor")
        elif box.kind != b"proj":
            yield from search.free(box, "mp4/stsd/unknown")
    yield from search.blank(end, sv3d.end, "mp4/slack")
