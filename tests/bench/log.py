"""A long log: what it costs to append to it, to prove from it, and to audit it.

What is audited goes through the code of `amparo audit`, from a directory instead of over HTTP, in a process of its own.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from api.cli.audit import audit_from
from evidence.event import Event, EventType, Role, commitment
from evidence.tlog import merkle, tiles
from evidence.tlog.merkle import Frontier, leaf_hash
from tests.bench.history import History, bundle, fetch, served
from tests.evidence.claims import TRUST
from tests.paths import ROOT
from tests.vault.making import new_vault, person
from vault.instance import Vault, open_vault

APPENDED: Final = 10_000
NEW: Final = 1_000
_SYNCED: Final = 300  # events of the baseline: it is slow, and the same for each
MIB: Final = 1 << 20


def measure(folder: Path, number: int) -> None:
    """Print the tables; `number` is how long the audited log is."""
    _measure_appending(folder / "appending")
    history = History(folder / "history")
    made = _timed(lambda: history.grow(number))
    hashed = _hashing(history)
    proof = _proofs(history)
    full = _audited(history.folder, folder / "state")
    history.grow(NEW)
    more = _audited(history.folder, folder / "state")
    if not full["ok"] or not more["ok"] or more["since"] != number:
        raise RuntimeError("the audit of an honest history failed")
    print(
        "| events | hashing alone | full audit | ratio | memory | 1,000 new ones | of the full audit | state | proof |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {number} | {hashed:.2f} s | {full['seconds']:.2f} s | {full['seconds'] / hashed:.1f} "
        f"| {full['mib']} MiB, and {full['processes']} x {full['child_mib']} MiB | {more['seconds']:.3f} s "
        f"| 1/{full['seconds'] / more['seconds']:.0f} | {(folder / 'state').stat().st_size / MIB:.1f} MiB "
        f"| {proof * 1e3:.2f} ms |\n"
    )
    print(f"Making this history took {made:.0f} s.\n")


def _measure_appending(folder: Path) -> None:
    """Events into signed checkpoints, against one fsync for each event."""
    new_vault(folder, person("custodian"))
    vault = open_vault(folder)
    bodies = [_event(vault).encode() for _ in range(_SYNCED)]
    path = folder / "synced"

    def synced() -> None:
        with path.open("ab", buffering=0) as file:
            for body in bodies:
                file.write(body)
                os.fsync(file.fileno())

    events = [_event(vault) for _ in range(APPENDED)]

    def appended() -> None:
        vault.sequencer.record(lambda _: events)
        vault.sequencer.run_once()

    slow, fast = _SYNCED / _timed(synced), APPENDED / _timed(appended)
    vault.close()
    print("| appending | events a second | one fsync for each event | ratio |")
    print("|---|---|---|---|")
    print(f"| {APPENDED} events with SQLite, into signed checkpoints | {fast:.0f} | {slow:.0f} | {fast / slow:.1f} |\n")


def _event(vault: Vault) -> Event:
    return vault.event(EventType.FIXITY_CHECKED, Role.SYSTEM, "vault", detail={"objects": 1, "faults": 0})


def _hashing(history: History) -> float:
    """Seconds for the entries and the tree alone; reading the files is not counted."""
    tree, seconds = Frontier(), 0.0
    for index in range(-(-history.size // tiles.TILE_WIDTH)):
        bodies = bundle(history.folder, index)
        began = time.perf_counter()
        for body in bodies:
            tree.append(leaf_hash(commitment(body)))
        seconds += time.perf_counter() - began
    return seconds


def _proofs(history: History) -> float:
    """Seconds for an inclusion proof out of the tiles, nothing cached."""
    wanted = [history.size * place // 50 for place in range(50)]

    def prove() -> None:
        for index in wanted:
            merkle.prove_inclusion(index, history.size, tiles.TileNodes(history.size, history.fetch).node)

    return _timed(prove) / len(wanted)


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _audited(history: Path, state: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.log", str(history), str(state)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main(words: Sequence[str]) -> None:
    """Audit the history in the first folder with the state file that is named second."""
    folder, state = Path(words[0]), Path(words[1])
    size = int(fetch(folder, "checkpoint").split(b"\n")[1])
    now = Event.parse(bundle(folder, (size - 1) // tiles.TILE_WIDTH)[(size - 1) % tiles.TILE_WIDTH]).time
    began = time.perf_counter()
    result = audit_from(state, partial(fetch, folder), TRUST, partial(served, folder), now)
    seconds = time.perf_counter() - began
    memory = {
        who: resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    }
    answer = {
        "ok": result.ok,
        "since": result.since,
        "seconds": seconds,
        "mib": memory[resource.RUSAGE_SELF],
        "processes": (os.cpu_count() or 1) if memory[resource.RUSAGE_CHILDREN] else 0,
        "child_mib": memory[resource.RUSAGE_CHILDREN],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
