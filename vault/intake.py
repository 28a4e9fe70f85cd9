"""Take in what a source sends: a statement and files become a case with sealed exhibits, in the log before we say so.

Order of writes: the sealed objects first, then one transaction with the rows and the events, then the log. A crash
before the transaction leaves objects that nothing refers to (`fixity` reports them); nothing was acknowledged.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select, update

from evidence.canonical import Json, decode, encode
from evidence.consent import Scope
from evidence.custody import State, next_state
from evidence.event import Event, EventType, Role
from evidence.exhibit import StoredObject, statement_text
from evidence.fields import rfc3339
from evidence.ids import CaseNumber, Receipt, new_case_number, new_receipt
from evidence.receipt import verifier, view_key
from redaction.errors import UnsupportedMedia
from redaction.planner import Plan
from vault import consent
from vault.age.stream import Decryptor
from vault.database import schema
from vault.errors import AlreadyExists, CaseBusy, CaseWithdrawn, NothingToSeal, SequencerStalled
from vault.exhibits import Place, Received, Sealed, checked_plan, seal_exhibit
from vault.instance import Vault
from vault.interrupted_record import INTERRUPTED
from vault.places import receipt_view
from vault.receipts import known_case, receipt_secret
from vault.recording import ACTOR, highest_number, insert_object, interrupted_view, record_exhibit, require_open
from vault.sealing import seal_small

STATEMENT_LIMIT: Final = 100_000  # characters
STATEMENT_TRIES: Final = 1000
_CASE_FORMAT: Final = "amparo/stored-case/1"
_TAKEN_IN: Final = {EventType.CASE_OPENED, EventType.STATEMENT_SEALED, EventType.EXHIBIT_SEALED}
Note = Callable[[Connection, Sequence[Sealed]], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What the source is told. `refused` are the places (from 1) of files that are of no accepted kind.

    `confirmed` is False when everything is sealed and recorded but no published checkpoint covers it yet.
    """

    case: CaseNumber
    receipt: Receipt
    exhibits: tuple[dict[str, Json], ...]
    refused: tuple[int, ...]
    statement: bool
    scope: Scope
    code: str
    """For the source to give to one lawyer; empty unless the scope is theirs alone."""
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class _Statement:
    number: int
    stored: StoredObject


@dataclass(frozen=True, slots=True)
class _Case:
    number: CaseNumber
    receipt: Receipt
    secret: bytes
    exhibits: int
    statements: int
    new: bool


def take_in(
    vault: Vault,
    files: Sequence[Received],
    statement: str,
    *,
    channel: str,
    keep_place: bool = False,
    receipt: Receipt | None = None,
    empty: bool = False,
    scope: Scope | None = None,
    note: Note = lambda *_: None,
) -> Report:
    """Seal a statement and files, into a new case or the one of `receipt`; returns when the log covers them.

    When the log does not move, what was taken in is safe all the same: the report then says that it is not confirmed.
    `scope` is whom the source lets have the case; None leaves it as it is.
    `note` runs in the transaction that records it all, and may stop it by an error.

    NothingToSeal when there is neither, unless `empty` lets a case begin so; UnsupportedMedia when there is no
    statement and no file of an accepted kind.
    """
    plans = [_plan(received, keep_place=keep_place) for received in files]
    refused = tuple(place for place, planned in enumerate(plans, 1) if planned is None)
    accepted = [(received, planned) for received, planned in zip(files, plans, strict=True) if planned is not None]
    if not accepted and not statement.strip():
        if refused:
            raise UnsupportedMedia
        if not empty:
            raise NothingToSeal("there was neither a statement nor a file")
    with _the_case(vault, receipt) as case:
        sealed, said = _seal(vault, case, accepted, statement, channel=channel, keep_place=keep_place)

        def change(connection: Connection) -> list[Event]:
            note(connection, sealed)
            return _record(vault, connection, case, sealed, said, scope)

        number = vault.sequencer.record(change)
    try:
        vault.sequencer.wait(number)
        confirmed = True
    except SequencerStalled:
        confirmed = False
    views = tuple(each.view for each in sealed)
    stands = _scope(vault, case.number)
    code = consent.code_of(case.secret, stands)
    return Report(case.number, case.receipt, views, refused, said is not None, stands, code, confirmed)


@contextmanager
def _the_case(vault: Vault, receipt: Receipt | None) -> Iterator[_Case]:
    """A new case, or the receipt's with others kept out of it."""
    if receipt is None:
        yield _new_case(vault)
        return
    with vault.locks.hold(_case_of(vault, receipt).number):
        yield _case_of(vault, receipt)  # once more, for its numbers may have moved while waiting


def _seal(
    vault: Vault,
    case: _Case,
    accepted: Sequence[tuple[Received, Plan]],
    statement: str,
    *,
    channel: str,
    keep_place: bool,
) -> tuple[list[Sealed], _Statement | None]:
    """Write every object of a report; nothing refers to them yet."""
    sealed = []
    for offset, (received, planned) in enumerate(accepted, 1):
        place = Place(case.number, case.exhibits + offset, channel, keep_place, case.secret)
        sealed.append(seal_exhibit(vault, received, planned, place))
    said = _seal_statement(vault, case, statement) if statement.strip() else None
    if case.new:
        stored: Json = {
            "format": _CASE_FORMAT,
            "case": case.number,
            "receipt_verifier": verifier(case.secret).hex(),
        }
        vault.store.create(f"cases/{case.number}/case.json", encode(stored))
    return sealed, said


def look_up(vault: Vault, receipt: Receipt) -> Report:
    """What a source sees who comes back with the receipt; UnknownReceipt when it is no case's, CaseWithdrawn."""
    case = _case_of(vault, receipt)
    exhibits = schema.exhibits
    query = (
        select(exhibits.c.exhibit, exhibits.c.number, exhibits.c.outcome)
        .where(exhibits.c.case == case.number, exhibits.c.state == State.SEALED.value)
        .order_by(exhibits.c.number)
    )
    with vault.database.reading() as connection:
        found = connection.execute(query).all()
    views = tuple(
        interrupted_view(vault, case.number, row.exhibit, row.number)
        if row.outcome == INTERRUPTED
        else _open_view(vault, case, row.exhibit)
        for row in found
    )
    confirmed = not any(event.type in _TAKEN_IN for event in vault.sequencer.unpublished(case.number))
    stands = _scope(vault, case.number)
    code = consent.code_of(case.secret, stands)
    return Report(case.number, receipt, views, (), case.statements > 0, stands, code, confirmed)


def _scope(vault: Vault, case: str) -> Scope:
    with vault.database.reading() as connection:
        return consent.of(connection, case).scope


def _plan(received: Received, *, keep_place: bool) -> Plan | None:
    try:
        return checked_plan(received.spool, keep_place=keep_place)
    except UnsupportedMedia:
        return None


def _new_case(vault: Vault) -> _Case:
    receipt = new_receipt(secrets.token_bytes(16))
    secret = receipt_secret(receipt, vault.trust.receipt_salt)
    return _Case(new_case_number(secrets.token_bytes(5)), receipt, secret, 0, 0, new=True)


def _case_of(vault: Vault, receipt: Receipt) -> _Case:
    found = known_case(vault, receipt)
    if found.state != State.OPEN.value:
        raise CaseWithdrawn("the case was withdrawn")
    count = highest_number(vault, found.case)
    return _Case(found.case, receipt, found.secret, count, found.statements, new=False)


def _seal_statement(vault: Vault, case: _Case, words: str) -> _Statement:
    """Under the first free number: an upload that was never recorded may have left an object behind."""
    for number in range(case.statements + 1, case.statements + 1 + STATEMENT_TRIES):
        text = statement_text(case.number, number, words)
        try:
            sealed = seal_small(vault.store, f"cases/{case.number}/statement-{number}.age", text, vault.header)
        except AlreadyExists:
            continue
        return _Statement(number, sealed.stored)
    raise CaseBusy("other uploads to this case are under way; send it again")


def _record(
    vault: Vault,
    connection: Connection,
    case: _Case,
    sealed: Sequence[Sealed],
    said: _Statement | None,
    scope: Scope | None,
) -> list[Event]:
    events: list[Event] = []
    if case.new:
        state = next_state(EventType.CASE_OPENED, Role.INTAKE, State.ABSENT)
        event = vault.event(EventType.CASE_OPENED, Role.INTAKE, ACTOR, case=case.number)
        row = {
            "case": case.number,
            "receipt_verifier": verifier(case.secret),
            "state": state.value,
            "opened": rfc3339(event.time),
        }
        connection.execute(insert(schema.cases).values(row))
        events.append(event)
    else:
        require_open(connection, case.number)
    if scope is not None:
        events += consent.change(vault, connection, case.number, case.secret, scope)
    if said is not None:
        detail: dict[str, Json] = {"number": said.number, "objects": [said.stored.to_json()]}
        events.append(vault.event(EventType.STATEMENT_SEALED, Role.INTAKE, ACTOR, case=case.number, detail=detail))
        insert_object(connection, case.number, "", said.stored)
    events += [record_exhibit(vault, connection, each.record, each.commitment, each.objects) for each in sealed]
    counts = {"statements": schema.cases.c.statements + int(said is not None)}
    connection.execute(update(schema.cases).where(schema.cases.c.case == case.number).values(counts))
    return events


def _open_view(vault: Vault, case: _Case, exhibit: str) -> dict[str, Json]:
    decryptor = Decryptor(view_key(case.secret, exhibit))
    sealed = vault.store.read(receipt_view(case.number, exhibit))
    view = decode(decryptor.update(sealed) + decryptor.finish())
    return dict(view) if isinstance(view, dict) else {}
