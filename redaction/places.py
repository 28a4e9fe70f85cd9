"""Positions in withheld bytes: what a search has to look for in other encodings.

Only magnitudes count: a hemisphere may stand in a letter, a sign or another field. Numbers pair up in the order in
which they stand, because latitude and longitude are neighbours in every format that we know.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from re import DOTALL
from re import compile as regex
from struct import unpack_from
from typing import Final, NamedTuple

_MARK: Final = rb"(?: ?(?:deg|d|\xc2?\xb0|[':,-]|\xe2\x80\xb2) ?| )"
_TEXT: Final = regex(
    rb"(?P<d3>\d{1,3})/1, ?(?P<m3>\d{1,2})/1, ?(?P<s3>\d{1,9})/(?P<per>\d{1,9})"  # as ImageMagick writes Exif
    rb"|(?P<d1>\d{1,3}),(?P<m1>\d{1,2}\.\d{2,})[NSEW]"  # XMP, ISO 16684-2
    rb"|(?P<d4>\d{2,3})(?P<m4>\d\d\.\d{2,}),[NSEW]"  # NMEA 0183
    rb"|(?P<d2>\d{1,3})" + _MARK + rb"(?P<m2>\d{1,2})" + _MARK + rb"(?P<s2>\d{1,2}(?:\.\d+)?)[^\d.\w]{0,4}[NSEW]"
    rb"|[+-](?P<signed>\d{1,3}\.\d{3,})"  # ISO 6709
    rb"|(?P<plain>\d{1,3}\.\d{5,})"
)
_TEXT_HINT: Final = regex(rb"[0-9][., :'\xb0\xc2\xe2d] ?[0-9]|/1,")  # one of these is in all of them
_CROWDED: Final = frozenset({"makernote", "unreferenced", "unknown-tag", "unknown-chunk", "xmp-extended", "app11"})
"""Findings in which numbers with decimals are settings and measurements, hundreds of them."""
_DEGREES_AND_MINUTES: Final = regex(
    rb"(?=[\x00-\xb4]\x00{3}\x01\x00{3}[\x00-\x3b]\x00{3}\x01\x00{3}"
    rb"|\x00{3}[\x00-\xb4]\x00{3}\x01\x00{3}[\x00-\x3b]\x00{3}\x01)"
)
_GPMF: Final = regex(rb"GPS[59][lL?][\x01-\x40]..(?=.{8})", DOTALL)
_CAMM: Final = regex(rb"\x00\x00(?:\x05\x00(?=.{24})|\x06\x00.{12}(?=.{16}))", DOTALL)
_RATIONAL_BYTES, _TRIPLE_BYTES = 8, 24
_SMALLEST: Final = 0.01  # degrees: a position of nothing but zeros is no position
_GPMF_SCALE: Final = 1e7


class Place(NamedTuple):
    """Two neighbouring magnitudes in degrees: latitude and longitude, in either order."""

    one: float
    other: float


def magnitudes(data: bytes, what: str) -> list[float]:
    """Numbers of a withheld value that may be degrees, in order; `what` is the finding's name."""
    kind = what.rpartition("/")[2]
    if kind == "gps" and len(data) % _RATIONAL_BYTES == 0:
        starts: Iterable[int] = range(0, len(data), _RATIONAL_BYTES)
    else:
        starts = (match.start() for match in _DEGREES_AND_MINUTES.finditer(data))
    found = [value for start in starts for value in _triple(data, start)]
    if kind == "loci":
        found += _loci(data)
    elif kind == "gpmd":
        found += [value / _GPMF_SCALE for at in _GPMF.finditer(data) for value in unpack_from(">ii", data, at.end())]
    elif kind == "camm":
        found += [value for at in _CAMM.finditer(data) for value in unpack_from("<dd", data, at.end())]
    else:
        wide = data.count(0) * 3 > len(data)  # UTF-16
        found += _texts(data.replace(b"\0", b"") if wide else data, loose=kind not in _CROWDED)
    return [abs(value) for value in found if abs(value) <= 180]


def places(numbers: Iterable[float]) -> Iterator[Place]:
    """Neighbours that may be a position."""
    for one, other in pairwise(numbers):
        if min(one, other) <= 90 and max(one, other) >= _SMALLEST:
            yield Place(one, other)


def _texts(text: bytes, *, loose: bool) -> Iterator[float]:
    """`loose` takes any number with decimals for one that may be degrees."""
    if not _TEXT_HINT.search(text):
        return
    for match in _TEXT.finditer(text):
        if match["plain"] or match["signed"]:
            if loose:
                yield float(match["plain"] or match["signed"])
        elif match["d1"]:
            yield int(match["d1"]) + float(match["m1"]) / 60
        elif match["d2"]:
            yield int(match["d2"]) + int(match["m2"]) / 60 + float(match["s2"]) / 3600
        elif match["d4"]:
            yield int(match["d4"]) + float(match["m4"]) / 60
        elif int(match["per"]):
            yield int(match["d3"]) + int(match["m3"]) / 60 + int(match["s3"]) / int(match["per"]) / 3600


def _triple(data: bytes, at: int) -> Iterator[float]:
    """In the byte order in which the denominators are smaller."""
    if len(data) < at + _TRIPLE_BYTES:
        return
    readings = [unpack_from(f"{order}6I", data, at) for order in "<>"]
    d, d_per, m, m_per, s, s_per = min(readings, key=lambda reading: max(reading[1::2]))
    if d_per and m_per and s_per and d <= 180 * d_per and m < 60 * m_per and s < 60 * s_per and (d or m or s):
        yield d / d_per + m / m_per / 60 + s / s_per / 3600


def _loci(data: bytes) -> Iterator[float]:
    """Longitude and latitude of a location box, 16.16 (3GPP TS 26.244 section 8.10)."""
    for name_at in (6, 2):  # with the version and flags, or behind them
        end = data.find(b"\0", name_at)
        if end >= 0 and len(data) >= end + 10:
            yield from (value / 65536 for value in unpack_from(">ii", data, end + 2))
