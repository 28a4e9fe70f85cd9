"""A server that says one thing when it is asked first and another later gains nothing with an auditor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from evidence.audit import audit
from evidence.audit_replay import ServedEvent
from evidence.errors import DocumentError
from tests.evidence.auditing import Auditor, failed
from tests.evidence.claims import TRUST, Log, created, equivocating, opened
from tests.logserver import LogServer

CREATED: Final = created()
SEEN: Final = Log([CREATED, *(opened(f"AAAA-AAA{number}") for number in range(5))])
REWRITTEN: Final = Log([CREATED, *(opened(f"BBBB-BBB{number}") for number in range(8))])
MIXED: Final = Log([*SEEN.events, *REWRITTEN.events[6:]])


def auditor() -> Auditor:
    """Somebody who found `SEEN` good."""
    auditor = Auditor()
    assert auditor.audit(SEEN).ok
    return auditor


def test_honest_growth_passes_and_is_kept() -> None:
    grown, who = Log([*SEEN.events, opened("CCCC-CCC1")]), auditor()
    assert failed(who.audit(grown)) == {}
    assert who.state is not None
    assert who.state.size == len(SEEN.events) + 1


@pytest.mark.parametrize("kind", ["tile/0", "tile/entries", "tile/"])
def test_rewritten_history_is_seen_though_its_beginning_is_shown_first(kind: str) -> None:
    fetch, who = equivocating(MIXED.files, REWRITTEN.files, lambda path: path.startswith(kind)), auditor()
    result = who.audit(REWRITTEN, fetch)
    assert "append-only" in failed(result)
    assert result.state is None


def test_invented_events_are_seen_though_their_entries_are_shown_later() -> None:
    invented = Log([CREATED, *(opened(f"CCCC-CCC{number}") for number in range(5))])
    fetch = equivocating(SEEN.files, invented.files, lambda path: not path.startswith("tile/"))
    honest_then_invented = equivocating(SEEN.files, {**SEEN.files, **entries(invented)}, lambda _: True)
    for tried in (fetch, honest_then_invented):
        result = Auditor().audit(invented, tried)
        assert {"events", "tree"} & set(failed(result))
        assert result.state is None


@pytest.mark.parametrize("length", [1, 256, 300])
def test_every_entry_is_fetched_once(length: int) -> None:
    log, asked = Log([CREATED, *(opened(f"{number:04}-0000") for number in range(length))]), list[str]()

    def fetch(path: str) -> bytes:
        asked.append(path)
        return log.files[path]

    assert Auditor().audit(log, fetch).ok
    assert len([path for path in asked if path.startswith("tile/entries")]) == -(-(length + 1) // 256)


@pytest.mark.parametrize("kind", ["tile/entries", "tile/0"])
def test_a_log_that_withholds_what_is_new_does_not_pass(kind: str) -> None:
    grown = Log([*SEEN.events, opened("CCCC-CCC1")])
    left = {path: data for path, data in grown.files.items() if not path.startswith(kind)}
    result = auditor().audit(grown, left.__getitem__)
    assert "missing" in failed(result)["tree"]
    assert "1 events are missing" in failed(result)["events"] or "7 events are missing" in failed(result)["events"]
    assert result.state is None


def test_a_page_that_cannot_be_read_is_a_finding_and_the_rest_is_told() -> None:
    def events(_: int, __: int) -> Iterator[ServedEvent]:
        yield ServedEvent(SEEN.bodies[0])
        raise DocumentError("the vault's answer is not a page of events")

    result = audit(SEEN.fetch, TRUST, None, events)
    assert failed(result).keys() == {"events"}
    assert failed(result)["events"].startswith("the vault's answer is not a page of events; 5 events are missing")


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
def test_an_answer_that_is_no_page_of_events_ends_as_a_finding(tmp_path: Path, answer: str) -> None:
    with LogServer.running(tmp_path, SEEN) as server:
        server.answer = answer.encode()
        done = server.audit()
    assert done.code == 1, done.err
    checks = {check["name"]: check for check in done.json["checks"]}
    assert not checks["events"]["ok"]
    assert checks["events"]["detail"].startswith("the vault's answer is not a page of events; ")


def entries(log: Log) -> dict[str, bytes]:
    return {path: data for path, data in log.files.items() if path.startswith("tile/entries")}
