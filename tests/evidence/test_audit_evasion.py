"""A server that says one thing when it is asked first and another later gains nothing with an auditor."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from evidence.audit import Audit, AuditState, Fetch, ServedEvent, audit
from evidence.errors import DocumentError
from tests.evidence.claims import TRUST, Log, created, equivocating, opened
from tests.service import amparo, succeed

CREATED: Final = created()
SEEN: Final = Log([CREATED, *(opened(f"AAAA-AAA{number}") for number in range(5))])
REWRITTEN: Final = Log([CREATED, *(opened(f"BBBB-BBB{number}") for number in range(8))])
MIXED: Final = Log([*SEEN.events, *REWRITTEN.events[6:]])


def serve(log: Log, fetch: Fetch | None = None, state: AuditState | None = None) -> Audit:
    return audit(fetch or log.fetch, TRUST, state, lambda size: map(ServedEvent, log.bodies[:size]))


def kept() -> AuditState:
    state = serve(SEEN).state
    assert state is not None
    return state


def failed(result: Audit) -> dict[int, str]:
    assert [check.number for check in result.checks] == list(range(1, len(result.checks) + 1))
    return {check.number: check.detail for check in result.checks if not check.ok}


def test_honest_growth_passes_and_is_kept() -> None:
    grown = Log([*SEEN.events, opened("CCCC-CCC1")])
    result = serve(grown, state=kept())
    assert failed(result) == {}
    assert result.state is not None
    assert result.state.size == len(SEEN.events) + 1


@pytest.mark.parametrize("kind", ["tile/0", "tile/entries", "tile/"])
def test_rewritten_history_is_seen_though_its_beginning_is_shown_first(kind: str) -> None:
    fetch = equivocating(MIXED.files, REWRITTEN.files, lambda path: path.startswith(kind))
    result = serve(REWRITTEN, fetch, kept())
    assert failed(result)
    assert result.state is None


def test_rewritten_history_is_named() -> None:
    assert "history was rewritten" in failed(serve(REWRITTEN, state=kept()))[2]


def test_a_shorter_log_is_named() -> None:
    assert failed(serve(Log(SEEN.events[:3]), state=kept()))[2].startswith("the log was cut short")


def test_invented_events_are_seen_though_their_entries_are_shown_later() -> None:
    invented = Log([CREATED, *(opened(f"CCCC-CCC{number}") for number in range(5))])
    fetch = equivocating(SEEN.files, invented.files, lambda path: not path.startswith("tile/"))
    honest_then_invented = equivocating(SEEN.files, {**SEEN.files, **entries(invented)}, lambda _: True)
    for tried in (fetch, honest_then_invented):
        result = serve(invented, tried, kept())
        assert 4 in failed(result) or 3 in failed(result)
        assert result.state is None


def test_every_entry_is_fetched_once() -> None:
    asked: list[str] = []

    def fetch(path: str) -> bytes:
        asked.append(path)
        return SEEN.files[path]

    assert serve(SEEN, fetch, kept()).ok
    assert len([path for path in asked if path.startswith("tile/entries")]) == 1


@pytest.mark.parametrize("kind", ["tile/entries", "tile/0"])
def test_a_log_that_withholds_its_beginning_does_not_pass_as_unchanged(kind: str) -> None:
    grown = Log([*SEEN.events, opened("CCCC-CCC1")])
    left = {path: data for path, data in grown.files.items() if not path.startswith(kind)}
    result = serve(grown, left.__getitem__, kept())
    assert "not checked" in failed(result)[2]
    assert "missing" in failed(result)[3]
    assert 4 in failed(result)


def test_a_page_that_cannot_be_read_is_a_finding_and_the_rest_is_told() -> None:
    def events(_: int) -> Iterator[ServedEvent]:
        yield ServedEvent(SEEN.bodies[0])
        raise DocumentError("the vault's answer is not a page of events")

    result = audit(SEEN.fetch, TRUST, None, events)
    assert failed(result) == {4: "the vault's answer is not a page of events"}
    assert len(result.checks) == 5


@pytest.mark.parametrize(
    "answer",
    [
        '{"events": [{"event": "\\ud800", "database": true}]}',
        '{"events": [{"event": 7, "database": true}]}',
        '{"events": ["event"]}',
        '{"events": 7}',
        "{}",
        "[]",
        "no JSON",
        "[" * 100_000,
    ],
)
def test_an_answer_that_is_no_page_of_events_ends_as_a_finding(hostile: str, tmp_path: Path, answer: str) -> None:
    Hostile.answer = answer.encode()
    succeed("keygen", "auditor", "-o", tmp_path / "auditor.key")
    (tmp_path / "trust.json").write_bytes(TRUST.encode())
    words = ("audit", hostile, "--trust", tmp_path / "trust.json", "-i", tmp_path / "auditor.key", "--json")
    done = amparo(*words)
    assert done.code == 1, done.err
    checks = {check["number"]: check for check in done.json["checks"]}
    assert not checks[4]["ok"]
    assert checks[4]["detail"] == "the vault's answer is not a page of events"


def entries(log: Log) -> dict[str, bytes]:
    return {path: data for path, data in log.files.items() if path.startswith("tile/entries")}


class Hostile(BaseHTTPRequestHandler):
    """Serves a good log, and whatever it likes as its events."""

    answer = b""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        data = SEEN.files.get(path.removeprefix("/log/")) if path.startswith("/log/") else self.answer
        if data is None:
            data = json.dumps({"type": "urn:amparo:problem:not-found", "title": "None.", "detail": "None."}).encode()
            self.send_response(404)
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
