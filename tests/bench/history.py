"""A made-up history of any length: real events, real signatures, in the files that a vault's store has.

Each case has a statement and two exhibits; every twentieth is asked for, approved, sealed and downloaded. Once a day
everything is checked. One event in 42 holds a signature.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Final

from evidence.audit_replay import ServedEvent
from evidence.canonical import Json
from evidence.event import Event, EventType, Role, commitment
from evidence.tlog import tiles
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.merkle import Frontier, leaf_hash
from tests.evidence.claims import (
    LAWYER,
    OBJECTS,
    ORIGIN,
    SIGNER,
    START,
    approved,
    created,
    enrolled,
    event,
    opened,
    requested,
)
from vault.sequencer import event_bundles

CASE_SECONDS: Final = 20
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_AT_ONCE: Final = 1 << 16  # events written at once, a multiple of a bundle


def events() -> Iterator[Event]:
    """Without end."""
    yield created()
    yield enrolled()
    for number in count():
        time = START + timedelta(seconds=number * CASE_SECONDS)
        case = _case(number)
        yield from _case_events(case, time.replace(minute=0, second=0))
        if number % 20 == 19:
            yield from _release(case, f"R-{_letters(number, 12)}", time)
        if number * CASE_SECONDS % 86400 == 0:
            detail: dict[str, Json] = {"objects": 5 * number, "faults": 0}
            yield event(EventType.FIXITY_CHECKED, Role.SYSTEM, "vault", time=time, detail=detail)


def _case_events(case: str, hour: datetime) -> Iterator[Event]:
    yield opened(case, time=hour)
    objects: list[Json] = [_object(f"cases/{case}/statement-1.age")]
    detail: dict[str, Json] = {"number": 1, "objects": objects}
    yield event(EventType.STATEMENT_SEALED, Role.INTAKE, "intake", case=case, time=hour, detail=detail)
    for number in (1, 2):
        exhibit = secrets.token_hex(16)
        objects = [_object(f"exhibits/{exhibit}/{name}") for name in ("media", "record.age")]
        detail = {"number": number, "outcome": "clean", "record": secrets.token_hex(32), "objects": objects}
        members = {"case": case, "exhibit": exhibit, "time": hour, "detail": detail}
        yield event(EventType.EXHIBIT_SEALED, Role.INTAKE, "intake", **members)


def _release(case: str, request: str, time: datetime) -> Iterator[Event]:
    members = {"case": case, "authority": request, "time": time}
    yield requested(request=request, case=case, at=time, time=time)
    yield approved(request=request, case=case, at=time, time=time)
    detail: dict[str, Json] = {"request": request, "objects_sha256": OBJECTS.hex()}
    yield event(EventType.BUNDLE_SEALED, Role.SYSTEM, "vault", detail=detail, **members)
    yield event(EventType.BUNDLE_DOWNLOADED, Role.PARTNER, LAWYER.name, detail={"request": request}, **members)


def _object(key: str) -> dict[str, Json]:
    return {"key": key, "bytes": 12345678, "sha256": secrets.token_hex(32)}


def _case(number: int) -> str:
    letters = _letters(number, 8)
    return f"{letters[:4]}-{letters[4:]}"


def _letters(number: int, length: int) -> str:
    return "".join(_LETTERS[number >> 5 * place & 31] for place in reversed(range(length)))


class History:
    """A log in a folder, to be made longer; `fetch` and `served` are what an auditor reads of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.size = 0
        self._events, self._tree = events(), Frontier()

    def grow(self, number: int) -> None:
        """Add events."""
        while number:
            bodies = [each.encode() for each in islice(self._events, min(number, _AT_ONCE - self.size % _AT_ONCE))]
            entries = [commitment(body) for body in bodies]
            leaves = [leaf_hash(entry) for entry in entries]
            self._put("log/", dict(tiles.new_tiles(self.size, leaves, self.fetch)))
            self._put("log/", dict(tiles.new_entry_bundles(self.size, entries, self.fetch)))
            width = self.size % tiles.TILE_WIDTH
            before = self._bundle(self.size // tiles.TILE_WIDTH)[:width] if width else []
            self._put("", dict(event_bundles(self.size - width, [*before, *bodies])))
            self._tree.extend(leaves)
            self.size += len(bodies)
            number -= len(bodies)
        self._put(
            "log/", {"checkpoint": SIGNER.sign(Checkpoint(ORIGIN, self.size, self._tree.root()).encode()).encode()}
        )

    def _put(self, prefix: str, files: dict[str, bytes]) -> None:
        for path, data in files.items():
            target = self.folder / (prefix + path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)

    def _bundle(self, index: int) -> list[bytes]:
        return list(bundle(self.folder, index))

    def fetch(self, path: str) -> bytes:
        return fetch(self.folder, path)


def fetch(folder: Path, path: str) -> bytes:
    """A file of the log; see `evidence.audit.Fetch`."""
    try:
        return (folder / "log" / path).read_bytes()
    except FileNotFoundError:
        raise LookupError(path) from None


def bundle(folder: Path, index: int) -> list[bytes]:
    """The events of one bundle, the longest that there is."""
    path = folder / "events" / tiles.path_index(index)
    if not path.exists():
        path = max(path.with_name(path.name + ".p").iterdir(), key=lambda each: int(each.name))
    return path.read_bytes().splitlines()


def served(folder: Path, start: int, size: int) -> Iterator[ServedEvent]:
    """See `evidence.audit.Events`."""
    for index in range(start // tiles.TILE_WIDTH, -(-size // tiles.TILE_WIDTH)):
        first = index * tiles.TILE_WIDTH
        for body in bundle(folder, index)[max(start - first, 0) : size - first]:
            yield ServedEvent(body)
