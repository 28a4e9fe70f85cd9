"""Withdrawal: logged first, then gone from the store, whatever crashes or happens at the same time."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select

from evidence.event import Event, EventType, Role
from evidence.ids import Receipt
from tests.vault.making import (
    Furnished,
    Person,
    approve,
    ask,
    download,
    enrol,
    furnished,
    new_vault,
    person,
    report,
    running,
)
from tests.vault.media import FILM, PHOTO
from vault import bundles, viewing
from vault.database import schema
from vault.errors import (
    BundleWithdrawn,
    CaseWithdrawn,
    NotReady,
    RequestRefused,
    StoreError,
    StoreUnavailable,
    UnknownCase,
    UnknownExhibit,
    UnknownReceipt,
    VaultError,
)
from vault.fixity import check
from vault.instance import Vault, open_vault
from vault.intake import Report, look_up
from vault.rebuild import rebuild
from vault.sequencer import stored_events
from vault.store.protocol import Store
from vault.withdrawal import Withdrawn, finish, withdraw


@pytest.fixture
def made(tmp_path: Path) -> Furnished:
    """One case: a photo (1), a film (2) and a statement, released to a partner."""
    return furnished(tmp_path / "vault")


@pytest.fixture
def vault(made: Furnished) -> Iterator[Vault]:
    with running(made.folder) as vault:
        yield vault


class DiesDeleting:
    """A store whose process dies at the n-th deletion."""

    def __init__(self, store: Store, after: int) -> None:
        self._store, self._left = store, after

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def delete(self, key: str) -> None:
        self._left -= 1
        if self._left < 0:
            raise StoreUnavailable("the store fails")
        self._store.delete(key)


class LockedPayloads(DiesDeleting):
    """A store with an object lock on every payload."""

    def delete(self, key: str) -> None:
        if key.endswith(".payload"):
            raise StoreUnavailable("locked")
        self._store.delete(key)


def events(vault: Vault) -> list[Event]:
    return [Event.parse(body) for body in stored_events(vault.store, vault.sequencer.nodes()[0])]


def exhibit_id(made: Furnished, number: int) -> str:
    return next(str(each["exhibit"]) for each in made.report.exhibits if each["number"] == number)


def faults(folder: Path) -> list[tuple[str, str]]:
    vault = open_vault(folder)
    try:
        return [(fault.key, fault.what) for fault in check(vault).faults]
    finally:
        vault.close()


def test_one_exhibit_goes_with_every_release_that_held_it_and_the_rest_stays(made: Furnished, vault: Vault) -> None:
    gone, kept = exhibit_id(made, 1), exhibit_id(made, 2)
    done = withdraw(vault, made.report.receipt, [1])
    assert done == Withdrawn(made.report.case, (1,), whole=False)
    left = list(vault.store.list())
    assert [key for key in left if gone in key or key.startswith("releases/")] == []
    assert f"exhibits/{kept}/media.header" in left
    assert [each["number"] for each in look_up(vault, made.report.receipt).exhibits] == [2]
    with pytest.raises(BundleWithdrawn):
        bundles.open_content(vault, made.request, made.partner.line.name)


def test_the_log_says_that_it_was_destroyed_to_the_hour_and_no_more(made: Furnished, vault: Vault) -> None:
    withdraw(vault, made.report.receipt)
    *_, first, second, last = events(vault)
    assert [event.type for event in (first, second, last)] == [EventType.EXHIBIT_DESTROYED] * 2 + [
        EventType.CONSENT_WITHDRAWN
    ]
    for event in (first, second, last):
        assert (event.role, event.actor, event.case) == (Role.SOURCE, "source", made.report.case)
        assert (event.time.minute, event.time.second, dict(event.detail), event.purpose) == (0, 0, {}, "")


def test_of_a_whole_case_nothing_is_left_but_its_receipt(made: Furnished, vault: Vault) -> None:
    assert withdraw(vault, made.report.receipt) == Withdrawn(made.report.case, (1, 2), whole=True)
    case = f"cases/{made.report.case}/case.json"
    assert [key for key in vault.store.list() if key.startswith(("exhibits/", "cases/", "releases/"))] == [case]
    with pytest.raises(CaseWithdrawn):
        look_up(vault, made.report.receipt)
    with pytest.raises(CaseWithdrawn):
        withdraw(vault, made.report.receipt, [1])
    with pytest.raises(UnknownCase):
        viewing.sealed_objects(vault, made.report.case, made.custodian.line)
    with pytest.raises(UnknownCase):
        viewing.looked_at(vault, made.custodian.line, made.report.case)
    with pytest.raises(UnknownCase):
        ask(vault, made.partner, made.report.case)


def test_the_rest_can_be_released_after_a_part_was_withdrawn(made: Furnished, vault: Vault, tmp_path: Path) -> None:
    withdraw(vault, made.report.receipt, [1])
    request = ask(vault, made.partner, made.report.case, "an appeal")
    approve(vault, made.custodian, made.partner, request, made.report.case)
    download(vault, made.partner, request, tmp_path / "bundle.zip")
    with pytest.raises(BundleWithdrawn):
        bundles.open_content(vault, made.request, made.partner.line.name)
    withdraw(vault, made.report.receipt, [1])  # once more: the new release holds nothing of it
    assert bundles.open_content(vault, request, made.partner.line.name).size


def test_a_request_that_was_open_cannot_be_approved_for_what_is_gone(made: Furnished, vault: Vault) -> None:
    request = ask(vault, made.partner, made.report.case, "an appeal")
    with pytest.raises(NotReady) as waiting:
        bundles.open_content(vault, request, made.partner.line.name)
    assert waiting.type is NotReady
    withdraw(vault, made.report.receipt)
    with pytest.raises((UnknownCase, RequestRefused)):
        approve(vault, made.custodian, made.partner, request, made.report.case)
    with pytest.raises(BundleWithdrawn):
        bundles.open_content(vault, request, made.partner.line.name)
    assert list(vault.store.list("releases/")) == []


def test_unknown_numbers_and_receipts_withdraw_nothing(made: Furnished, vault: Vault) -> None:
    before, size = list(vault.store.list()), vault.sequencer.nodes()[0]
    with pytest.raises(UnknownExhibit):
        withdraw(vault, made.report.receipt, [1, 3])
    with pytest.raises(UnknownReceipt):
        withdraw(vault, Receipt(f"{(int(made.report.receipt) + 1) % 10**16:016d}"))
    assert (list(vault.store.list()), vault.sequencer.nodes()[0]) == (before, size)


def test_asking_again_changes_nothing(made: Furnished, vault: Vault) -> None:
    for numbers in ([1], [1, 1], None, None):
        withdraw(vault, made.report.receipt, numbers)
    kinds = [event.type for event in events(vault)]
    assert kinds.count(EventType.EXHIBIT_DESTROYED) == 2
    assert kinds.count(EventType.CONSENT_WITHDRAWN) == 1


@pytest.mark.parametrize("numbers", [[1], None])
def test_fixity_finds_no_fault_afterwards_and_a_rebuilt_database_is_the_same(
    made: Furnished, numbers: list[int] | None
) -> None:
    with running(made.folder) as vault:
        other = report(vault, PHOTO, statement="another case")
        withdraw(vault, made.report.receipt, numbers)
        rows = state_rows(vault)
    assert faults(made.folder) == []
    rebuild(made.folder)
    with running(made.folder) as vault:
        assert state_rows(vault) == rows
        assert look_up(vault, other.receipt).exhibits == other.exhibits
    assert faults(made.folder) == []


def state_rows(vault: Vault) -> list[tuple[object, ...]]:
    with vault.database.transaction() as connection:
        found = [
            *connection.execute(select(schema.exhibits).order_by(schema.exhibits.c.exhibit)),
            *connection.execute(select(schema.cases).order_by(schema.cases.c.case)),
            *connection.execute(select(schema.requests.c.request, schema.requests.c.state)),
        ]
    return [tuple(row) for row in found]


@pytest.mark.slow
@pytest.mark.parametrize("numbers", [[1], None])
def test_fixity_reports_whatever_is_still_there(made: Furnished, numbers: list[int] | None) -> None:
    store = made.folder / "store"
    papers = [path for name in ("exhibits", "cases", "releases") for path in (store / name).rglob("*")]
    before = {path: path.read_bytes() for path in papers if path.is_file()}
    with running(made.folder) as vault:
        withdraw(vault, made.report.receipt, numbers)
    deleted = {path: data for path, data in before.items() if not path.exists()}
    assert deleted
    for path, data in deleted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        named = [key for key, _ in faults(made.folder)]
        assert bool(named) == (path.suffix != ".payload"), path
        path.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("numbers", [[1], None])
def test_a_crash_at_any_deletion_serves_nothing_and_is_made_good(tmp_path: Path, numbers: list[int] | None) -> None:
    custodian, partner = person("custodian"), person("lawyer")
    new_vault(tmp_path / "vault", custodian)
    with running(tmp_path / "vault") as vault:
        enrol(vault, custodian, partner)
        for after in (0, 1, 4, 7):
            case, request = released(vault, custodian, partner)
            dying = replace(vault, store=DiesDeleting(vault.store, after))  # type: ignore[arg-type]  # a stand-in
            with pytest.raises(StoreError):
                withdraw(dying, case.receipt, numbers)
            with pytest.raises(BundleWithdrawn):
                bundles.open_content(vault, request, partner.line.name)
            with contextlib.suppress(UnknownCase):
                assert all(each.number != 1 for each in viewing.sealed_objects(vault, case.case, custodian.line))
        finish(vault)
        finish(vault)
        assert list(vault.store.list("releases/")) == []
    assert faults(tmp_path / "vault") == []


def released(vault: Vault, custodian: Person, partner: Person) -> tuple[Report, str]:
    case = report(vault, PHOTO, FILM, statement="It happened.", keep_place=True)
    request = ask(vault, partner, case.case)
    approve(vault, custodian, partner, request, case.case)
    return case, request


def test_one_case_that_cannot_be_deleted_does_not_keep_the_others(tmp_path: Path) -> None:
    custodian = person("custodian")
    new_vault(tmp_path / "vault", custodian)
    with running(tmp_path / "vault") as vault:
        cases = [report(vault, PHOTO) for _ in range(2)]
        dying = replace(vault, store=DiesDeleting(vault.store, 0))  # type: ignore[arg-type]  # a stand-in
        for case in cases:
            with pytest.raises(StoreError):
                withdraw(dying, case.receipt)
        finish(replace(vault, store=FailsOnce(vault.store, 0)))  # type: ignore[arg-type]  # a stand-in
        assert len({key.split("/")[1] for key in vault.store.list("exhibits/")}) == 1
        finish(vault)
        assert list(vault.store.list("exhibits/")) == []


class FailsOnce(DiesDeleting):
    """A store whose first deletion fails."""

    def delete(self, key: str) -> None:
        self._left -= 1
        if self._left == -1:
            raise StoreUnavailable("the store fails")
        self._store.delete(key)


def test_a_payload_that_an_object_lock_keeps_is_noise_and_no_fault(made: Furnished) -> None:
    with running(made.folder) as vault:
        locked = replace(vault, store=LockedPayloads(vault.store, 0))  # type: ignore[arg-type]  # a stand-in
        withdraw(locked, made.report.receipt)
        left = list(vault.store.list("exhibits/"))
        assert left
        assert all(key.endswith("media.payload") for key in left)
    assert faults(made.folder) == []


@pytest.mark.slow
def test_a_release_at_the_same_moment_leaves_nothing_that_opens(tmp_path: Path) -> None:
    custodian, partner = person("custodian"), person("lawyer")
    new_vault(tmp_path / "vault", custodian)
    with running(tmp_path / "vault") as vault:
        enrol(vault, custodian, partner)
        for _ in range(4):
            case = report(vault, PHOTO, FILM)
            request = ask(vault, partner, case.case)

            def releasing(request: str = request, case: str = case.case) -> None:
                with contextlib.suppress(VaultError):
                    approve(vault, custodian, partner, request, case)

            thread = Thread(target=releasing)
            thread.start()
            withdraw(vault, case.receipt)
            thread.join()
        assert list(vault.store.list("releases/")) == []
    assert faults(tmp_path / "vault") == []
