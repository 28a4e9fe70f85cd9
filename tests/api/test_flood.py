"""A flood of strangers: work is asked for, turns run out, and who has a case or a desk goes on as before."""

import contextlib
import hashlib
import itertools
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.limits import Bucket
from api.proof_of_work import solve, solves
from api.work import BITS, Pressure
from tests import media
from tests.service import JSON, World
from tests.tus import Tus

PHOTO: Final = media.noise(200)
HTML: Final = {"Accept": "text/html"}


@contextlib.contextmanager
def flooded(folder: Path, **settings: int) -> Iterator[World]:
    """A running vault with these settings, the partner and the auditor enrolled."""
    world = World.make(folder)
    file = world.vault / "vault.toml"
    kept = [line for line in file.read_text().splitlines() if line.split(" ")[0] not in settings]
    file.write_text("\n".join([*kept, *(f"{name} = {value}" for name, value in settings.items()), ""]))
    try:
        world.service.start()
        world.enrol(world.partner, "partner")
        yield world
    finally:
        world.service.kill()


def open_case(world: World, work: str = "") -> httpx.Response:
    headers = {"Amparo-Work": work} if work else {}
    return httpx.post(world.address + "/api/cases", json={}, headers=headers, trust_env=False, timeout=60)


def asked(answer: httpx.Response) -> Any:
    assert answer.status_code == 429, answer.text
    problem = answer.json()
    assert problem["type"].endswith(":work-required")
    assert len(problem["challenge"]) <= 200
    assert problem["challenge"].isascii()
    assert 0 < problem["bits"] <= BITS
    return problem


def done(problem: Any) -> str:
    return f"{problem['challenge']}:{solve(problem['challenge'], problem['bits'])}"


def next_best(challenge: str, bits: int) -> str:
    """The solution but for its last number, which solves nothing."""
    rest, _, last = solve(challenge, bits).rpartition(".")
    return next(
        told for each in itertools.count(int(last) + 1) if not solves(challenge, told := f"{rest}.{each}", bits)
    )


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Four turns at once, of which one was taken: from now on cases cost work."""
    with flooded(tmp_path_factory.mktemp("world"), cases_per_hour=40, forms_per_hour=8) as world:
        while open_case(world).status_code == 201:
            pass
        yield world


def test_under_pressure_a_case_costs_work_and_the_work_counts_once(pressed: World) -> None:
    work = done(asked(open_case(pressed)))
    assert open_case(pressed, work).status_code == 201
    asked(open_case(pressed, work))


@pytest.mark.parametrize(
    "lie", ["number", "few", "order", "bits", "expiry", "salt", "mac", "nonsense", "empty", "purpose"]
)
def test_work_that_was_not_asked_for_or_not_done_does_not_count(pressed: World, lie: str) -> None:
    problem = asked(open_case(pressed))
    challenge, bits = problem["challenge"], problem["bits"]
    expires, told, salt, mac = challenge.split(".")
    false = {
        "number": f"{challenge}:{next_best(challenge, bits)}",
        "few": f"{challenge}:{solve(challenge, bits).rpartition('.')[0]}",
        "order": f"{challenge}:{'.'.join(reversed(solve(challenge, bits).split('.')))}",
        "bits": f"{expires}.1.{salt}.{mac}:{solve(f'{expires}.1.{salt}.{mac}', 1)}",
        "expiry": f"{int(expires) + 1}.{told}.{salt}.{mac}:{solve(f'{int(expires) + 1}.{told}.{salt}.{mac}', bits)}",
        "salt": done({"challenge": f"{expires}.{told}.{'0' * 32}.{mac}", "bits": bits}),
        "mac": done({"challenge": f"{expires}.{told}.{salt}.{'A' * 43}", "bits": bits}),
        "nonsense": "x" * 5000,
        "empty": ":",
        "purpose": done(problem),
    }[lie]
    if lie == "purpose":
        answer = httpx.post(
            pressed.address + "/report",
            files={"statement": (None, "x")},
            headers={**JSON, "Amparo-Work": false},
            trust_env=False,
        )
        asked(answer)
    else:
        asked(open_case(pressed, false))


def test_our_own_client_does_the_work(pressed: World) -> None:
    with pressed.client() as client:
        assert client.post("/api/cases", {})["case"]


def test_forms_have_turns_of_their_own_and_a_page_that_says_what_to_do(pressed: World) -> None:
    answers = [
        httpx.post(
            pressed.address + "/report", files={"statement": (None, "x")}, headers=HTML, trust_env=False, timeout=60
        )
        for _ in range(4)
    ]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    last = answers[-1]
    assert last.status_code == 503
    assert int(last.headers["retry-after"]) > 0
    assert last.headers["content-type"].startswith("text/html")


def test_who_has_a_case_adds_to_it_without_work(pressed: World) -> None:
    opened = open_case(pressed, done(asked(open_case(pressed)))).json()
    tus = Tus(pressed.address, opened["receipt"])
    assert tus.patch(tus.begin(len(PHOTO)), 0, PHOTO).headers["amparo-exhibit"] == "1"
    assert pressed.report([("a.jpg", PHOTO)], receipt=opened["receipt"])["exhibits"][0]["number"] == 2


def test_uploads_are_bounded_in_all_and_in_a_case_and_those_under_way_go_on(tmp_path: Path) -> None:
    with flooded(tmp_path, uploads_at_once=8, report_files=6, report_bytes=100_000_000) as world:
        tus = Tus.case_at(world.address)
        first = tus.begin(len(PHOTO))
        paths = [tus.begin(10**6), tus.begin(10**6)]
        problem = asked(tus.create(10**6))
        elsewhere = tus.send("POST", "/uploads", {"Upload-Length": "5", "Amparo-Work": done(problem)})
        asked(elsewhere)  # the work is bound to the length
        worked = {"Upload-Length": str(10**6), "Amparo-Work": done(problem)}
        assert tus.send("POST", "/uploads", worked).status_code == 201
        too_long = {"Upload-Length": str(10**8), "Amparo-Work": done(asked(tus.create(10**8)))}
        assert tus.send("POST", "/uploads", too_long).json()["type"].endswith(":case-full")
        while len(paths) < 4:
            more = {"Upload-Length": "5", "Amparo-Work": done(asked(tus.create(5)))}
            assert tus.send("POST", "/uploads", more).status_code == 201
            paths.append("")
        seventh = {"Upload-Length": "5", "Amparo-Work": done(asked(tus.create(5)))}
        assert tus.send("POST", "/uploads", seventh).json()["type"].endswith(":case-full")
        other = Tus.case_at(world.address)
        for _ in range(2):
            work = {"Upload-Length": "5", "Amparo-Work": done(asked(other.create(5)))}
            assert other.send("POST", "/uploads", work).status_code == 201
        assert other.create(5).status_code == 503
        assert tus.patch(first, 0, PHOTO).headers["amparo-exhibit"] == "1"


def test_a_disk_that_is_nearly_full_takes_nothing_new(tmp_path: Path) -> None:
    with flooded(tmp_path, free_bytes=2**60) as world:
        answer = open_case(world)
        assert (answer.status_code, answer.json()["type"]) == (507, "urn:amparo:problem:no-space")
        form = {"statement": (None, "x")}
        report = httpx.post(world.address + "/report", files=form, headers=HTML, trust_env=False)
        assert report.status_code == 507
        health = httpx.get(world.address + "/health", trust_env=False)
        assert (health.status_code, health.json()["uploads"]) == (200, "refused: the disk is nearly full")


@pytest.mark.slow
def test_custodians_are_answered_during_a_flood_and_uploads_under_way_finish(tmp_path: Path) -> None:
    """Strangers open cases, look up receipts and hold connections open, all at once and without end."""
    with flooded(tmp_path) as world:
        tus = Tus.case_at(world.address)
        path = tus.begin(len(PHOTO))
        over, counts = threading.Event(), {"opened": 0, "refused": 0}

        def strangers(method: str, where: str) -> None:
            headers = {"Tus-Resumable": "1.0.0", "Authorization": "Receipt 0000000000000000", "Upload-Length": "5"}
            while not over.is_set():
                with contextlib.suppress(httpx.HTTPError):
                    answer = httpx.request(method, world.address + where, headers=headers, trust_env=False, timeout=60)
                    counts["opened" if answer.is_success else "refused"] += 1

        threads = [
            threading.Thread(target=strangers, args=each)
            for each in [("POST", "/api/cases"), ("GET", "/api/receipt"), ("POST", "/uploads"), ("POST", "/report")] * 6
        ]
        held = [_slow_body(world) for _ in range(550)]
        for thread in threads:
            thread.start()
        try:
            for at in range(0, len(PHOTO), 8192):
                assert tus.patch(path, at, PHOTO[at : at + 8192]).status_code == 204
            for _ in range(10):
                world.as_custodian("requests", "--json")
            assert world.ask(tus.case)
        finally:
            over.set()
            for thread in threads:
                thread.join()
            for connection in held:
                connection.close()
        assert counts["refused"] > 20
        assert tus.seen()["exhibits"][0]["sha256"] == hashlib.sha256(PHOTO).hexdigest()


def _slow_body(world: World) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", world.service.port))
    connection.sendall(
        b"POST /report HTTP/1.1\r\nHost: x\r\nAuthorization: Receipt 1234567890123456\r\nContent-Length: 99999\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    return connection


@given(st.integers(4, 400))
def test_turns_run_out_and_the_fill_says_so(per_hour: int) -> None:
    bucket = Bucket(per_hour)
    assert bucket.fill < 0.01
    taken = sum(bucket.take() for _ in range(per_hour))
    assert per_hour // 4 <= taken <= per_hour // 4 + 1
    assert bucket.fill > 1 - 4 / per_hour - 0.01


def test_more_pressure_asks_for_more_work() -> None:
    bits = [Pressure(fill / 100).bits for fill in range(101)]
    assert bits == sorted(bits)
    assert (bits[0], bits[25], bits[-1]) == (0, 0, BITS)


@pytest.mark.parametrize("bits", range(12))
def test_work_is_what_the_contract_says(bits: int) -> None:
    numbers = solve("a challenge", bits).split(".")
    assert len(numbers) == 16
    for puzzle, number in enumerate(numbers):
        digest = hashlib.sha256(f"a challenge:{puzzle}:{number}".encode()).digest()
        assert f"{int.from_bytes(digest):0256b}".startswith("0" * bits)
