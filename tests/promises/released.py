"""Every accepted file of the corpus, sent, released and opened again: what a partner ends up with."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from evidence.exhibit import ExhibitRecord
from tests.oracles.require import folder
from tests.paths import CORPUS
from tests.service import World

_PHOTOS: Final = frozenset({".jpg", ".heic", ".heif", ".avif", ".png", ".webp", ".gif", ".tif", ".dng"})
_FILMS: Final = frozenset({".mp4", ".mov", ".3gp", ".mkv", ".webm", ".avi"})
SUFFIXES: Final = _PHOTOS | _FILMS
FILES_AT_ONCE: Final = 50


@dataclass(frozen=True)
class Released:
    """One exhibit: the file that was sent, the file that came out, its record, and the places that it held."""

    original: Path
    opened: Path
    record: ExhibitRecord
    places: tuple[tuple[float, float], ...]


def corpus() -> list[Path]:
    """Real and generated files of the kinds that are accepted."""
    found = [path for kind in ("real", "generated") for path in sorted(folder(CORPUS / kind).iterdir())]
    return [path for path in found if path.suffix.lower() in SUFFIXES]


def release_all(world: World, out: Path) -> list[Released]:
    """Send the corpus in as few cases as the vault takes, release each case, open each bundle."""
    found: list[Released] = []
    paths = corpus()
    for start in range(0, len(paths), FILES_AT_ONCE):
        group = paths[start : start + FILES_AT_ONCE]
        case = world.report([(path.name, path.read_bytes()) for path in group])["case"]
        bundle, opened = out / f"{start}.zip", out / str(start)
        world.release(case, bundle, "--include-unstripped")
        done = world.open(bundle, opened)
        assert done.code == 0, done.out + done.err
        for number, path in enumerate(group, 1):
            record = ExhibitRecord.parse((opened / "records" / f"E{number:02d}.json").read_bytes())
            (exhibit,) = opened.glob(f"E{number:02d}.*")
            found.append(Released(path, exhibit, record, _places(path)))
    return found


def _places(path: Path) -> tuple[tuple[float, float], ...]:
    """What the corpus' manifest says of where a file was made; latitude and longitude in decimal degrees."""
    manifest: list[dict[str, Any]] = json.loads((CORPUS / "manifest.json").read_text())
    tags: dict[str, Any] = {}
    for entry in manifest:
        if Path(entry["file"]).name == path.name:
            tags = entry["location_tags"]
    places = []
    if "GPS:GPSLatitude" in tags and "GPS:GPSLongitude" in tags:
        places.append((float(tags["GPS:GPSLatitude"]), float(tags["GPS:GPSLongitude"])))
    for name, value in tags.items():
        if name.endswith(":GPSCoordinates"):
            latitude, longitude = (float(part) for part in str(value).split()[:2])
            places.append((latitude, longitude))
    return tuple(places)
