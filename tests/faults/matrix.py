"""Kills the service at steps chosen by chance while people work with it, and requires after each kill that all is well.

Run as `python -m tests.faults.matrix small|large KILLS SEED` for a long run; it prints what was hit.
"""

import contextlib
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from api.cli.vaults import credentials
from tests.faults.deeds import DEEDS, Deed
from tests.faults.lives import Lives
from tests.oracles import ceph, postgresql
from tests.places import LARGE, SMALL, Place, with_credentials
from tests.service import World
from tests.traces import files, runs, words
from vault.fixity import check
from vault.instance import open_vault

WORLD_KILLS: Final = 25
"""Kills that one vault goes through; then another begins, so that looking at everything stays quick."""
LOOK_KILLS: Final = 5
"""Kills after which the whole vault is audited and searched; what the deed itself concerns is looked at each time."""
STEPS: Final = 300
"""How many steps a deed is taken for when it was not rehearsed."""
SHORT: Final = 100
"""Bytes: something in clear that is not longer is searched for as a whole."""
AT_START: Final = 0.15
"""How often the service is killed once more while it comes back."""


@dataclass
class Run:
    """What happened: kills by deed and by step, and deeds that ended before the step came."""

    chance: random.Random
    lengths: dict[str, int] = field(default_factory=dict)
    deeds: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    late: int = 0
    objects: int = 0

    def rehearse(self, world: World, deeds: Sequence[Callable[[World], Deed]] = DEEDS) -> None:
        """Do each kind of deed once without a kill, to learn how many steps it takes."""
        for kind in deeds:
            deed = kind(world)
            deed.prepare()
            with _folder() as folder:
                lives_of(world).counters.arm()
                deed.attempt(folder)
                self.lengths[type(deed).__name__] = lives_of(world).counters.taken
                deed.complete(folder)

    def go(self, world: World, kills: int, deeds: Sequence[Callable[[World], Deed]] = DEEDS) -> None:
        """Kill so many times, each kind of deed in turn, in one vault whose service is a `Lives`."""
        clear: list[bytes] = []
        began = looked = time.time()
        for number in range(1, kills + 1):
            kind = deeds[(self.kills + number) % len(deeds)]
            deed = kind(world)
            self._kill_during(world, deed)
            clear += deed.clear
            if number % LOOK_KILLS == 0 or number == kills:
                self._look(world)
                self._search(files([world.vault, world.service.temporary]), clear, looked)
                looked = time.time()
        self.kills += kills
        with _folder() as copy:
            self._search(world.elsewhere(copy), clear, began)

    def _kill_during(self, world: World, deed: Deed) -> None:
        name, lives = type(deed).__name__, lives_of(world)
        deed.prepare()
        with _folder() as folder:
            lives.counters.arm(self.chance.randint(1, self.lengths.get(name, STEPS)))
            try:
                deed.attempt(folder)
            except (httpx.TransportError, AssertionError):
                if not lives.wait(2):
                    raise
            else:
                self.late += not lives.wait(0.05)
            self.lengths[name] = max(self.lengths.get(name, STEPS), lives.counters.taken)
            lives.kill()
            self.deeds[name] += 1
            self._come_back(lives)
            deed.complete(folder)
            assert lives.alive

    def _come_back(self, lives: Lives) -> None:
        if self.chance.random() < AT_START:
            lives.counters.arm(self.chance.randint(1, 20))
            lives.start()
            lives.kill()
        lives.counters.arm()
        lives.start()

    def _look(self, world: World) -> None:
        """The log verifies from where it was read before, and every object of every event is there and whole."""
        done = world.audit("--state", world.folder / "state")
        assert done.code == 0, done.out + done.err
        with contextlib.closing(open_vault(world.vault, credentials=credentials())) as vault:
            fixity = check(vault)
        assert fixity.faults == []
        self.objects += fixity.objects
        assert self._partials(world) == []
        assert "internal error" not in world.service.said.read_text()

    def _search(self, found: Iterator[Path], clear: list[bytes], since: float) -> None:
        """Nothing in clear is in files that were changed since a moment."""
        changed = [path for path in found if _changed(path) > since - 2]
        assert runs(changed, clear) == []
        assert words(changed, [each for each in clear if len(each) < SHORT]) == []

    def _partials(self, world: World) -> list[str]:
        """Files that were begun and are nobody's: none a moment after a start."""
        left: list[str] = []
        for _ in range(20):
            left = [path.name for path in world.vault.rglob(".partial-*")]
            if not left:
                break
            time.sleep(0.1)
        return left

    def tell(self) -> str:
        """The figures."""
        lines = [f"kills: {self.kills}; of them after everything was done: {self.late}"]
        lines += [
            f"{name}: {count} kills; at most {self.lengths[name]} steps" for name, count in sorted(self.deeds.items())
        ]
        lines += [f"different steps at which the service died: {len(self.steps)}"]
        lines += [f"    {count:4} {step}" for step, count in sorted(self.steps.items())]
        return "\n".join(lines)


def lives_of(world: World) -> Lives:
    """The service of a world of `dying_world`."""
    assert isinstance(world.service, Lives)
    return world.service


@contextlib.contextmanager
def dying_world(folder: Path, place: Place, run: Run) -> Iterator[World]:
    """A vault whose service may die; at the end the run knows at which steps it did."""
    world = World.make(folder, database=place.database, store=place.store)
    world.disks = place.disks
    settings = world.vault / "vault.toml"
    settings.write_text(settings.read_text().replace("live_seconds = 600", "live_seconds = 1"))
    lives = world.service = Lives(world.vault, world.service.said)
    try:
        lives.start()
        world.enrol(world.partner, "partner")
        world.enrol(world.auditor, "auditor")
        yield world
        run.steps.update(line[1:] for line in lives.trace.read_text().splitlines() if line.startswith("!"))
    finally:
        lives.close()


def _changed(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_ctime
    return 0


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="deed-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _places(kind: str) -> Generator[Place, None, None]:
    """New places of a kind, for ever."""
    if kind == SMALL:
        while True:
            yield Place()
    with postgresql.running() as server, ceph.running() as gateway, with_credentials(gateway):
        for number in range(1 << 30):
            yield Place(server.new_database(), gateway.url(f"matrix-{number}"), (server.folder,))


def main(kind: str, kills: str, seed: str) -> None:
    """The long run."""
    assert kind in (SMALL, LARGE)
    run, began, places = Run(random.Random(int(seed))), time.monotonic(), _places(kind)
    with contextlib.closing(places):
        while run.kills < int(kills):
            with _folder() as folder, dying_world(folder, next(places), run) as world:
                if not run.lengths:
                    run.rehearse(world)
                    sys.stdout.write(f"steps: {run.lengths}\n")
                run.go(world, min(WORLD_KILLS, int(kills) - run.kills))
            sys.stdout.write(f"{run.kills} kills, {time.monotonic() - began:.0f} s\n")
            sys.stdout.flush()
    sys.stdout.write(f"{kind}, seed {seed}\n{run.tell()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
