"""A sheet on which a person sees what was covered. It shows covered pictures only, so it tells no more than they do."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image, ImageDraw

from api.cli.failures import WrongUse
from redaction.visual.boxes import Box

KINDS: Final = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
CELLS: Final = 40  # at most, of a video
_COLOURS: Final = {"face": (255, 0, 160), "marked": (0, 200, 255)}
_SIDE: Final = 480  # pixels of a cell's longer side, where there are several
_WHOLE: Final = 2400  # of the only one
_COLUMNS: Final = 4
_LABEL: Final = 18  # pixels


class Review:
    """Pictures with a label each, laid out as one sheet."""

    def __init__(self, name: Path) -> None:
        """`name` is what the sheet will be called; WrongUse when its ending is of no kind that it is written as."""
        if name.suffix.lower() not in KINDS:
            raise WrongUse("a review sheet cannot be written under this ending", f"name it with: {', '.join(KINDS)}")
        self._kind = KINDS[name.suffix.lower()]
        self._cells: list[tuple[str, Image.Image]] = []

    def add(self, label: str, picture: Image.Image) -> None:
        """One more picture."""
        side = _SIDE if label else _WHOLE
        picture.thumbnail((side, side))
        self._cells.append((label, picture))

    def write(self, output: BinaryIO) -> None:
        """The sheet."""
        if not self._cells:
            return
        columns = min(_COLUMNS, len(self._cells))
        width = max(picture.width for _, picture in self._cells)
        height = max(picture.height for _, picture in self._cells) + _LABEL
        rows = -(-len(self._cells) // columns)
        sheet = Image.new("RGB", (columns * width, rows * height), "white")
        pen = ImageDraw.Draw(sheet)
        for number, (label, picture) in enumerate(self._cells):
            at = (number % columns * width, number // columns * height)
            pen.text((at[0] + 4, at[1] + 3), label, fill="black")
            sheet.paste(picture, (at[0], at[1] + _LABEL))
        sheet.save(output, self._kind)


def outlined(picture: Image.Image, boxes: Sequence[tuple[str, Box]]) -> Image.Image:
    """A copy in which what was covered has an outline: one colour for faces, another for what a person marked."""
    copy = picture.copy()
    pen = ImageDraw.Draw(copy)
    thick = max(2, max(picture.size) // 300)
    for what, box in boxes:
        pen.rectangle((box.x, box.y, box.right - 1, box.bottom - 1), outline=_COLOURS[what], width=thick)
    return copy
