"""A vault has its log stamped once a day, keeps what came, and an audit checks it against the authority's root."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.note import Note
from tests.oracles import tsa
from tests.oracles.tsa import Tsa
from tests.service import World, succeed
from tests.vault.making import new_vault, person, report
from vault.clock import Clock, Synchronisation, SystemClock
from vault.instance import Vault, open_vault
from vault.rebuild import rebuild
from vault.timestamp_schedule import Timestamping


class Later:
    """A clock that runs ahead by `by`."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.by

    def synchronised(self) -> Synchronisation:
        return "unsynchronised"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tsa]:
    with tsa.running(tmp_path_factory.mktemp("tsa") / "one") as one:
        yield one


@pytest.fixture(autouse=True)
def _well(authority: Tsa) -> None:
    authority.answering, authority.spoil = True, lambda reply: reply


def stamped_vault(folder: Path, *authorities: Tsa, clock: Clock | None = None) -> Vault:
    new_vault(folder, person("custodian"))
    for one in authorities:
        succeed("authority", folder, "add", one.folder.name, one.url, one.root)
    return open_vault(folder, clock)


def stamps(vault: Vault) -> list[Any]:
    with vault.database.reading() as connection:
        bodies = connection.exec_driver_sql("select body from events order by id").scalars().all()
    events = [json.loads(bytes(body)) for body in bodies]
    return [event["detail"] for event in events if event["type"] == "checkpoint.timestamped"]


def test_the_log_is_stamped_soon_then_once_a_day_and_never_for_an_upload(authority: Tsa, tmp_path: Path) -> None:
    clock = Later()
    vault = stamped_vault(tmp_path / "v", authority, clock=clock)
    schedule, said = Timestamping(vault, list[str]().append), authority.asked
    assert schedule.run_due() == ["one"]
    vault.sequencer.start()
    report(vault, statement="it happened")
    assert schedule.run_due() == []
    clock.by = timedelta(hours=25)
    assert schedule.run_due() == ["one"]
    assert authority.asked - said == 2
    assert len(stamps(vault)) == 2
    vault.close()


def test_openssl_accepts_what_is_kept(authority: Tsa, tmp_path: Path) -> None:
    vault = stamped_vault(tmp_path / "v", authority)
    Timestamping(vault, list[str]().append).run_due()
    (detail,) = stamps(vault)
    kept = vault.settings.folder / "store" / "log" / "timestamps" / str(detail["size"])
    assert tsa.accepts(kept / "one.pem", kept / "one.tsr", kept / "checkpoint")
    assert not tsa.accepts(kept / "one.pem", kept / "one.tsr", kept / "one.pem")
    assert Checkpoint.parse(Note.parse((kept / "checkpoint").read_bytes()).text).size == detail["size"]
    vault.close()


def test_an_authority_that_is_away_or_lies_stops_nobody_and_is_asked_later(authority: Tsa, tmp_path: Path) -> None:
    with tsa.running(tmp_path / "two") as second:
        vault = stamped_vault(tmp_path / "v", authority, second)
        told: list[str] = []
        schedule = Timestamping(vault, told.append)
        authority.answering = False
        assert schedule.run_due() == ["two"]
        assert told == ["timestamps: one: it does not answer; asked again later"]
        authority.answering = True
        assert schedule.run_due() == []  # not at once
        schedule._pauses.clear()
        authority.spoil = lambda reply: reply[:-1] + bytes([reply[-1] ^ 1])
        assert schedule.run_due() == []
        schedule._pauses.clear()
        authority.spoil = lambda _: bytes(1 << 20)
        assert schedule.run_due() == []
        schedule._pauses.clear()
        stale = second.reply((second.folder / "query").read_bytes())
        authority.spoil = lambda _: stale
        assert schedule.run_due() == []
        schedule._pauses.clear()
        authority.spoil = lambda reply: reply
        assert schedule.run_due() == ["one"]
        vault.close()


def test_a_rebuilt_database_knows_when_the_log_was_stamped(authority: Tsa, tmp_path: Path) -> None:
    vault = stamped_vault(tmp_path / "v", authority)
    Timestamping(vault, list[str]().append).run_due()
    vault.sequencer.run_once()
    vault.close()
    rebuild(tmp_path / "v")
    vault = open_vault(tmp_path / "v")
    assert Timestamping(vault, list[str]().append).run_due() == []
    vault.close()


def steps(world: World, *options: str | Path) -> dict[str, str]:
    """The steps of an audit that failed, and what they say."""
    return {each["name"]: each["detail"] for each in world.audit("--json", *options).json["checks"] if not each["ok"]}


@pytest.mark.slow
def test_an_audit_checks_each_stamp_with_its_files(authority: Tsa, tmp_path: Path) -> None:
    world = World.make(tmp_path)
    succeed("authority", world.vault, "add", "one", authority.url, authority.root)
    vault = open_vault(world.vault)
    Timestamping(vault, list[str]().append).run_due()
    vault.close()
    try:
        world.service.start()
        world.enrol(world.auditor, "auditor")
        audit = world.audit("--json")
        assert audit.json["ok"], audit.out
        assert "1 timestamps, the newest of 20" in audit.out
        (reply,) = (world.vault / "store" / "log" / "timestamps").glob("*/one.tsr")
        whole = reply.read_bytes()
        reply.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert set(steps(world)) == {"timestamps"}
        reply.unlink()
        assert steps(world)["timestamps"].endswith("is missing")
        reply.write_bytes(whole)
        note = reply.with_name("checkpoint")
        note.write_bytes((world.vault / "store" / "log" / "checkpoint").read_bytes())
        assert set(steps(world)) == {"timestamps"}
    finally:
        world.service.kill()


@pytest.mark.slow
def test_the_service_has_the_log_stamped_and_a_missing_stamp_is_a_finding(authority: Tsa, tmp_path: Path) -> None:
    world = World.make(tmp_path)
    succeed("authority", world.vault, "add", "one", authority.url, authority.root)
    authority.answering = False
    try:
        world.service.start()
        world.enrol(world.auditor, "auditor")
        assert steps(world) == {"timestamps": "one has not stamped the log yet"}
        authority.answering = True
        deadline = time.monotonic() + 100
        while steps(world):
            assert time.monotonic() < deadline
            time.sleep(2)
    finally:
        world.service.kill()
