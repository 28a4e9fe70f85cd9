"""Withdraw exhibits, or a whole case, with its receipt: logged first, then gone from the store.

Order of writes: one transaction with the events and the rows, then the log, then the store. From the transaction on
nothing of what was withdrawn is served or released; deleting makes that true for whoever takes the store as well. A
crash before the end leaves objects of destroyed exhibits behind, which `finish` deletes when the service starts.

What goes: every header, and every object that holds its own; what the receipt page shows; all papers of a release
that held a part of it, since the custodians' answers in them open the same payload; and, with a whole case, what waits
of its unfinished uploads. A media payload without any header is noise; it goes too where the store lets it go (an
object lock may keep it).
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from evidence.custody import State, next_state
from evidence.event import Event, EventType, Role
from evidence.ids import CaseNumber, Receipt
from vault import staging, unfinished
from vault.consent import ACTOR
from vault.database import schema
from vault.errors import CaseWithdrawn, StoreError, UnknownExhibit
from vault.instance import Vault
from vault.places import (
    bundle_parts,
    case_papers,
    exhibit_papers,
    receipt_view,
    release_papers,
)
from vault.receipts import case_key, known_case
from vault.release_papers import may_hold, shows_what_is_held
from vault.sealing import PAYLOAD
from vault.staging import Phase
from vault.unfinished import Work


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What is gone now: the numbers of exhibits, ascending, and whether it is the whole case."""

    case: CaseNumber
    numbers: tuple[int, ...]
    whole: bool


def withdraw(vault: Vault, receipt: Receipt, numbers: Sequence[int] | None = None) -> Withdrawn:
    """Withdraw the exhibits with these numbers, or the whole case.

    Returns when a published checkpoint covers the events and the store holds nothing of it any more. What was withdrawn
    before is deleted once more, so that asking again after an error finishes the work.

    UnknownReceipt; UnknownExhibit when the case has no such number (then nothing was withdrawn); CaseWithdrawn when
    exhibits are named and the whole case was withdrawn before; SequencerStalled; a StoreError while deleting.
    """
    case = known_case(vault, receipt).case
    with vault.locks.hold(case):
        vault.sequencer.record_and_wait(lambda connection: _record(vault, connection, case, numbers))
        gone = _Gone(vault, case)
        gone.delete()
        unfinished.done(vault, Work.WITHDRAWAL, case)
    return Withdrawn(case, tuple(sorted(gone.numbers if numbers is None else set(numbers))), numbers is None)


def finish(vault: Vault) -> None:
    """Delete what withdrawals before a crash, or before the store failed, left behind; may be repeated.

    Waits for the log, since a withdrawal that is not published yet could still be lost with the database. A case whose
    objects cannot be deleted now does not keep the others.
    """
    found = unfinished.left(vault, Work.WITHDRAWAL)
    if found:
        vault.sequencer.record_and_wait(lambda _: [])
    for case in found:
        with contextlib.suppress(StoreError), vault.locks.hold(case):
            _Gone(vault, case).delete()
            unfinished.done(vault, Work.WITHDRAWAL, case)


def _record(vault: Vault, connection: Connection, case: str, numbers: Sequence[int] | None) -> list[Event]:
    """The rows' new states, and the events: the exhibits first, then the case."""
    cases, exhibits = schema.cases, schema.exhibits
    state = State(connection.execute(select(cases.c.state).where(cases.c.case == case)).scalar_one())
    if state is State.WITHDRAWN:
        if numbers is not None:
            raise CaseWithdrawn("the case was withdrawn")
        return []
    query = select(exhibits).where(exhibits.c.case == case).order_by(exhibits.c.number)
    rows = {row.number: row for row in connection.execute(query)}
    chosen = list(rows) if numbers is None else sorted(set(numbers))
    if not set(chosen) <= set(rows):
        raise UnknownExhibit("the case has no exhibit with this number")
    events = []
    for row in (rows[number] for number in chosen):
        if row.state == State.DESTROYED.value:
            continue
        after = next_state(EventType.EXHIBIT_DESTROYED, Role.SOURCE, State(row.state))
        connection.execute(update(exhibits).where(exhibits.c.exhibit == row.exhibit).values(state=after.value))
        events.append(vault.event(EventType.EXHIBIT_DESTROYED, Role.SOURCE, ACTOR, case=case, exhibit=row.exhibit))
    if numbers is None:
        uploads = schema.uploads
        open_ones = (uploads.c.case == case) & (uploads.c.state == Phase.OPEN.value)
        connection.execute(update(uploads).where(open_ones).values(state=Phase.WITHDRAWN.value))
        after = next_state(EventType.CONSENT_WITHDRAWN, Role.SOURCE, state)
        connection.execute(update(cases).where(cases.c.case == case).values(state=after.value))
        events.append(vault.event(EventType.CONSENT_WITHDRAWN, Role.SOURCE, ACTOR, case=case))
    unfinished.note(connection, Work.WITHDRAWAL, case)
    return events


class _Gone:
    """What the rows say was withdrawn of a case, by then in the log. `numbers` are those of the destroyed exhibits."""

    def __init__(self, vault: Vault, case: str) -> None:
        self._vault, self._case = vault, case
        cases, exhibits, requests, uploads = schema.cases, schema.exhibits, schema.requests, schema.uploads
        query = select(exhibits.c.exhibit, exhibits.c.number).where(
            exhibits.c.case == case, exhibits.c.state == State.DESTROYED.value
        )
        with vault.database.reading() as connection:
            rows = connection.execute(query).all()
            state = connection.execute(select(cases.c.state).where(cases.c.case == case)).scalar_one()
            asked = select(requests.c.request).where(requests.c.case == case)
            self._requests = list(connection.execute(asked).scalars())
            self._uploads = list(connection.execute(select(uploads.c.upload).where(uploads.c.case == case)).scalars())
        self._whole = state == State.WITHDRAWN.value
        self._exhibits = {row.exhibit for row in rows}
        self.numbers = {row.number for row in rows}

    def delete(self) -> None:
        """Delete it from the store; what opens something goes before what does not."""
        for exhibit in sorted(self._exhibits):
            self._delete_exhibit(exhibit)
        if self._whole:
            for upload in self._uploads:
                staging.remove(self._vault.store, upload)
            for key in list(self._vault.store.list(case_papers(self._case))):
                if key != case_key(self._case):  # who comes back with the receipt is told that the case was withdrawn
                    self._vault.store.delete(key)
        for request in self._requests:
            with self._vault.locks.hold(request):  # a bundle that is being sealed is deleted once it is there
                self._delete_release(request)

    def _delete_exhibit(self, exhibit: str) -> None:
        store = self._vault.store
        keys = list(store.list(exhibit_papers(exhibit)))
        for key in keys:
            if not key.endswith(PAYLOAD):
                store.delete(key)
        store.delete(receipt_view(self._case, exhibit))
        for key in keys:
            if key.endswith(PAYLOAD):
                with contextlib.suppress(StoreError):
                    store.delete(key)

    def _delete_release(self, request: str) -> None:
        """All papers of a release that held something withdrawn; those that show that it did go last."""
        store = self._vault.store
        if self._whole or may_hold(store, request, self._exhibits):
            keys = list(store.list(release_papers(request)))
            for key in sorted(keys, key=lambda key: (shows_what_is_held(request, key), key != bundle_parts(request))):
                store.delete(key)
