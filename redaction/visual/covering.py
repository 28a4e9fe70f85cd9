"""Cover parts of a picture so that nobody gets them back.

Never a blur: a blur is a sum that can be undone, and networks undo it. A solid fill depends on nothing that was there.
A mosaic keeps `CELLS` by `CELLS` colours of `LEVELS` levels a channel, at most 192 bits of a face; it is for single
pictures only, since the mosaics of many frames add up to more.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from redaction.visual.boxes import Box

Pixels = NDArray[np.uint8]
CELLS: Final = 4  # along each side of a covered box
LEVELS: Final = 16  # of each channel
_BLACK_YUV: Final = (16, 128, 128)  # ITU-R BT.601/709, studio range


def fill(picture: Pixels, boxes: Iterable[Box]) -> None:
    """Blacken the boxes in `picture`, `(height, width, 3)` RGB, in place."""
    for box in _inside(picture, boxes):
        picture[box.y : box.bottom, box.x : box.right] = 0


def mosaic(picture: Pixels, boxes: Iterable[Box]) -> None:
    """Replace each box by `CELLS` by `CELLS` rough mean colours, in place; `picture` is `(height, width, 3)` RGB."""
    for box in _inside(picture, boxes):
        rows = np.linspace(box.y, box.bottom, CELLS + 1).round().astype(int)
        columns = np.linspace(box.x, box.right, CELLS + 1).round().astype(int)
        for top, bottom in pairwise(rows):
            for left, right in pairwise(columns):
                cell = picture[top:bottom, left:right]
                if cell.size:
                    step = 256 // LEVELS
                    cell[:] = cell.mean(axis=(0, 1)).astype(np.uint8) // step * step + step // 2


def fill_planes(luma: Pixels, blue: Pixels, red: Pixels, boxes: Iterable[Box]) -> None:
    """Blacken the boxes in a 4:2:0 picture, in place: `luma` is `(height, width)`, both even, the others half of it."""
    for box in _inside(luma, (box.even() for box in boxes)):
        luma[box.y : box.bottom, box.x : box.right] = _BLACK_YUV[0]
        half = np.s_[box.y // 2 : box.bottom // 2, box.x // 2 : box.right // 2]
        blue[half], red[half] = _BLACK_YUV[1], _BLACK_YUV[2]


def _inside(picture: Pixels, boxes: Iterable[Box]) -> list[Box]:
    height, width = picture.shape[:2]
    clipped = [box.clipped(width, height) for box in boxes]
    return [box for box in clipped if box.w and box.h]
