import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from evidence.event import Event, EventType, Role
from tests.vault.making import Furnished, furnished, report, running
from tests.vault.media import PHOTO
from vault.database import schema
from vault.fixity import Fixity, check
from vault.instance import Vault, open_vault
from vault.sequencer import stored_events

DAY = 24 * 3600


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    return furnished(tmp_path_factory.mktemp("fixity") / "vault")


@pytest.fixture
def folder(made: Furnished, tmp_path: Path) -> Path:
    """A copy of the vault, to be damaged."""
    shutil.copytree(made.folder, tmp_path / "vault")
    return tmp_path / "vault"


@contextmanager
def at_rest(folder: Path) -> Iterator[Vault]:
    vault = open_vault(folder)
    try:
        yield vault
    finally:
        vault.close()


def checked(folder: Path) -> Fixity:
    with at_rest(folder) as vault:
        return check(vault)


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_whole_vault_has_no_fault_and_the_log_says_that_it_was_checked(folder: Path) -> None:
    for _ in range(2):
        result = checked(folder)
        assert (result.faults, result.orphans, result.objects, result.recorded) == ([], [], 7, True)
    with at_rest(folder) as vault:
        *_, last = stored_events(vault.store, vault.sequencer.nodes()[0])
    event = Event.parse(last)
    assert (event.type, event.detail) == (EventType.FIXITY_CHECKED, {"objects": 7, "faults": 0})


def fixity_event(vault: Vault) -> Event:
    return vault.event(EventType.FIXITY_CHECKED, Role.SYSTEM, "vault", detail={"objects": 0, "faults": 0})


def stored(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder / "store")) for path in (folder / "store").rglob("*") if path.is_file())


SEALED_FOR_RECEIPT = re.compile(r"cases/[^/]+/receipt/")


@pytest.mark.slow
def test_flipped_byte_in_any_stored_object_is_a_fault(made: Furnished, tmp_path: Path) -> None:
    """At the end, which is payload in age files, and at the start, which is the version of an age header."""
    keys = stored(made.folder)
    assert len(keys) > 30
    unseen = []
    for number, key in enumerate(keys):
        for at in (0, -1):
            folder = tmp_path / f"{number}{at}"
            shutil.copytree(made.folder, folder)
            flip(folder / "store" / key, at)
            if not checked(folder).faults:
                unseen.append((key, at))
            shutil.rmtree(folder)
    # What only the holder of the receipt, or of a key, can check.
    assert [(key, at) for key, at in unseen if not SEALED_FOR_RECEIPT.search(key)] == []


@pytest.mark.slow
def test_missing_object_is_a_fault(made: Furnished, tmp_path: Path) -> None:
    unseen = []
    for number, key in enumerate(stored(made.folder)):
        folder = tmp_path / str(number)
        shutil.copytree(made.folder, folder)
        (folder / "store" / key).unlink()
        if not checked(folder).faults:
            unseen.append(key)
        shutil.rmtree(folder)
    # Older partial tiles may go at any time (tlog-tiles).
    assert [key for key in unseen if not re.search(r"^log/tile/.*\.p/\d+$", key)] == []


def test_fault_names_the_object_and_is_recorded(folder: Path) -> None:
    key = next(key for key in stored(folder) if key.endswith("media.payload"))
    flip(folder / "store" / key, 1000)
    result = checked(folder)
    named = [fault.key for fault in result.faults]
    assert key.removesuffix(".payload") in named
    assert result.recorded


def test_payload_that_was_cut_or_lengthened_is_a_fault(folder: Path) -> None:
    payloads = [folder / "store" / key for key in stored(folder) if key.endswith("media.payload")]
    payloads[0].write_bytes(payloads[0].read_bytes()[:-1])
    payloads[1].write_bytes(payloads[1].read_bytes() + b"x")
    faults = [fault for fault in checked(folder).faults if "payload" in fault.what]
    assert len(faults) == 2


def test_nothing_is_built_upon_a_damaged_log(folder: Path) -> None:
    flip(folder / "store" / "log" / "checkpoint", 5)
    before = (folder / "store" / "log" / "checkpoint").read_bytes()
    assert not checked(folder).recorded
    assert (folder / "store" / "log" / "checkpoint").read_bytes() == before


def test_object_that_no_event_names_is_noted(folder: Path) -> None:
    orphan = folder / "store" / "exhibits" / ("0" * 32) / "media.payload"
    orphan.parent.mkdir()
    orphan.write_bytes(b"left by a crash")
    result = checked(folder)
    assert result.faults == []
    assert result.orphans == [f"exhibits/{'0' * 32}/media.payload"]


def test_orphans_are_removed_when_they_are_a_day_old_and_what_an_event_names_never(folder: Path) -> None:
    before = {path for path in (folder / "store").rglob("*") if path.is_file()}
    old, young = (folder / "store" / "exhibits" / (digit * 32) / "media.payload" for digit in "01")
    for path in (old, young):
        path.parent.mkdir()
        path.write_bytes(b"left by a crash")
    for path in before | {old}:
        os.utime(path, (time.time() - 2 * DAY, time.time() - 2 * DAY))
    with at_rest(folder) as vault:
        result = check(vault, remove_orphans=True)
    assert result.removed == [f"exhibits/{'0' * 32}/media.payload"]
    assert result.orphans == [f"exhibits/{'1' * 32}/media.payload"]
    assert not old.exists()
    exhibits = {path for path in before if "exhibits" in path.parts or "cases" in path.parts}
    assert exhibits <= {path for path in (folder / "store").rglob("*") if path.is_file()}


def test_nothing_is_removed_while_anything_is_at_fault(folder: Path) -> None:
    orphan = folder / "store" / "exhibits" / ("0" * 32) / "media.payload"
    orphan.parent.mkdir()
    orphan.write_bytes(b"left by a crash")
    os.utime(orphan, (time.time() - 2 * DAY, time.time() - 2 * DAY))
    flip(next(path for path in (folder / "store").rglob("media.payload") if path != orphan), 200)
    with at_rest(folder) as vault:
        assert check(vault, remove_orphans=True).removed == []
    assert orphan.exists()


@pytest.mark.parametrize(
    "change",
    [
        delete(schema.objects).where(schema.objects.c.key.like("%record.age")),
        update(schema.objects).values(bytes=1),
        update(schema.exhibits).where(schema.exhibits.c.number == 1).values(outcome="unstripped"),
        update(schema.cases).values(receipt_verifier=bytes(32)),
        update(schema.people).where(schema.people.c.role == "partner").values(role="auditor"),
        update(schema.requests).values(purpose="another"),
        update(schema.approvals).values(objects_sha256=bytes(32)),
        insert(schema.requests).values(
            request="R-000000000000", case="0000-0000", partner="x", purpose="x", state="approved", time="x"
        ),
        update(schema.events).where(schema.events.c.position == 4).values(body=b"{}"),
        delete(schema.events).where(schema.events.c.position == 4),
    ],
)
def test_row_that_does_not_follow_from_the_events_is_a_fault(folder: Path, change: object) -> None:
    with at_rest(folder) as vault, vault.database.transaction() as connection:
        connection.execute(change)  # type: ignore[call-overload]  # the parameters are of three classes
    assert checked(folder).faults != []


def test_vault_that_is_at_work_has_no_fault(folder: Path) -> None:
    with running(folder) as vault:
        report(vault, PHOTO)
        assert check(vault).faults == []


def test_log_of_more_than_one_tile_is_checked(folder: Path) -> None:
    with at_rest(folder) as vault:
        for _ in range(3):
            vault.sequencer.record(lambda _: [fixity_event(vault) for _ in range(100)])
            vault.sequencer.run_once()
    assert checked(folder).faults == []
    flip(folder / "store" / "log" / "tile" / "1" / "000.p" / "1", 0)
    assert "log/tile/1/000.p/1" in [fault.key for fault in checked(folder).faults]
