"""The byte strings by which programs write a position: text, Exif's rationals, floating point, integers, fixed point.

A form of fewer than eight telling bytes may occur by chance in a long film. It counts only where a form of the other
coordinate stands beside it.
"""

import math
from collections.abc import Iterator, Mapping
from struct import pack
from typing import Final, NamedTuple

_TELLING: Final = 8  # bytes
_DISTINCT: Final = 3  # different bytes: fewer are padding and round numbers
_NUMBER_BYTES: Final = 4
_SCALES: Final = (1e7, 1e6, 1e5, 65536.0, 2**31 / 180, 3_600_000.0)
"""Ten-millionths and so on, 16.16, semicircles of a half turn, milliseconds of arc: all in 32 bits with a sign."""
_DECIMALS: Final = (4, 5, 6, 7)


class Forms(NamedTuple):
    """How one coordinate may stand in a file.

    `strong` speak for themselves. `weak`, by the family that the other coordinate would be of, need that one beside
    them; families whose name ends with `text` are text.
    """

    strong: frozenset[bytes]
    weak: Mapping[str, frozenset[bytes]]


def forms(degrees: float) -> Forms:
    """All forms of one coordinate's magnitude, with either sign."""
    strong: set[bytes] = set()
    weak: dict[str, set[bytes]] = {}
    for family, form in _all(degrees):
        if not _tells(form):
            continue
        if family.endswith("text") and form.count(b".") == 1 and len(form.replace(b"\0", b"")) >= _TELLING:
            strong.add(form)
        weak.setdefault(family, set()).add(form)
    return Forms(frozenset(strong), {family: frozenset(_shortest(each)) for family, each in weak.items()})


def _tells(form: bytes) -> bool:
    """Whether it is neither padding nor a round or small number, which stand in any table."""
    few = len(form) <= _NUMBER_BYTES and max(form.count(0), form.count(0xFF)) > 1
    return len(set(form)) >= _DISTINCT and not few


def _shortest(values: set[bytes]) -> Iterator[bytes]:
    """Those that hold no other: where one stands, what it holds stands, too."""
    kept: list[bytes] = []
    for value in sorted(values, key=len):
        if not any(each in value for each in kept):
            kept.append(value)
            yield value


def _all(degrees: float) -> Iterator[tuple[str, bytes]]:
    for text in {*_decimal_texts(degrees), *_sexagesimal_texts(degrees)}:
        yield from (("text", text.encode(code)) for code in ("utf-8", "latin-1"))
        yield from (("wide text", text.encode(code)) for code in ("utf-16-le", "utf-16-be"))
    for value in (degrees, -degrees):
        numbers = (*_integers(value), *_floats(value), *_doubles("degrees", value))
        for family, form in (*numbers, *_doubles("radians", math.radians(value))):
            yield f"{family} >", form
            yield f"{family} <", form[::-1]
    yield from _rationals(degrees)


def _cut(value: float, decimals: int) -> Iterator[str]:
    """With so many decimals: rounded, and cut off, which is how every longer form begins."""
    yield f"{value:.{decimals}f}"
    yield f"{math.floor(value * 10**decimals) / 10**decimals:.{decimals}f}"


def _decimal_texts(degrees: float) -> Iterator[str]:
    for decimals in (3, 4, 5, 6):
        for text in _cut(degrees, decimals):
            yield text
            yield text.replace(".", ",")


def _sexagesimal_texts(degrees: float) -> Iterator[str]:
    whole = int(degrees)
    minutes = (degrees - whole) * 60
    seconds = (minutes - int(minutes)) * 60
    for decimals in (2, 4):
        for text in _cut(minutes, decimals):
            padded = text.rjust(decimals + 3, "0")
            yield from (f"{whole},{text}", f"{whole:02}{padded}", f"{whole:03}{padded}", f"{whole}°{text}")
            yield from (f"{whole}° {text}", f"{whole} {padded}")
    for minute in {f"{int(minutes)}", f"{int(minutes):02}"}:
        yield from (f"{whole}°{minute}", f"{whole}° {minute}", f"{whole} deg {minute}", f"{whole}d{minute}")
        yield from (f"{whole}/1,{minute}/1", f"{whole}/1, {minute}/1", f"{whole}/1 {minute}/1")
        for second in {f"{int(seconds)}", f"{int(seconds):02}"}:
            yield from (f"{whole}{mark}{minute}{mark}{second}" for mark in (" ", ",", ", ", ":", "-"))


def _rounded(value: float) -> set[float]:
    return {value, *(round(value, decimals) for decimals in _DECIMALS)}


def _integers(degrees: float) -> Iterator[tuple[str, bytes]]:
    for scale in _SCALES:
        for number in {edge(value * scale) for value in _rounded(degrees) for edge in (round, math.floor)}:
            yield f"integer {scale}", pack(">i", max(min(number, (1 << 31) - 1), -(1 << 31)))


def _floats(degrees: float) -> Iterator[tuple[str, bytes]]:
    yield from (("float", pack(">f", value)) for value in _rounded(degrees))


def _doubles(unit: str, value: float) -> Iterator[tuple[str, bytes]]:
    """The first half: sign, exponent and twenty bits, so that it stays the same however the value was computed."""
    heads = {int.from_bytes(pack(">d", each)[:4]) for each in _rounded(value)}
    near = {max(head + step, 0) for head in heads for step in (-1, 0, 1)}
    yield from ((f"double {unit}", head.to_bytes(4)) for head in near)


def _rationals(degrees: float) -> Iterator[tuple[str, bytes]]:
    whole = int(degrees)
    minute = int((degrees - whole) * 60)
    for order in "<>":
        yield f"rational {order}", pack(f"{order}4I", whole, 1, minute, 1)
        for decimals in _DECIMALS:
            yield f"rational {order}", pack(f"{order}2I", round(degrees * 10**decimals), 10**decimals)
