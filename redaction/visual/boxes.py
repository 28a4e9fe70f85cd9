"""Rectangles in a picture, in whole pixels as it is displayed: x to the right, y down, from its upper left corner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """`w` by `h` pixels whose upper left one is `(x, y)`; it may reach over the picture's edge until it is clipped."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """The first column right of it."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.h

    def clipped(self, width: int, height: int) -> "Box":
        """The part inside a picture of that size; `w` or `h` is 0 when there is none."""
        x, y = min(max(self.x, 0), width), min(max(self.y, 0), height)
        return Box(x, y, max(0, min(self.right, width) - x), max(0, min(self.bottom, height) - y))

    def grown(self, share: float) -> "Box":
        """Wider and higher by this share of its longer side, on every side."""
        more = round(share * max(self.w, self.h))
        return Box(self.x - more, self.y - more, self.w + 2 * more, self.h + 2 * more)

    def even(self) -> "Box":
        """Grown outwards until its edges are even, so that they fall on whole chroma samples of a 4:2:0 picture."""
        x, y = self.x - self.x % 2, self.y - self.y % 2
        return Box(x, y, self.right + self.right % 2 - x, self.bottom + self.bottom % 2 - y)

    def shared(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        w = min(self.right, other.right) - max(self.x, other.x)
        h = min(self.bottom, other.bottom) - max(self.y, other.y)
        if w <= 0 or h <= 0:
            return 0.0
        return w * h / (self.w * self.h + other.w * other.h - w * h)

    def near(self, other: "Box", share: float) -> bool:
        """Whether the centres are at most `share` of the larger of the four sides apart, each way."""
        reach = 2 * share * max(self.w, self.h, other.w, other.h)
        across = abs(self.x + self.right - other.x - other.right)
        return across <= reach and abs(self.y + self.bottom - other.y - other.bottom) <= reach


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds them all; ValueError when there are none."""
    every = list(boxes)
    x, y = min(box.x for box in every), min(box.y for box in every)
    return Box(x, y, max(box.right for box in every) - x, max(box.bottom for box in every) - y)


def distinct(boxes: Sequence[Box], overlap: float = 0.4) -> list[Box]:
    """One box for each thing that was found several times: those that share `overlap` become the box around them."""
    kept: list[Box] = []
    for each in boxes:
        box = each
        while same := [other for other in kept if other.shared(box) >= overlap]:
            kept = [other for other in kept if other not in same]
            box = around([box, *same])
        kept.append(box)
    return kept
