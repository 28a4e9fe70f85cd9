"""Which boxes, items and properties of HEIF and AVIF are understood. An allow-list: what stands nowhere here goes.

Sources: ISO/IEC 23008-12 (HEIF), 14496-12 (boxes), 23000-22 (MIAF), the AV1 Image File Format, ISO 21496-1 (gain maps).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from re import compile as regex
from typing import Final

from redaction.finding import Finding

BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1", b"miaf"}
    | {b"avif", b"avis", b"avio", b"avci", b"avcs", b"jpeg", b"jpgs"}
)
"""Major brands of files that are read here."""

AVIF_BRANDS: Final = frozenset({b"avif", b"avis", b"avio"})
HEVC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})

NAL_ITEMS: Final = frozenset({b"hvc1", b"hev1", b"avc1"})
"""Pictures of length-prefixed NAL units (H.265, H.264)."""

AV1_ITEM: Final = b"av01"
DERIVED_ITEMS: Final = frozenset({b"grid", b"iovl", b"iden", b"tmap"})
"""Pictures made of others: their own data are a few numbers."""

UNSEARCHED_ITEMS: Final = frozenset({b"vvc1", b"evc1", b"lhv1", b"hvt1", b"j2k1", b"unci", b"mski", b"jxl1", b"sato"})
"""Pictures in codings that nothing here looks into: a file with one is held back."""

XMP_TYPE: Final = b"application/rdf+xml"
CONTENT_TYPES: Final = frozenset({XMP_TYPE, b"application/octet-stream", b"text/xml", b"image/jpeg", b"text/plain"})
"""Types of `mime` items that may stay readable; any other is blanked with the item."""

ITEM_NAMES: Final = frozenset({b"Color", b"Alpha", b"Exif", b"XMP", b"GMap", b"Image", b"HEVC Image"})
"""Names of items that encoders give to all of their files."""

REFERENCES: Final = frozenset(
    {b"dimg", b"thmb", b"cdsc", b"auxl", b"iloc", b"base", b"prem", b"tbas", b"dpnd", b"pred", b"exbl", b"mask"}
)
"""Kinds of references between items."""

GROUPS: Final = frozenset(
    {b"altr", b"ster", b"eqiv", b"brst", b"tsyn", b"iaug", b"aebr", b"wbbr", b"fobr", b"afbr", b"dobr", b"pano"}
)
"""Kinds of groups of items."""

PROPERTIES: Final = {
    b"ispe": 12,
    b"pixi": 24,
    b"pasp": 8,
    b"clap": 32,
    b"irot": 1,
    b"imir": 1,
    b"clli": 4,
    b"mdcv": 24,
    b"cclv": 25,
    b"amve": 8,
    b"ndwt": 8,
    b"lsel": 2,
    b"rloc": 12,
    b"iscl": 12,
    b"crtt": 12,
    b"mdft": 12,
    b"a1op": 1,
    b"a1lx": 13,
}
"""Properties of fixed fields, with their greatest length in bytes: anything after that is slack."""

CONFIGURED: Final = frozenset({b"hvcC", b"avcC", b"av1C", b"colr", b"auxC"})
"""Properties that have a rule of their own."""

PROPERTY_NAMES: Final = {b"udes": "description", b"altt": "description", b"cmex": "camera-position", b"uuid": "uuid"}
"""Properties that are withheld, as they may be named."""

AUXILIARY: Final = regex(
    rb"urn:(?:mpeg:hevc:2015:auxid:[0-9]{1,3}|mpeg:avc:2015:auxid:[0-9]{1,3}"
    rb"|mpeg:mpegB:cicp:systems:auxiliary:(?:alpha|depth)"
    rb"|com:apple:photo:20[0-9]{2}:aux:[a-z]{1,32}|com:samsung:photo:20[0-9]{2}:aux:[a-z]{1,32}"
    rb"|com:photo:aux:[a-z]{1,32}|iso:std:iso:ts:21496:-1)"
)
"""Kinds of auxiliary pictures: transparency, depth, mattes, gain maps."""


def named(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of the finders that MP4 and JPEG share with this format, under this format's name."""
    for finding in findings:
        yield replace(finding, what="heif/" + finding.what.removeprefix("mp4/").removeprefix("jpeg/"))
