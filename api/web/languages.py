"""Which languages there are, and which one a visitor gets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

MAX_RANGES: Final = 32
"""Language ranges read from one Accept-Language header; the rest is ignored."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its BCP 47 tag, its name in itself, its writing direction, and who has checked the words."""

    tag: str
    name: str
    direction: Literal["ltr", "rtl"]
    reviewed_by_native_speaker: bool


def negotiate(languages: Sequence[Language], accept_language: str | None, chosen: str | None) -> str:
    """The tag to answer in: the one chosen, else the best the browser asks for, else the first there is.

    `accept_language` is read as RFC 9110, section 12.5.4; what does not parse is ignored. Ranges are matched by
    lookup (RFC 4647, section 3.4): `es-MX` finds `es`.
    """
    wanted = [chosen] if chosen else []
    wanted.extend(_preferences(accept_language or ""))
    tags = {language.tag.lower(): language.tag for language in languages}
    for language_range in wanted:
        for candidate in _truncations(language_range.lower()):
            if candidate in tags:
                return tags[candidate]
    return languages[0].tag


def _preferences(header: str) -> list[str]:
    ranges: list[tuple[float, str]] = []
    for item in header.split(",", MAX_RANGES)[:MAX_RANGES]:
        name, _, parameter = item.partition(";")
        weight = _weight(parameter)
        if weight:
            ranges.append((weight, name.strip()))
    return [name for _, name in sorted(ranges, key=lambda pair: -pair[0])]  # sorted() keeps the order of equals


def _weight(parameter: str) -> float:
    if not parameter.strip():
        return 1.0
    name, _, value = parameter.strip().partition("=")
    digits = value.replace(".", "", 1)
    if name.strip().lower() != "q" or not (digits.isascii() and digits.isdigit()) or len(value) > len("0.000"):
        return 0.0
    return min(float(value), 1.0)


def _truncations(language_range: str) -> Iterator[str]:
    subtags = language_range.split("-", 8)[:8]
    for count in range(len(subtags), 0, -1):
        yield "-".join(subtags[:count])
