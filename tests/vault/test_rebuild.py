import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from evidence.errors import CustodyError, DocumentError, EvidenceError, SignatureError, TileError
from evidence.event import EventType, Role
from evidence.tlog.note import Signer
from evidence.verify import verify
from tests.oracles import postgresql
from tests.vault.making import Furnished, ask, databases, download, enrol, furnished, person, report, running
from tests.vault.media import PHOTO
from vault import bundles
from vault.clock import Synchronisation
from vault.database import schema
from vault.database.connection import Database
from vault.errors import DatabaseBehind, SettingsError, StoreError
from vault.fixity import check
from vault.instance import load_log_key, open_vault
from vault.intake import look_up
from vault.opening import AgeOpener
from vault.rebuild import rebuild
from vault.sequencer import CHECKPOINT_KEY
from vault.settings import load


class Noon:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 12, tzinfo=UTC)

    def synchronised(self) -> Synchronisation:
        return "unsynchronised"


class Memory:
    """A bundle in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """A vault with a released case, a second case, and a request that still waits."""
    made = furnished(tmp_path_factory.mktemp("rebuild") / "vault")
    with running(made.folder) as vault:
        second = report(vault, PHOTO)
        enrol(vault, made.custodian, person("auditor"), "auditor")
        ask(vault, made.partner, second.case)
    return made


@pytest.fixture
def folder(made: Furnished, tmp_path: Path) -> Path:
    shutil.copytree(made.folder, tmp_path / "vault")
    return tmp_path / "vault"


def rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    database = Database(load(folder).database_url)
    try:
        with database.reading() as connection:
            found = {
                table.name: sorted((dict(row) for row in connection.execute(select(table)).mappings()), key=str)
                for table in schema.metadata.sorted_tables
            }
        # What may be half done is all that could be: looking at it finds out, and strikes it out.
        del found["unfinished"]
        # When the log last grew is no part of it: a vault that was made anew may let it grow at once.
        found["meta"] = [row for row in found["meta"] if row["name"] != "published_at"]
        return found
    finally:
        database.close()


def remove_database(folder: Path) -> None:
    for path in folder.glob("vault.db*"):
        path.unlink()


def test_rebuilt_database_is_the_old_one_row_by_row(folder: Path) -> None:
    before = rows(folder)
    assert {name for name, each in before.items() if not each} == {"nonces", "uploads"}
    rebuilt = rebuild(folder, Noon())
    assert rows(folder) == before
    assert (rebuilt.events, rebuilt.cases, rebuilt.exhibits) == (len(before["events"]), 2, 3)
    assert rebuilt.lost_receipts == ()


def test_lost_database_comes_back(folder: Path) -> None:
    before = rows(folder)
    remove_database(folder)
    assert rebuild(folder).old == ""
    assert rows(folder) == before


def test_old_database_is_kept_beside(folder: Path) -> None:
    before = (folder / "vault.db").read_bytes()
    rebuilt = rebuild(folder, Noon())
    assert rebuilt.old == str(folder.resolve() / "vault.db.old-20261124T120000Z")
    assert Path(rebuilt.old).read_bytes() == before
    assert [path.name for path in folder.glob("*.rebuilding*")] == []


def test_vault_works_on_after_a_rebuild(folder: Path, made: Furnished, tmp_path: Path) -> None:
    remove_database(folder)
    rebuild(folder)
    with running(folder) as vault:
        download(vault, made.partner, made.request, tmp_path / "bundle.zip")
        assert look_up(vault, made.report.receipt).exhibits == made.report.exhibits
        report(vault, PHOTO, statement="still here")
        assert check(vault).faults == []
        opener = AgeOpener([made.partner.identity])
        assert verify(Memory((tmp_path / "bundle.zip").read_bytes()), vault.trust, opener).ok


def test_database_behind_its_store_is_told_to_rebuild_and_then_works(folder: Path, tmp_path: Path) -> None:
    shutil.copyfile(folder / "vault.db", tmp_path / "yesterday.db")
    with running(folder) as vault:
        report(vault, PHOTO)
    shutil.copyfile(tmp_path / "yesterday.db", folder / "vault.db")
    vault = open_vault(folder)
    with pytest.raises(DatabaseBehind, match="amparo rebuild"):
        vault.sequencer.run_once()
    vault.close()
    rebuild(folder)
    with running(folder) as vault:
        assert check(vault).faults == []


def test_case_whose_receipt_is_lost_comes_back_without_it(folder: Path, made: Furnished) -> None:
    (folder / "store" / "cases" / made.report.case / "case.json").unlink()
    assert rebuild(folder).lost_receipts == (made.report.case,)


def test_bundle_that_was_not_finished_waits_to_be_sealed_again(folder: Path, made: Furnished) -> None:
    (folder / "store" / "releases" / made.request / "parts.json").unlink()
    rebuild(folder)
    with running(folder) as vault:
        assert bundles.pending(vault) == [made.request]


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        ("log/checkpoint", EvidenceError),
        ("events/**/*", EvidenceError),
        ("log/tile/entries/**/*", TileError),
        ("directory/trust.json", DocumentError),
    ],
)
def test_damaged_store_is_refused_and_the_database_left_alone(
    folder: Path, pattern: str, error: type[Exception]
) -> None:
    path = max(
        (path for path in (folder / "store").glob(pattern) if path.is_file()), key=lambda path: path.stat().st_size
    )
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    before = {each.name: each.read_bytes() for each in folder.glob("vault.db*")}
    with pytest.raises(error):
        rebuild(folder)
    assert {each.name: each.read_bytes() for each in folder.glob("vault.db*")} == before


def test_missing_events_are_refused(folder: Path) -> None:
    shutil.rmtree(folder / "store" / "events")
    with pytest.raises(StoreError):
        rebuild(folder)


def test_checkpoint_of_another_log_is_refused(folder: Path, tmp_path: Path) -> None:
    other = furnished(tmp_path / "other")
    shutil.copyfile(other.folder / "store" / CHECKPOINT_KEY, folder / "store" / CHECKPOINT_KEY)
    with pytest.raises((SignatureError, EvidenceError)):
        rebuild(folder)


def test_event_that_custody_forbids_is_refused_even_when_the_log_holds_it(folder: Path) -> None:
    with running(folder) as vault:
        vault.sequencer.record_and_wait(
            lambda _: [
                vault.event(EventType.EXHIBIT_VIEWED, Role.CUSTODIAN, "nobody", case="0000-0000", exhibit="0" * 32)
            ]
        )
    with pytest.raises(CustodyError):
        rebuild(folder)


def test_database_elsewhere_is_rebuilt_there_and_no_old_one_is_ever_replaced(folder: Path, tmp_path: Path) -> None:
    before = rows(folder)
    elsewhere = tmp_path / "shared.db"
    shutil.copyfile(folder / "vault.db", elsewhere)
    settings = folder / "vault.toml"
    settings.write_text(settings.read_text().replace("sqlite:///vault.db", f"sqlite+pysqlite:///{elsewhere}"))
    rebuild(folder, Noon())
    assert rows(folder) == before
    assert (tmp_path / "shared.db.old-20261124T120000Z").exists()
    with pytest.raises(SettingsError, match="very second"):
        rebuild(folder, Noon())


def test_log_key_is_not_needed(folder: Path) -> None:
    assert Signer(load(folder).origin, load_log_key(folder / "log.key")).vkey
    (folder / "log.key").unlink()
    rebuild(folder)


def test_postgresql_is_rebuilt_in_its_place_and_what_was_there_is_kept(tmp_path: Path) -> None:
    with postgresql.running() as server, databases(server.new_database):
        made = furnished(tmp_path / "vault")
        before = rows(made.folder)
        database = Database(load(made.folder).database_url)
        with database.transaction() as connection:
            connection.execute(text("update people set name = 'somebody else' where role = 'partner'"))
        rebuilt = rebuild(made.folder, Noon())
        assert rows(made.folder) == before
        assert rebuilt.old == "in the schema amparo_old_20261124t120000z"
        with database.reading() as connection:
            kept = text("select count(*) from amparo_old_20261124t120000z.people where name = 'somebody else'")
            assert connection.execute(kept).scalar_one() == 1
        database.close()


def test_postgresql_is_left_alone_when_the_store_is_not_what_was_signed(tmp_path: Path) -> None:
    with postgresql.running() as server, databases(server.new_database):
        made = furnished(tmp_path / "vault")
        before = rows(made.folder)
        shutil.rmtree(made.folder / "store" / "events")
        with pytest.raises(StoreError):
            rebuild(made.folder)
        assert rows(made.folder) == before
