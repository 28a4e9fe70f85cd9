"""An audit by several processes finds what one finds, in the same order, and reads only a little ahead."""

import os
from collections.abc import Iterator

import pytest

from api.cli import audit_workers
from api.cli.audit_workers import AHEAD, each
from evidence.audit import audit
from evidence.audit_replay import ServedEvent
from tests.evidence.claims import TRUST, Log, created, opened, sealed


def squared(number: int) -> int:
    return number * number


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes begin with the second item."""
    monkeypatch.setattr(audit_workers, "ALONE", 1)


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
def test_results_come_in_order_and_little_is_read_ahead() -> None:
    read = list[int]()

    def numbers() -> Iterator[int]:
        for number in range(200):
            read.append(number)
            yield number

    for place, result in enumerate(each(squared, numbers())):
        assert result == place * place
        assert len(read) - place <= AHEAD * (os.cpu_count() or 1) + 1


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
def test_several_processes_find_what_one_finds() -> None:
    events = [created(), *(opened(f"{number % 900:04}-0000") for number in range(1500)), sealed()]
    log = Log(events)
    served = [*log.bodies[:700], b"no event", *log.bodies[701:]]

    def audited(**how: object) -> object:
        result = audit(log.fetch, TRUST, None, lambda start, size: map(ServedEvent, served[start:size]), **how)  # type: ignore[arg-type]
        return result.checks, result.faults, result.growth

    assert audited(each=each) == audited()


def test_few_items_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_workers, "ProcessPoolExecutor", None)
    assert list(each(squared, iter(range(audit_workers.ALONE)))) == [number**2 for number in range(audit_workers.ALONE)]
