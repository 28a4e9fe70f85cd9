"""A vault and its log witnesses: who cosigns, what happens when one is away, and what when it saw another history."""

import contextlib
import functools
import http.server
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.oracles import aics
from tests.service import World, succeed
from tests.vault.media import PHOTO
from tests.witness import serving
from tests.witness.serving import WitnessProcess


def policy_of(folder: Path, witnesses: dict[str, WitnessProcess], quorum: str) -> Path:
    """A policy file that names the first key of each witness."""
    lines = [f"witness {name} {each.vkeys[0]} {each.address}" for name, each in witnesses.items()]
    path = folder / "policy.txt"
    path.write_text("\n".join(["# who cosigns", *lines, quorum, "quorum Q" if "group Q" in quorum else ""]) + "\n")
    return path


def later(what: Callable[[], bool], seconds: float = 40) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def health(world: World) -> Any:
    return httpx.get(world.address + "/health", trust_env=False).json()


def failed(done: Any) -> set[str]:
    return {check["name"] for check in done.json["checks"] if not check["ok"]}


@contextlib.contextmanager
def static(folder: Path) -> Iterator[str]:
    """Any static file server, with the public log alone."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.slow
def test_two_witnesses_of_different_make_cosign_and_another_verifier_accepts_the_log(tmp_path: Path) -> None:
    with serving.ours(tmp_path / "w") as first:
        probe = World.make(tmp_path)  # for the log's key, which the other witness wants before it starts
        vkey, origin = probe.trust.log.vkey, probe.trust.origin
        (tmp_path / "other").mkdir()
        with serving.somebody_elses(tmp_path / "other", origin, vkey) as second:
            serving.add_log(tmp_path / "w", vkey=vkey)
            policy = policy_of(tmp_path, {"A": first, "B": second}, "group Q all A B")
            succeed("policy", probe.vault, policy)
            with contextlib.ExitStack() as stack:
                probe.service.start()
                stack.callback(probe.service.kill)
                probe.enrol(probe.partner, "partner")
                probe.enrol(probe.auditor, "auditor")
                case = probe.report([("a.jpg", PHOTO.read_bytes())])["case"]
                assert health(probe)["witnesses"] == {"A": "cosigned", "B": "cosigned"}
                audit = probe.audit("--json")
                assert audit.json["ok"], audit.out
                assert "cosigned by 2 of 2" in audit.json["checks"][1]["detail"]
                probe.release(case, tmp_path / "bundle.zip")
                assert probe.open(tmp_path / "bundle.zip", tmp_path / "opened").code == 0
                with static(probe.vault / "store" / "log") as tiles:
                    words = ["--tiles", tiles, "--log-key", vkey, "--origin", origin]
                    words += ["--witness-key", first.vkeys[0], "--witness-key", second.vkeys[0], "--quorum", "2"]
                    seen = aics.run("aics-tlog", "verify-checkpoint", *words, "--max-age", "600")
                    assert seen.returncode == 0, seen.stdout + seen.stderr
                    bundle = next((probe.vault / "store" / "log" / "tile" / "entries").glob("000.p/*"))
                    leaf = tmp_path / "leaf"
                    leaf.write_bytes(bundle.read_bytes()[2:34])
                    proved = aics.run("aics-tlog", "verify-inclusion", *words, "--leaf", leaf, "--index", "0")
                    assert proved.returncode == 0, proved.stdout + proved.stderr


@pytest.mark.slow
def test_a_witness_that_is_away_stops_nothing_and_is_asked_again(tmp_path: Path) -> None:
    with serving.ours(tmp_path / "w") as witness:
        world = World.make(tmp_path, policy=policy_of(tmp_path, {"A": witness}, "quorum A"))
        serving.add_log(tmp_path / "w", vkey=world.trust.log.vkey)
        try:
            world.service.start()
            world.enrol(world.auditor, "auditor")
            assert world.audit().code == 0
            witness.kill()
            assert world.report([("a.jpg", PHOTO.read_bytes())])["case"]
            assert health(world)["witnesses"] == {"A": "did not answer"}
            assert failed(world.audit("--json")) == {"witnesses"}
            witness.start()
            later(lambda: health(world)["witnesses"] == {"A": "cosigned"})
            assert world.audit().code == 0
        finally:
            world.service.kill()


@pytest.mark.slow
def test_a_second_history_under_the_same_key_is_not_cosigned_and_raises_the_alarm(tmp_path: Path) -> None:
    with serving.ours(tmp_path / "w") as witness:
        world = World.make(tmp_path, policy=policy_of(tmp_path, {"A": witness}, "quorum A"))
        serving.add_log(tmp_path / "w", vkey=world.trust.log.vkey)
        shutil.copytree(world.vault, tmp_path / "copy")
        try:
            world.service.start()
            world.enrol(world.auditor, "auditor")
            world.report([("a.jpg", PHOTO.read_bytes())])
            world.service.kill()
            shutil.rmtree(world.vault)
            (tmp_path / "copy").rename(world.vault)
            world.service.start()
            world.enrol(world.auditor, "auditor")
            for _ in range(3):
                world.report([], "another history")
            later(lambda: bool(health(world)["alarm"]))
            assert "ALARM" in world.service.said.read_text()
            later(lambda: alarms(world) == ["A"])
            assert failed(world.audit("--json")) == {"witnesses", "custody"}
            witness.kill()
            world.service.stop()
            world.service.start()
            assert health(world)["alarm"] is True, "a restart forgets no alarm"
            world.report([], "more")
            assert alarms(world) == ["A"], "and makes no second event of it"
        finally:
            world.service.kill()


def alarms(world: World) -> list[str]:
    return [each["detail"]["witness"] for each in world.events() if each["type"] == "witness.alarmed"]


def test_the_log_grows_at_its_fixed_moments_only(tmp_path: Path) -> None:
    world = World.make(tmp_path, cadence=1)
    try:
        world.service.start()
        seen, moments, began = b"", 0, time.monotonic()
        writing = threading.Thread(target=lambda: [world.report([], f"statement {number}") for number in range(4)])
        writing.start()
        with httpx.Client(trust_env=False) as client:
            while writing.is_alive():
                note = client.get(world.address + "/log/checkpoint").content
                moments += bool(seen) and note != seen
                seen = note
                time.sleep(0.01)
        writing.join()
        seconds = time.monotonic() - began
    finally:
        world.service.kill()
    assert 3 <= moments <= seconds + 2  # one a second, and what a busy machine shifts at either end


def test_two_histories_of_one_length_look_the_same_but_for_hashes(tmp_path: Path) -> None:
    def public(name: str, *, files: bool) -> Any:
        (tmp_path / name).mkdir()
        world = World.make(tmp_path / name)
        try:
            world.service.start()
            world.enrol(world.partner, "partner")
            case = world.report([("a.jpg", PHOTO.read_bytes())] if files else [], "" if files else "words " * 2000)[
                "case"
            ]
            if not files:
                world.ask(case)
            else:
                world.enrol(world.auditor, "auditor")
            log = world.vault / "store" / "log"
            shown = {}
            for path in sorted(each for each in log.rglob("*") if each.is_file()):
                where = path.relative_to(log)
                answer = httpx.get(f"{world.address}/log/{where}", trust_env=False)
                headers = {key: value for key, value in answer.headers.items() if key != "date"}
                shown[str(where)] = (len(answer.content), headers, path.stat().st_mtime % 3600)
            return shown
        finally:
            world.service.kill()

    assert public("one", files=True) == public("two", files=False)
