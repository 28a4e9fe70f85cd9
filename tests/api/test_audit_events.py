"""An auditor gets events in pages, each the one that the public log committed to."""

import hashlib
import json
from typing import Any

import httpx
import pytest

from evidence.tlog.tiles import fetch_entries
from tests import media
from tests.service import World


@pytest.fixture(scope="module")
def size(world: World) -> int:
    """How long the log is after a few reports."""
    for number in range(4):
        world.report([("a.jpg", media.noise())], f"number {number}")
    return length(world)


def page(world: World, **params: Any) -> httpx.Response:
    return httpx.get(
        world.address + "/api/audit/events", params=params, auth=world.auditor.auth, trust_env=False, timeout=60
    )


def test_every_event_is_the_one_that_was_committed_to(world: World, size: int) -> None:
    events = page(world, start=0, size=size).json()["events"]
    with world.client() as client:
        entries = fetch_entries(size, 0, lambda path: client.get_bytes(f"/log/{path}"))
    assert [hashlib.sha256(each["event"].encode()).digest() for each in events] == entries
    assert all(each["database"] is True for each in events)


@pytest.mark.parametrize("start", [0, 1, 5])
def test_a_page_begins_where_it_was_asked_to(world: World, size: int, start: int) -> None:
    whole = page(world, start=0, size=size).json()["events"]
    part = page(world, start=start, size=size).json()
    assert (part["start"], part["events"]) == (start, whole[start:])


def test_there_is_nothing_beyond_the_size(world: World, size: int) -> None:
    assert page(world, start=size, size=size).json()["events"] == []
    assert len(page(world, start=0, size=3).json()["events"]) == 3


@pytest.mark.parametrize(
    "params", [{}, {"size": -1}, {"size": "x"}, {"size": 1, "start": -1}, {"size": "1" * 5000}, {"start": 1}]
)
def test_other_numbers_are_refused(world: World, params: dict[str, Any]) -> None:
    answer = page(world, **params)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:amparo:problem:malformed-request")


@pytest.mark.parametrize("number", [10**9, 2**53, 2**63, 10**30])
def test_a_size_beyond_the_log_costs_nothing(world: World, number: int) -> None:
    answer = page(world, start=number - 1, size=number)
    assert answer.status_code < 500
    assert page(world, start=0, size=number).status_code < 500
    assert httpx.get(world.address + "/health", trust_env=False).status_code == 200


def length(world: World) -> int:
    """How long the log is now."""
    with world.client() as client:
        return int(client.get_bytes("/log/checkpoint").split(b"\n")[1])


def readings(world: World) -> list[dict[str, Any]]:
    """The auditor's readings in the log."""
    with world.client(world.custodian) as client:
        events = client.get("/api/audit/events", start=0, size=length(world))["events"]
    found = [json.loads(each["event"]) for each in events]
    return [each for each in found if each["type"] == "events.read" and each["actor"]["id"] == world.auditor.name]


def test_an_audit_of_many_pages_is_one_event(world: World) -> None:
    before, size = len(readings(world)), length(world)
    for start in range(2, size):
        assert page(world, start=start, size=size).is_success
    told = readings(world)[before:]
    assert [each["detail"] for each in told] == [{"start": 2, "size": size}]


def test_what_was_not_told_yet_is_another_event(world: World) -> None:
    before, size = len(readings(world)), length(world)
    for start, of in ((3, size), (1, size), (3, size + 1)):
        assert page(world, start=start, size=of).is_success
    assert [each["detail"] for each in readings(world)[before:]] == [
        {"start": 3, "size": size},
        {"start": 1, "size": size},
        {"start": 3, "size": size + 1},
    ]
