"""A photo and a film that tell where they were taken: made here, so that these tests need nothing from elsewhere."""

import atexit
import io
import random
import shutil
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from tests.redaction.containers.mp4 import box, movie, picture, u16, video


def photo() -> bytes:
    """A JPEG of some kilobytes, with a position, an owner and a comment."""
    noise = random.Random(1).randbytes(64 * 64 * 3)
    exif = Image.Exif()
    exif[0x010F], exif[0x0131], exif[0x013B] = "Camera maker", "Editor 1.0", "Somebody Else"
    place = [IFDRational(48), IFDRational(12), IFDRational(3047, 100)]
    exif.get_ifd(0x8825).update({1: "N", 2: place, 3: "E", 4: place})
    out = io.BytesIO()
    Image.frombytes("RGB", (64, 64), noise).save(out, "JPEG", quality=95, exif=exif, comment=b"At our meeting point")
    return out.getvalue()


def film() -> bytes:
    """An MP4 with a position in its user data, longer than a chunk of age."""
    position = b"+48.2082+016.3738/"
    udta = box(b"udta", box(b"\xa9xyz", u16(len(position)), u16(0), position))
    return movie([video(chunks=[[picture(40_000)], [picture(50_000), picture(20)]])], extra=udta)


_FOLDER: Final = Path(tempfile.mkdtemp(prefix="amparo-media-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
PHOTO: Final = _FOLDER / "photo.jpg"
FILM: Final = _FOLDER / "film.mp4"
PHOTO.write_bytes(photo())
FILM.write_bytes(film())
