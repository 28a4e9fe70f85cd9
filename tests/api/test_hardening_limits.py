"""The service stays reachable while somebody is slow, silent, gone or many, and while the log does not move."""

import concurrent.futures
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from api import limits
from api.connections import ImpatientProtocol
from api.limits import REST, Limits, Pace
from tests.api.serving import Served, answered, answered_head, form, form_head, head, part, served
from tests.vault.making import person
from tests.vault.media import PHOTO
from vault.errors import SequencerStalled
from vault.instance import Vault

JSON = {"Accept": "application/json"}
SOON = 1.0


class Hasty(ImpatientProtocol):
    """Waits a second for a request's head."""

    head_seconds = SOON


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "vault", person("custodian"), protocol=Hasty) as running:
        yield running


def vault_of(service: Served) -> Vault:
    vault: Vault = service.app.state.vault
    return vault


def limits_of(service: Served) -> Limits:
    found: Limits = service.app.state.limits
    return found


def report(service: Served, receipt: str = "", statement: str = "words") -> httpx.Response:
    headers = {**JSON, **({"Authorization": f"Receipt {receipt}"} if receipt else {})}
    fields = {"statement": (None, statement)}
    return httpx.post(service.address + "/report", files=fields, headers=headers, timeout=60, trust_env=False)


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_connection_without_a_request_is_ended(service: Served) -> None:
    began = time.monotonic()
    silent, half = service.connect(), service.connect(b"GET / HTTP/1.1\r\nHost: x\r\n")
    with silent, half:
        time.sleep(0.6)
        half.sendall(b"X-More: 1\r\n")  # bytes now and then do not help
        assert (silent.recv(1), half.recv(1)) == (b"", b"")
    assert time.monotonic() - began < 60


def test_body_in_time_is_not_bothered_by_the_deadline_of_heads(service: Served) -> None:
    body = form(part("statement", b"words"))
    connection = service.connect(form_head(len(body), "Accept: application/json", "Connection: close"), body[:50])
    time.sleep(2 * SOON)
    connection.sendall(body[50:])
    assert answered(connection)[0] == 200


@pytest.mark.parametrize("path", ["/report", "/receipt"])
def test_silence_ends_the_connection_and_forgets_what_came(service: Served, path: str) -> None:
    limits_of(service).pace = Pace(silence=0.3)
    before = limits_of(service).memory.left
    start = form_head(10_000_000) if path == "/report" else head(path, 1000)
    status, answer = answered(
        service.connect(start, part("files", bytes(2_000_000), file=True) if "port" in path else b"r")
    )
    assert status == 408
    assert b"urn:amparo:problem:too-slow" in answer
    assert limits_of(service).memory.left == before


def test_trickle_is_ended_once_the_grace_is_over(service: Served) -> None:
    limits_of(service).pace = Pace(silence=5, grace=0.5, rate=200)
    connection = service.connect(form_head(10_000))
    began = time.monotonic()
    for byte in part("statement", b"a" * 200)[:-2]:
        try:
            connection.sendall(bytes([byte]))
        except OSError:
            break
        time.sleep(0.02)
    assert answered_head(connection) in {0, 408}
    connection.close()
    assert time.monotonic() - began < 60


def test_slow_but_steady_body_is_taken(service: Served) -> None:
    limits_of(service).pace = Pace(silence=5, grace=0.3, rate=200)
    body = form(part("statement", b"a" * 1000))
    connection = service.connect(form_head(len(body), "Accept: application/json", "Connection: close"))
    for start in range(0, len(body), 100):
        connection.sendall(body[start : start + 100])
        time.sleep(0.1)
    assert answered(connection)[0] == 200


def test_who_hangs_up_leaves_no_line_and_no_memory(service: Served, capfd: pytest.CaptureFixture[str]) -> None:
    memory = limits_of(service).memory
    before = memory.left
    with service.connect(form_head(10_000_000), part("files", bytes(2_000_000), file=True)):
        assert eventually(lambda: memory.left < before)
    assert eventually(lambda: memory.left == before)
    assert capfd.readouterr().err == ""


def test_wrong_receipt_is_told_before_the_body_comes(service: Served) -> None:
    for receipt, status in (("0" * 16, 404), ("1", 400)):
        with service.connect(form_head(10_000_000, f"Authorization: Receipt {receipt}")) as connection:
            assert answered_head(connection) == status


def test_right_receipt_adds_to_its_case(service: Served) -> None:
    first = report(service).json()
    again = report(service, first["receipt"])
    assert (again.status_code, again.json()["case"]) == (200, first["case"])


@pytest.mark.slow
def test_guessing_receipts_does_not_keep_others_out(service: Served) -> None:
    def guess(number: int) -> int:
        headers = {"Authorization": f"Receipt {number:016d}"}
        return httpx.get(service.address + "/api/receipt", headers=headers, timeout=60, trust_env=False).status_code

    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        guesses = [pool.submit(guess, number) for number in range(60)]
        assert eventually(lambda: limits_of(service).lookups.statistics().tasks_waiting > 40)
        assert httpx.get(service.address + "/health", timeout=10, trust_env=False).status_code == 200
        assert limits_of(service).lookups.borrowed_tokens == limits.LOOKUPS
        assert {each.result() for each in guesses} == {404}


def stall(monkeypatch: pytest.MonkeyPatch, vault: Vault) -> threading.Event:
    """The log does not move until the event is set; then it says that it did not move in time."""
    moving = threading.Event()

    def wait(*_: object) -> int:
        moving.wait(30)
        raise SequencerStalled("the custody log does not move; try again later")

    monkeypatch.setattr(vault.sequencer, "wait", wait)
    return moving


def test_report_that_the_log_does_not_confirm_keeps_its_receipt(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stall(patch, vault_of(service)).set()
        told = report(service)
        page = httpx.post(
            service.address + "/report",
            files={"files": ("x", PHOTO.read_bytes())},
            headers={"Accept": "text/html"},
            trust_env=False,
        )
    assert told.status_code == 202
    assert told.json()["confirmed"] is False
    assert page.status_code == 202
    assert "Not confirmed yet" in page.text
    headers = {"Authorization": f"Receipt {told.json()['receipt']}"}
    seen = httpx.get(service.address + "/api/receipt", headers=headers, trust_env=False)
    assert (seen.status_code, seen.json()["case"]) == (200, told.json()["case"])
    later = report(service)
    assert (later.status_code, "confirmed" in later.json()) == (200, False)


@pytest.mark.slow
def test_waiting_for_the_log_starves_nobody(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, concurrent.futures.ThreadPoolExecutor(60) as pool:
        moving = stall(patch, vault_of(service))
        reports = [pool.submit(report, service) for _ in range(50)]
        sealing = limits_of(service).sealing
        assert eventually(lambda: sealing.borrowed_tokens == limits.SEALING)
        assert httpx.get(service.address + "/log/checkpoint", timeout=10, trust_env=False).status_code == 200
        moving.set()
        assert {each.result().status_code for each in reports} == {202}


def test_more_bodies_than_are_taken_at_once_are_told_to_come_back(service: Served) -> None:
    limits_of(service).bodies[REST] = 1
    first = service.connect(form_head(1000), b"-")
    assert eventually(lambda: limits_of(service).bodies[REST] == 0)
    second = service.connect(form_head(10), b"0123456789")
    status, answer = answered(second)
    assert (status, b"\r\nretry-after: 30\r\n" in answer.lower()) == (503, True)
    assert httpx.get(service.address + "/", trust_env=False).status_code == 200
    first.close()
    assert eventually(lambda: report(service).status_code == 200)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "/report", "POST"), ("DELETE", "/receipt", "GET, POST"), ("POST", "/log/tile/0/x000", "GET")],
)
def test_refused_method_names_those_that_are_not(service: Served, method: str, path: str, allowed: str) -> None:
    answer = httpx.request(method, service.address + path, trust_env=False)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
