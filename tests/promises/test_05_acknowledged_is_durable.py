"""Once a source has an answer, no crash loses the exhibit or its event; what was not answered is whole or not there.

The service is killed (SIGKILL) at random moments while reports arrive, and right after an answer, again and again.
"""

import contextlib
import hashlib
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from evidence.exhibit import StoredObject, header_length, stored_objects
from tests import media
from tests.service import JSON, World, amparo
from tests.traces import files, runs
from vault import unfinished
from vault.instance import open_vault
from vault.unfinished import Work

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
KILLS: Final = 10
SEED: Final = 20260301


@dataclass
class Sender:
    """Sends reports until the service dies; `answers` are what it was told, `photos` what it sent."""

    world: World
    answers: list[Any] = field(default_factory=list)
    photos: list[bytes] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self) -> None:
        assert self._thread is not None
        self._thread.join(60)

    def _run(self) -> None:
        try:
            while True:
                photo = media.noise(200)
                self.photos.append(photo)
                self.answers.append(self.world.report([("a.jpg", photo), ("b.jpg", photo)], "what happened"))
        except (httpx.TransportError, AssertionError):
            return


def test_no_kill_loses_what_was_answered_or_leaves_half_of_anything(world: World) -> None:
    chance = random.Random(SEED)
    answers: list[Any] = []
    photos: list[bytes] = []
    for _ in range(KILLS):
        senders = [Sender(world), Sender(world)]
        for sender in senders:
            sender.start()
        time.sleep(chance.uniform(0.02, 0.9))
        world.service.kill()
        for sender in senders:
            sender.join()
            answers += sender.answers
            photos += sender.photos
        assert runs(files([world.vault]), photos[-1:]) == []
        world.service.start()
        for answer in answers[-4:]:
            assert _seen_with(world, answer["receipt"]) == (answer["case"], answer["exhibits"])
    assert len(answers) > 2  # on the slowest machine, some kills came after an answer
    for answer in answers:
        assert _seen_with(world, answer["receipt"]) == (answer["case"], answer["exhibits"])
    _require_whole(world, {answer["case"] for answer in answers})


def test_a_kill_right_after_the_answer_loses_nothing(world: World, tmp_path: Path) -> None:
    state = tmp_path / "state"
    for number in range(4):
        answer = world.report([("a.jpg", media.noise())], f"number {number}")
        world.service.kill()
        world.service.start()
        assert _seen_with(world, answer["receipt"]) == (answer["case"], answer["exhibits"])
        done = world.audit("--state", state)
        assert done.code == 0, done.out
    _require_whole(world, {answer["case"]})


def test_a_kill_right_after_a_release_loses_nothing(world: World, tmp_path: Path) -> None:
    case = world.report([("a.jpg", media.noise())])["case"]
    request = world.ask(case)
    world.service.kill()
    world.service.start()
    world.as_custodian("approve", request)
    world.service.kill()
    world.service.start()
    world.as_partner("download", request, "-o", tmp_path / "bundle.zip")
    assert world.open(tmp_path / "bundle.zip", tmp_path / "out").code == 0
    types = [event["type"] for event in world.events() if event["case"] == case]
    for once in ("release.requested", "release.approved", "bundle.sealed"):
        assert types.count(once) == 1


def test_a_kill_between_approval_and_bundle_is_made_good_at_the_next_start(world: World, tmp_path: Path) -> None:
    request = world.ask(world.report([("a.jpg", media.noise())])["case"])
    killing = threading.Thread(target=_kill_at_approval, args=(world, request))
    killing.start()
    with contextlib.suppress(AssertionError):  # the answer may never come
        world.as_custodian("approve", request)
    killing.join()
    world.service.start()
    _require_bundle(world, request, tmp_path)


def test_a_crash_between_the_bundle_s_event_and_its_files_is_made_good(world: World, tmp_path: Path) -> None:
    # The log says sealed, the database that it is not finished, and the list of the bundle's parts is not there: as
    # after a crash at the worst moment.
    request = world.release(world.report([("a.jpg", media.noise())])["case"], tmp_path / "first.zip")
    world.service.stop()
    (world.vault / "store" / "releases" / request / "parts.json").unlink()
    with contextlib.closing(open_vault(world.vault)) as vault, vault.database.transaction() as connection:
        unfinished.note(connection, Work.BUNDLE, request)
    world.service.start()
    _require_bundle(world, request, tmp_path)


def _require_bundle(world: World, request: str, folder: Path) -> None:
    """The partner gets a bundle that opens, soon after the start, and it was sealed once."""
    deadline = time.monotonic() + 20
    words = ("partner", "-i", world.partner.key, "--server", world.address, "download", request, "-o")
    while (done := amparo(*words, folder / "bundle.zip")).code != 0:
        assert time.monotonic() < deadline, done.err
        time.sleep(0.2)
    assert world.open(folder / "bundle.zip", folder / "out").code == 0
    sealed = [event for event in world.events() if event["type"] == "bundle.sealed"]
    assert sum(event["detail"]["request"] == request for event in sealed) == 1


def _kill_at_approval(world: World, request: str) -> None:
    _wait_for_approval(world, request)
    world.service.kill()


def _wait_for_approval(world: World, request: str) -> None:
    """Until the approval is committed, by looking into the database from outside."""
    connection = sqlite3.connect(f"file:{world.vault / 'vault.db'}?mode=ro", uri=True)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if connection.execute("select count(*) from approvals where request = ?", (request,)).fetchone()[0]:
                return
    finally:
        connection.close()


def _seen_with(world: World, receipt: str) -> tuple[str, Any]:
    """What the source sees who comes back."""
    headers = {**JSON, "Authorization": f"Receipt {receipt}"}
    answer = httpx.get(f"{world.address}/api/receipt", headers=headers, trust_env=False, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["case"], answer.json()["exhibits"]


def _require_whole(world: World, answered: set[str]) -> None:
    """Audit passes, and every case has all its objects in the store as its events say: none is half there."""
    done = world.audit()
    assert done.code == 0, done.out
    events = world.events()
    opened = {event["case"] for event in events if event["type"] == "case.opened"}
    assert answered <= opened
    for case in opened:
        sealed = [event for event in events if event["case"] == case and event["type"] == "exhibit.sealed"]
        assert [event["detail"]["number"] for event in sealed] == list(range(1, len(sealed) + 1))
    for event in events:
        if event["type"] in {"exhibit.sealed", "statement.sealed"}:
            for stored in stored_objects(event["detail"]):
                data = _payload(world.vault / "store", stored)
                assert (len(data), hashlib.sha256(data).digest()) == (stored.size, stored.sha256)
    assert set(_cases_in_database(world)) == opened


def _payload(store: Path, stored: StoredObject) -> bytes:
    if stored.key.endswith("/media"):
        return (store / f"{stored.key}.payload").read_bytes()
    data = (store / stored.key).read_bytes()
    return data[header_length(data) :]


def _cases_in_database(world: World) -> Iterator[str]:
    connection = sqlite3.connect(f"file:{world.vault / 'vault.db'}?mode=ro", uri=True)
    try:
        yield from (case for (case,) in connection.execute('select "case" from cases'))
    finally:
        connection.close()
