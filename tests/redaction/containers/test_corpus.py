"""What must hold of the whole corpus at once, judged by exiftool 13 and by the bytes that the corpus lists."""

from io import BytesIO
from pathlib import Path
from typing import Final

import pillow_heif
import pytest

from redaction.blanking import BlankedReader, blank
from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from redaction.second_reader import second_opinion
from tests.bench import residue
from tests.oracles.require import folder
from tests.paths import CORPUS

_CUT_BY_THEIR_ORIGIN: Final = {
    "IMG_1361.dng",  # the first 64 kB: pixels and previews are missing
    "motion_photo_pixel_synth.jpg",  # a photo without its picture, with a video in the middle of a segment
    "pixel-motion-photo-jfif-segment-shortened.jpg",  # the picture was taken out of it, up to the video
}


_WITHOUT_PICTURES: Final = {"multi-xmp.heic"}


def _files() -> list[Path]:
    return [
        path
        for name in ("real", "generated")
        for path in sorted(folder(CORPUS / name).iterdir())
        if path.suffix != ".json"
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """The redacted file of each that can be vouched for."""
    out = tmp_path_factory.mktemp("redacted")
    found: dict[Path, Path] = {}
    for path in _files():
        data = path.read_bytes()
        planned = plan(BytesReader(data))
        view = BlankedReader(BytesReader(data), planned.findings)
        if planned.outcome is Outcome.CLEAN and not second_opinion(
            BytesReader(data), planned.findings, view, planned.media_type
        ):
            found[path] = out / path.name
            found[path].write_bytes(b"".join(blank([data], planned.findings)))
    return found


def test_only_files_that_were_cut_before_are_refused(written: dict[Path, Path]) -> None:
    assert {path.name for path in _files()} - {path.name for path in written} == _CUT_BY_THEIR_ORIGIN


def test_nothing_tells_a_place_to_exiftool_and_no_listed_bytes_are_left(written: dict[Path, Path]) -> None:
    assert residue.left(written, written.values()) == set()


def test_the_bytes_that_the_corpus_lists_are_there_before(written: dict[Path, Path]) -> None:
    assert sum(bool(residue.needles(path)) for path in written) > 70


def test_every_file_keeps_its_length(written: dict[Path, Path]) -> None:
    assert all(path.stat().st_size == out.stat().st_size for path, out in written.items())


def test_libheif_decodes_the_same_pixels(written: dict[Path, Path]) -> None:
    stills = [path for path in written if path.suffix in {".heic", ".heif"} and path.name not in _WITHOUT_PICTURES]
    assert len(stills) > 8
    for path in stills:
        before = _pixels(path)
        assert before
        assert _pixels(written[path]) == before, path.name


def _pixels(path: Path) -> list[tuple[tuple[int, int], bytes]]:
    """Size and samples of every picture, turned as the file says."""
    opened = pillow_heif.open_heif(BytesIO(path.read_bytes()), convert_hdr_to_8bit=False)
    return [(image.size, bytes(image.data)) for image in opened]
