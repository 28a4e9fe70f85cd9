"""Release by re-heading: the partner asks, custodians approve with new headers, the media's bytes are never touched.

A custodian's computer unwraps each object's file key and wraps it to the partner; what arrives here is a new header per
object and one signature over all of them. The server checks what it can (it cannot open the headers), puts the events
into the log, and hands over to `bundles`.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from evidence.canonical import Json
from evidence.custody import State, next_state
from evidence.errors import CustodyError, EvidenceError
from evidence.event import Event, EventType, Role
from evidence.exhibit import header_length
from evidence.fields import rfc3339
from evidence.identity import PublicLine
from evidence.ids import RequestId, new_request_id
from evidence.release import Approval, Denial, ReleasedObject, Request, objects_digest
from evidence.signed import SignedDocument
from vault.admission import require_custodian, require_enrolled, require_timely, require_unused
from vault.age import header as age_header
from vault.age.errors import AgeError
from vault.database import schema
from vault.errors import RequestRefused, UnknownCase, UnknownRequest
from vault.instance import Vault
from vault.interrupted_record import INTERRUPTED
from vault.places import approved_header
from vault.sealing import header_of

HEADER_LIMIT: Final = 64 * 1024  # bytes of a re-wrapped header


@dataclass(frozen=True, slots=True)
class SealedObject:
    """An object of a case as a custodian sees it: its header opens with the custodian's key, nobody else's."""

    key: str
    exhibit: str
    number: int
    outcome: str
    size: int
    sha256: bytes
    header: bytes
    payload: bytes
    """The payload section of a statement or record, which a custodian reads before approving; empty for others."""


@dataclass(frozen=True, slots=True)
class RequestView:
    """The state of a request, for custodians and the partner who made it."""

    request: str
    case: str
    partner: str
    purpose: str
    state: str
    time: str
    approvals: int
    quorum: int

    def to_json(self) -> dict[str, Json]:
        """The JSON form (interface: `requests --json`)."""
        return {
            "request": self.request,
            "case": self.case,
            "partner": self.partner,
            "purpose": self.purpose,
            "state": self.state,
            "time": self.time,
            "approvals": self.approvals,
            "quorum": self.quorum,
        }


def ask(vault: Vault, partner: PublicLine, signed: SignedDocument) -> RequestId:
    """Record a partner's signed request for a case."""
    document = Request.from_json(_verified(signed, partner))
    _require_origin(vault, document.origin)
    if not document.purpose.strip():
        raise RequestRefused("a request needs a purpose")
    request = new_request_id(secrets.token_bytes(8))

    def change(connection: Connection) -> list[Event]:
        require_enrolled(connection, partner, Role.PARTNER)
        state = _case_state(connection, document.case)
        if state is not State.OPEN:
            raise UnknownCase("no open case has this number; check it with the person who gave it to you")
        after = next_state(EventType.RELEASE_REQUESTED, Role.PARTNER, State.ABSENT, state)
        detail: dict[str, Json] = {"request": request, "signed": signed.to_json()}
        event = vault.event(
            EventType.RELEASE_REQUESTED,
            Role.PARTNER,
            partner.name,
            case=document.case,
            purpose=document.purpose,
            detail=detail,
        )
        require_timely(event, document.time)
        require_unused(connection, event, signed)
        row = {
            "request": request,
            "case": document.case,
            "partner": partner.name,
            "purpose": document.purpose,
            "state": after.value,
            "time": rfc3339(event.time),  # the event's own, so that a rebuilt row is the same
        }
        connection.execute(insert(schema.requests).values(row))
        return [event]

    vault.sequencer.record_and_wait(change)
    return request


def views(vault: Vault, partner: str | None = None) -> list[RequestView]:
    """All requests, or those of one partner, newest last."""
    requests, approvals = schema.requests, schema.approvals
    count = (
        select(func.count())
        .select_from(approvals)
        .where(approvals.c.request == requests.c.request)
        .scalar_subquery()
        .label("approvals")
    )
    query = select(requests, count).order_by(requests.c.time, requests.c.request)
    if partner is not None:
        query = query.where(requests.c.partner == partner)
    with vault.database.reading() as connection:
        rows = connection.execute(query).all()
    return [
        RequestView(
            row.request, row.case, row.partner, row.purpose, row.state, row.time, row.approvals, vault.trust.quorum
        )
        for row in rows
    ]


def view(vault: Vault, request: str, partner: str | None = None) -> RequestView:
    """One request; UnknownRequest when there is none, or it is another partner's."""
    found = next((each for each in views(vault, partner) if each.request == request), None)
    if found is None:
        raise UnknownRequest("no request has this id")
    return found


def partner_line(vault: Vault, name: str) -> PublicLine:
    """The public line of an enrolled partner."""
    people = schema.people
    query = select(people.c.line).where(people.c.name == name, people.c.state == State.ENROLLED.value)
    with vault.database.reading() as connection:
        line = connection.execute(query).scalar()
    if line is None:
        raise RequestRefused("the partner is not enrolled any more")
    return PublicLine.parse(line)


def sealed_objects(vault: Vault, case: str) -> list[SealedObject]:
    """Every object of a case with its header, for a custodian's computer."""
    objects, exhibits = schema.objects, schema.exhibits
    query = (
        select(objects, exhibits.c.number, exhibits.c.outcome)
        .outerjoin(exhibits, exhibits.c.exhibit == objects.c.exhibit)
        .where(
            objects.c.case == case,
            (objects.c.exhibit == "") | (exhibits.c.state == State.SEALED.value),
        )
        .order_by(objects.c.key)
    )
    with vault.database.reading() as connection:
        if _case_state(connection, case) is not State.OPEN:
            raise UnknownCase("no open case has this number")
        rows = connection.execute(query).all()
    return [
        SealedObject(
            key=row.key,
            exhibit=row.exhibit,
            number=row.number or 0,
            outcome=row.outcome or "",
            size=row.bytes,
            sha256=bytes(row.sha256),
            header=header_of(vault.store, row.key),
            payload=_small_payload(vault, row.key),
        )
        for row in rows
    ]


def approve(
    vault: Vault, custodian: PublicLine, request: str, signed: SignedDocument, headers: Mapping[str, bytes]
) -> bool:
    """Take a custodian's approval; whether the quorum is now met. The caller then has `bundles` seal the bundle."""
    require_custodian(vault, custodian)
    approval = Approval.from_json(_verified(signed, custodian))
    _require_origin(vault, approval.origin)
    asked = view(vault, request)
    partner = partner_line(vault, asked.partner)
    if (approval.request, approval.case, approval.partner) != (asked.request, asked.case, partner.key_id):
        raise RequestRefused("the approval is for another request, case or partner")
    # No withdrawal comes between looking and storing: it would leave a header behind.
    with vault.locks.hold(asked.case):
        released = _released(sealed_objects(vault, asked.case), headers)
        if objects_digest(released) != approval.objects:
            raise RequestRefused("the approval names other objects or headers than those that came with it")
        _store_approved(vault, asked, custodian.name, approval, signed, headers)
    return view(vault, request).approvals >= vault.trust.quorum


def _store_approved(
    vault: Vault,
    asked: RequestView,
    custodian: str,
    approval: Approval,
    signed: SignedDocument,
    headers: Mapping[str, bytes],
) -> None:
    """Store the headers of an approval, then record it; returns when the log covers it."""
    request = asked.request
    with vault.database.reading() as connection:
        _require_approvable(connection, asked, custodian)
    for key, header in headers.items():
        # The approval's digest is in the place, so that headers of an approval that was never recorded, or of a second
        # one, can neither replace these nor be taken for them.
        vault.store.create(approved_header(request, custodian, approval.objects, key), header)

    def change(connection: Connection) -> list[Event]:
        after = _require_approvable(connection, asked, custodian)
        _require_sealed(connection, headers)
        connection.execute(
            insert(schema.approvals).values(request=request, custodian=custodian, objects_sha256=approval.objects)
        )
        _set_state(connection, request, after)
        detail: dict[str, Json] = {"request": request, "signed": signed.to_json()}
        event = vault.event(
            EventType.RELEASE_APPROVED,
            Role.CUSTODIAN,
            custodian,
            case=asked.case,
            authority=request,
            detail=detail,
        )
        require_timely(event, approval.time)
        return [event]

    vault.sequencer.record_and_wait(change)


def deny(vault: Vault, custodian: PublicLine, request: str, signed: SignedDocument) -> None:
    """Take a custodian's refusal."""
    require_custodian(vault, custodian)
    denial = Denial.from_json(_verified(signed, custodian))
    _require_origin(vault, denial.origin)
    asked = view(vault, request)
    if denial.request != request:
        raise RequestRefused("the denial is for another request")

    def change(connection: Connection) -> list[Event]:
        after = _next(EventType.RELEASE_DENIED, _request_state(connection, request), State.OPEN)
        _set_state(connection, request, after)
        detail: dict[str, Json] = {"request": request, "signed": signed.to_json()}
        event = vault.event(
            EventType.RELEASE_DENIED,
            Role.CUSTODIAN,
            custodian.name,
            case=asked.case,
            purpose=denial.reason,
            authority=request,
            detail=detail,
        )
        require_timely(event, denial.time)
        return [event]

    vault.sequencer.record_and_wait(change)


def looked_at(vault: Vault, custodian: PublicLine, case: str) -> None:
    """Record that a custodian fetches a case's statements, records and headers; returns when the log covers that."""
    require_custodian(vault, custodian)

    def change(connection: Connection) -> list[Event]:
        try:
            next_state(EventType.CASE_VIEWED, Role.CUSTODIAN, _case_state(connection, case))
        except CustodyError:
            raise UnknownCase("no open case has this number") from None
        return [vault.event(EventType.CASE_VIEWED, Role.CUSTODIAN, custodian.name, case=case)]

    vault.sequencer.record_and_wait(change)


def viewed(vault: Vault, custodian: PublicLine, case: str, exhibit: str) -> None:
    """Record that a custodian fetches an exhibit to look at it; returns when the log covers that."""
    require_custodian(vault, custodian)
    exhibits = schema.exhibits

    def change(connection: Connection) -> list[Event]:
        query = select(exhibits.c.state).where(exhibits.c.exhibit == exhibit, exhibits.c.case == case)
        state = State(connection.execute(query).scalar() or State.ABSENT)
        try:
            next_state(EventType.EXHIBIT_VIEWED, Role.CUSTODIAN, state)
        except CustodyError:
            raise UnknownCase("the case has no such exhibit") from None
        return [vault.event(EventType.EXHIBIT_VIEWED, Role.CUSTODIAN, custodian.name, case=case, exhibit=exhibit)]

    vault.sequencer.record_and_wait(change)


def _require_approvable(connection: Connection, asked: RequestView, custodian: str) -> State:
    """The request's state after this custodian's approval; RequestRefused when it cannot be approved (again)."""
    after = _next(
        EventType.RELEASE_APPROVED, _request_state(connection, asked.request), _case_state(connection, asked.case)
    )
    approvals = schema.approvals
    given = select(approvals.c.custodian).where(
        approvals.c.request == asked.request, approvals.c.custodian == custodian
    )
    if connection.execute(given).first() is not None:
        raise RequestRefused("you approved this request before")
    return after


def _require_sealed(connection: Connection, keys: Collection[str]) -> None:
    """RequestRefused when another process recorded meanwhile that an exhibit was withdrawn."""
    objects, exhibits = schema.objects, schema.exhibits
    query = (
        select(objects.c.key)
        .join(exhibits, exhibits.c.exhibit == objects.c.exhibit)
        .where(exhibits.c.state != State.SEALED.value)
    )
    if not set(keys).isdisjoint(connection.execute(query).scalars()):
        raise RequestRefused("an exhibit of the approval was withdrawn")


def _small_payload(vault: Vault, key: str) -> bytes:
    if key.endswith(("/media", "/withheld.age")):
        return b""
    sealed = vault.store.read(key)
    return sealed[header_length(sealed) :]


def _released(available: Sequence[SealedObject], headers: Mapping[str, bytes]) -> list[ReleasedObject]:
    known = {each.key: each for each in available}
    released = []
    for key, header in headers.items():
        if key not in known:
            raise RequestRefused("the approval names an object that the case does not have")
        if known[key].outcome == INTERRUPTED:
            raise RequestRefused("what never arrived whole is not released")
        _require_header(header)
        released.append(ReleasedObject(key, known[key].sha256, hashlib.sha256(header).digest()))
    if not released:
        raise RequestRefused("the approval releases nothing")
    return released


def _require_header(header: bytes) -> None:
    try:
        parsed = age_header.parse(header[:HEADER_LIMIT])
    except AgeError:
        raise RequestRefused("a header of the approval is not an age header") from None
    if parsed.length != len(header) or len(parsed.stanzas) != 1:
        raise RequestRefused("a header of the approval is not to exactly one recipient")


def _verified(signed: SignedDocument, signer: PublicLine) -> Mapping[str, Json]:
    try:
        return signed.verify(signer)
    except EvidenceError as error:
        raise RequestRefused(error.reason) from None


def _require_origin(vault: Vault, origin: str) -> None:
    if origin != vault.trust.origin:
        raise RequestRefused("the signed document is for another vault")


def _next(event_type: EventType, state: State, case: State) -> State:
    try:
        return next_state(event_type, Role.CUSTODIAN, state, case)
    except CustodyError as error:
        raise RequestRefused(error.reason) from None


def _case_state(connection: Connection, case: str) -> State:
    state = connection.execute(select(schema.cases.c.state).where(schema.cases.c.case == case)).scalar()
    return State.ABSENT if state is None else State(state)


def _request_state(connection: Connection, request: str) -> State:
    state = connection.execute(select(schema.requests.c.state).where(schema.requests.c.request == request)).scalar()
    return State.ABSENT if state is None else State(state)


def _set_state(connection: Connection, request: str, state: State) -> None:
    requests = schema.requests
    connection.execute(update(requests).where(requests.c.request == request).values(state=state.value))
