"""Changed histories are found out in PostgreSQL and a bucket, too.

What each kind of change looks like to an auditor is in `test_07_history_cannot_be_rewritten`, over SQLite.
"""

import contextlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from api.cli.vaults import credentials
from evidence.event import Event
from tests import media
from tests.places import LARGE, place
from tests.promises import history
from tests.service import Done, World
from vault.database import schema
from vault.instance import Vault, open_vault

pytestmark = [pytest.mark.slow, pytest.mark.ceph, pytest.mark.timeout(300)]
EVENTS = schema.events


@dataclass(frozen=True)
class Past:
    """A stopped vault with some history, and what an auditor kept in the middle of it."""

    world: World
    state: Path

    def audited(self, folder: Path) -> Done:
        """What the auditor finds who kept that."""
        self.world.service.start(healthy=False)
        try:
            return self.world.audit("--state", shutil.copy(self.state, folder / "state"), "--full")
        finally:
            self.world.service.stop()

    @contextlib.contextmanager
    def opened(self) -> Iterator[Vault]:
        with contextlib.closing(open_vault(self.world.vault, credentials=credentials())) as vault:
            yield vault


@pytest.fixture(scope="module")
def past(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    folder = tmp_path_factory.mktemp("past")
    with (
        place(request, LARGE, folder.name) as where,
        World.running(folder, **where.told()) as world,
    ):
        world.report([("a.jpg", media.noise())], "what happened")
        assert world.audit("--state", folder / "state").code == 0
        world.report([("b.jpg", media.noise())], "later")
        world.service.stop()
        yield Past(world, folder / "state")


def test_an_honest_history_passes(past: Past, tmp_path: Path) -> None:
    done = past.audited(tmp_path)
    assert done.code == 0, done.out


def test_an_event_that_was_changed_in_the_database_is_named(past: Past, tmp_path: Path) -> None:
    with past.opened() as vault, vault.database.transaction() as connection:
        at = EVENTS.c.position == history.AT
        body = bytes(connection.execute(select(EVENTS.c.body).where(at)).scalar_one())
        (changed,) = history.edited([b""] * history.AT + [body])[history.AT :]
        connection.execute(update(EVENTS).where(at).values(body=changed))
    done = past.audited(tmp_path)
    with past.opened() as vault, vault.database.transaction() as connection:
        connection.execute(update(EVENTS).where(at).values(body=body))
    assert done.code == 1
    assert re.search(rf"event {history.AT}\b", done.out), done.out


def test_an_event_that_was_changed_in_the_store_is_named(past: Past, tmp_path: Path) -> None:
    with past.opened() as vault:
        (key,) = vault.store.list("events/")
        whole = vault.store.read(key)
        vault.store.put(key, b"\n".join(history.edited(whole.splitlines())) + b"\n")
    done = past.audited(tmp_path)
    with past.opened() as vault:
        vault.store.put(key, whole)
    assert done.code == 1
    assert re.search(rf"event {history.AT}\b", done.out), done.out


def test_a_history_signed_anew_with_the_log_key_is_found_out(past: Past, tmp_path: Path) -> None:
    with past.opened() as vault:
        with vault.database.transaction() as connection:
            query = select(EVENTS.c.body).order_by(EVENTS.c.position)
            events = history.edited([bytes(body) for (body,) in connection.execute(query)])
            connection.execute(delete(EVENTS))
            connection.execute(delete(schema.meta))
            for event in map(Event.parse, events):
                row = {"case": event.case, "type": event.type.value, "body": event.encode()}
                connection.execute(insert(EVENTS).values(row))
        for key in [*vault.store.list("log/"), *vault.store.list("events/")]:
            vault.store.delete(key)
        assert vault.sequencer.run_once() == len(events)
    done = past.audited(tmp_path)
    assert done.code == 1
    assert "history was rewritten" in done.out
