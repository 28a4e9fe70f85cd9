"""Photos: decode, turn upright, cover, encode anew from pixels alone. Nothing else of the old file is carried over."""

import io
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps

from api.cli.blur_faces import FaceFinder
from api.cli.blur_marks import Mark, require_inside
from api.cli.blur_record import Covered, Made
from api.cli.blur_review import Review, outlined
from api.cli.failures import CheckFailed, WrongUse
from api.cli.output import Progress
from redaction.visual.boxes import distinct
from redaction.visual.covering import fill, mosaic
from redaction.visual.tracking import MARGIN

KINDS: Final = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
"""What a photo can be written as, by the ending of its new name."""
_READ: Final = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
_MODES: Final = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
_MOST_PIXELS: Final = 250_000_000
_OPTIONS: Final[dict[str, dict[str, int | bool]]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"quality": 95, "method": 4},
}
_CONVERT: Final = "open it in a picture editor, save it as PNG, and blur that"


def blur_photo(
    source: BinaryIO, output: BinaryIO, name: Path, marks: list[Mark], finder: FaceFinder | None, *, rough: bool,
    review: Review | None,
) -> Made:  # fmt: skip
    """Write the covered photo to `output` in the kind that `name` ends in; `rough` is a mosaic instead of black."""
    if name.suffix.lower() not in KINDS:
        raise WrongUse("a photo cannot be written under this ending", f"name it with one of: {', '.join(KINDS)}")
    if any(mark.span for mark in marks):
        raise WrongUse("a photo has no seconds", "leave out what stands after the @")
    kind = KINDS[name.suffix.lower()]
    with Progress(3, "covering", unit="step") as progress:
        picture = np.array(_decoded(source))
        height, width = picture.shape[:2]
        require_inside(marks, width, height)
        progress.update(1)
        faces = [] if finder is None else distinct([face.grown(MARGIN) for face in finder.find(picture)])
        boxes = [("face", face.clipped(width, height)) for face in faces]
        boxes += [("marked", mark.box.clipped(width, height)) for mark in marks]
        (mosaic if rough else fill)(picture, [box for _, box in boxes])
        progress.update(1)
        covered = Image.fromarray(picture)
        covered.save(output, kind, **_OPTIONS[kind])
        progress.update(1)
    if review is not None:
        review.add("", outlined(covered, boxes))
    return Made(
        (width, height),
        "mosaic" if rough else "solid",
        "none",
        tuple(Covered(what, box) for what, box in boxes),
        None if finder is None else finder.detector,
    )


def _decoded(source: BinaryIO) -> Image.Image:
    """The first picture of the file, upright, in sRGB, without transparency (which may hide something)."""
    pillow_heif.register_heif_opener(thumbnails=False)
    Image.init()  # so that the readers named above, and no others, are there to choose from
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        picture = Image.open(source, formats=_READ)
        if picture.width * picture.height > _MOST_PIXELS:
            raise CheckFailed("the picture has more pixels than are read", "make it smaller in a picture editor")
        if picture.format not in {"JPEG", "MPO", "HEIF"} and getattr(picture, "n_frames", 1) > 1:
            raise CheckFailed("the picture moves, and only its first part would be looked at", "make a video of it")
        if picture.mode not in _MODES:
            raise CheckFailed("the picture has more than 8 bits a colour", _CONVERT)
        picture.load()
        profile = picture.info.get("icc_profile")
        upright = ImageOps.exif_transpose(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning, EOFError):
        raise CheckFailed("the picture cannot be decoded", _CONVERT) from None
    return _in_srgb(_opaque(upright), profile)


def _opaque(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture if picture.mode in {"RGB", "CMYK"} else picture.convert("RGB")
    seen = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")


def _in_srgb(picture: Image.Image, profile: object) -> Image.Image:
    """The same colours without needing a profile, since the profile is left behind."""
    if isinstance(profile, bytes):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):  # not a profile for such pixels: they are taken as they are
            changed = None
        if changed is not None:
            picture = changed
    return picture.convert("RGB")
