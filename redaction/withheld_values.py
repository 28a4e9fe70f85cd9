"""What a search has to look for after blanking: the values that were withheld, and positions in all their forms."""

from collections.abc import Iterator, Sequence
from re import compile as regex
from typing import Final, NamedTuple

from redaction.finding import Finding
from redaction.place_forms import forms
from redaction.places import Place, magnitudes, places
from redaction.reader import Reader

_PLACES: Final = ("/gps", "xyz", "loci", "location")
_PERSONS: Final = ("/serial", "/owner", "/artist", "/image-unique-id", "/identifier", "/GUMI", "/MUID")
"""Names of findings whose value is one person's or one device's; others, such as software, occur in anybody's files."""
_MOST_PLACES: Final = 16  # some 100 m apart, in the order in which they stand
_MOST_VALUES: Final = 256
_APART: Final = 3  # decimals
_SHORTEST, _LONGEST = 8, 64
_VALUE_BYTES: Final = 1 << 20  # of one finding
_ALL_BYTES: Final = 32 << 20
_NUMBERS: Final = 4096  # of one kind of finding
_TEXTS: Final = (
    regex(rb"[+-]\d{1,3}\.\d{2,}[+-]\d{1,3}\.\d{2,}"),
    regex(rb"\d{1,3},\d{1,2}\.\d{2,}[NSEW]"),
    regex(rb"[+-]?\d{1,3}\.\d{5,}"),
)
_WORDS: Final = regex(rb"[\x21-\x7e][\x20-\x7e]{5,}")
_NEAR_TEXT, _NEAR_NUMBER = 256, 32  # bytes between the two coordinates of a position


class Needle(NamedTuple):
    """Bytes to look for and the finding that they are from.

    They count where one of `beside` stands within `near` bytes of them, or alone if there is none.
    """

    value: bytes
    what: str
    beside: tuple[bytes, ...] = ()
    near: int = 0


def needles(original: Reader, findings: Sequence[Finding]) -> list[Needle]:
    """What to look for in the redacted file, each value once; bounded, with places first."""
    found: dict[bytes, Needle] = {}
    numbers: dict[str, list[float]] = {}
    left = _ALL_BYTES
    for finding in sorted(findings, key=lambda finding: (not finding.what.endswith(_PLACES), finding.offset)):
        if left <= 0:
            break
        data = original.read(finding.offset, min(finding.length, _VALUE_BYTES))
        left -= len(data)
        if len(found) < _MOST_VALUES:
            for value in _values(data, finding.what):
                found.setdefault(value, Needle(value, finding.what))
        of_kind = numbers.setdefault(finding.what, [])
        if len(of_kind) < _NUMBERS:
            of_kind += magnitudes(data, finding.what)
    for what, place in _apart(numbers):
        for needle in _of_place(place, what):
            found.setdefault(needle.value, needle)
    return list(found.values())


def _apart(numbers: dict[str, list[float]]) -> list[tuple[str, Place]]:
    found: dict[tuple[float, float], tuple[str, Place]] = {}
    for what, of_kind in numbers.items():
        for place in places(of_kind):
            if len(found) < _MOST_PLACES:
                found.setdefault((round(place.one, _APART), round(place.other, _APART)), (what, place))
    return list(found.values())


def _of_place(place: Place, what: str) -> Iterator[Needle]:
    one, other = forms(place.one), forms(place.other)
    for value in one.strong | other.strong:
        yield Needle(value, what)
    for family, values in one.weak.items():
        beside = tuple(other.weak.get(family, ()))
        if beside:
            near = _NEAR_TEXT if family.endswith("text") else _NEAR_NUMBER
            yield from (Needle(value, what, beside, near) for value in values)


def _values(data: bytes, what: str) -> Iterator[bytes]:
    """The value as it stands, where that alone tells something."""
    if what.endswith(_PLACES) and 2 * _SHORTEST <= len(data) <= _LONGEST and len(set(data)) > 3:
        yield data
        if len(data) % 8 == 0:
            yield b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
    for pattern in _TEXTS:
        for match in pattern.finditer(data):
            yield from _text(match[0], _SHORTEST)
    if what.endswith(_PERSONS):
        for match in _WORDS.finditer(data):
            yield from _text(match[0].strip(), _SHORTEST - 2)


def _text(text: bytes, shortest: int) -> Iterator[bytes]:
    """A text and its forms in UTF-16, unless it is too short or too plain to tell anything."""
    text = text[:_LONGEST]
    if len(text) >= shortest and len(set(text)) > 4:
        yield text
        yield b"\0".join(text[at : at + 1] for at in range(len(text)))
