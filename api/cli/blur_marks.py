"""Places that a person marks: `--box X,Y,W,H[@FROM-TO]`."""

import re
from dataclasses import dataclass
from typing import Final

from api.cli.failures import WrongUse
from redaction.visual.boxes import Box

_MARK: Final = re.compile(
    r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})(?:@(\d{1,6}(?:\.\d{1,3})?)-(\d{1,6}(?:\.\d{1,3})?))?", re.ASCII
)
_HINT: Final = "write it as 120,80,60,60 or, for seconds 2 to 4.5 of a video, as 120,80,60,60@2-4.5"


@dataclass(frozen=True, slots=True)
class Mark:
    """A box, and from when to when it counts, in seconds, both ends included; None is the whole video."""

    box: Box
    span: tuple[float, float] | None = None

    def at(self, seconds: float) -> bool:
        """Whether it counts then."""
        return self.span is None or self.span[0] <= seconds <= self.span[1]


def parse_mark(text: str) -> Mark:
    """Read one; WrongUse when it is none."""
    match = _MARK.fullmatch(text)
    if match is None:
        raise WrongUse("a box is not written as it must be", _HINT)
    x, y, w, h = (int(match[part]) for part in range(1, 5))
    if not w or not h:
        raise WrongUse("a box has no size", _HINT)
    if match[5] is None:
        return Mark(Box(x, y, w, h))
    span = (float(match[5]), float(match[6]))
    if span[1] < span[0]:
        raise WrongUse("a box ends before it begins", _HINT)
    return Mark(Box(x, y, w, h), span)


def require_inside(marks: list[Mark], width: int, height: int) -> None:
    """WrongUse when a marked box lies wholly outside of the picture: it would cover nothing."""
    for mark in marks:
        clipped = mark.box.clipped(width, height)
        if not clipped.w or not clipped.h:
            raise WrongUse(
                f"a box lies outside of the picture, which is displayed as {width} by {height} pixels",
                "count the pixels from the upper left corner of the picture as you see it",
            )
