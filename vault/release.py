"""Release by re-heading: the partner asks, custodians answer with their parts of the keys, no byte of media is touched.

A custodian's computer unwraps its part of each object's file key and seals all of them to the partner; what arrives
here is that answer, which only the partner can open, the list of what it opens, and one signature over both. The server
checks what it can, puts the events into the log, and hands over to `bundles`.
"""

import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from evidence.canonical import Json
from evidence.custody import State, next_state
from evidence.errors import CustodyError, EvidenceError
from evidence.event import Event, EventType, Role
from evidence.fields import rfc3339
from evidence.identity import PublicLine
from evidence.ids import RequestId, new_request_id
from evidence.release import Approval, Denial, ReleasedObject, Request, objects_digest
from evidence.signed import SignedDocument
from vault import consent, unfinished
from vault.admission import require_custodian, require_enrolled, require_timely, require_unused
from vault.database import schema
from vault.errors import RequestRefused, UnknownCase, UnknownRequest
from vault.instance import Vault
from vault.interrupted_record import INTERRUPTED
from vault.release_papers import store_approved
from vault.unfinished import Work


@dataclass(frozen=True, slots=True)
class RequestView:
    """The state of a request, for custodians and the partner who made it."""

    request: str
    case: str
    partner: str
    purpose: str
    state: str
    time: str
    approved_by: tuple[str, ...]
    """Names of custodians, sorted."""
    quorum: int
    scope: str
    """Whom the source lets have the case."""
    chosen: bool
    """Whether the request shows that the source chose the partner."""

    def to_json(self) -> dict[str, Json]:
        """The JSON form (interface: `requests --json`)."""
        return {
            "request": self.request,
            "case": self.case,
            "partner": self.partner,
            "purpose": self.purpose,
            "state": self.state,
            "time": self.time,
            "approvals": len(self.approved_by),
            "approved_by": list(self.approved_by),
            "quorum": self.quorum,
            "consent": self.scope,
            "chosen": self.chosen,
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
        state = case_state(connection, document.case)
        if state is not State.OPEN:
            raise UnknownCase("no open case has this number; check it with the person who gave it to you")
        chosen = consent.of(connection, document.case).is_chosen(
            document.proof, document.origin, document.case, partner.key_id
        )
        consent.require(connection, document.case, partner.name, chosen=chosen)
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
            "chosen": chosen,
        }
        connection.execute(insert(schema.requests).values(row))
        return [event]

    vault.sequencer.record_and_wait(change)
    return request


def views(vault: Vault, partner: str | None = None, request: str | None = None) -> list[RequestView]:
    """All requests, or those of one partner or with one id, newest last."""
    requests, approvals, cases = schema.requests, schema.approvals, schema.cases
    query = (
        select(requests, cases.c.consent)
        .join(cases, cases.c.case == requests.c.case)
        .order_by(requests.c.time, requests.c.request)
    )
    given = select(approvals.c.request, approvals.c.custodian).order_by(approvals.c.custodian)
    if partner is not None:
        query = query.where(requests.c.partner == partner)
        given = given.join(requests, requests.c.request == approvals.c.request).where(requests.c.partner == partner)
    if request is not None:
        query, given = query.where(requests.c.request == request), given.where(approvals.c.request == request)
    approved: defaultdict[str, list[str]] = defaultdict(list)
    with vault.database.reading() as connection:
        rows = connection.execute(query).all()
        for row in connection.execute(given):
            approved[row.request].append(row.custodian)
    return [
        RequestView(
            row.request,
            row.case,
            row.partner,
            row.purpose,
            row.state,
            row.time,
            tuple(approved[row.request]),
            vault.trust.quorum,
            row.consent,
            row.chosen,
        )
        for row in rows
    ]


def view(vault: Vault, request: str, partner: str | None = None) -> RequestView:
    """One request; UnknownRequest when there is none, or it is another partner's."""
    found = views(vault, partner, request)
    if not found:
        raise UnknownRequest("no request has this id")
    return found[0]


def partner_line(vault: Vault, name: str) -> PublicLine:
    """The public line of an enrolled partner."""
    people = schema.people
    query = select(people.c.line).where(people.c.name == name, people.c.state == State.ENROLLED.value)
    with vault.database.reading() as connection:
        line = connection.execute(query).scalar()
    if line is None:
        raise RequestRefused("the partner is not enrolled any more")
    return PublicLine.parse(line)


def approve(
    vault: Vault,
    custodian: PublicLine,
    request: str,
    signed: SignedDocument,
    keys: Mapping[str, bytes],
    answer: bytes,
) -> bool:
    """Take a custodian's approval; whether the quorum is now met. The caller then has `bundles` seal the bundle.

    `keys` are the commitments to the file keys of the released objects; `answer` is the age file to the partner.
    """
    require_custodian(vault, custodian)
    approval = Approval.from_json(_verified(signed, custodian))
    _require_origin(vault, approval.origin)
    asked = view(vault, request)
    partner = partner_line(vault, asked.partner)
    if (approval.request, approval.case, approval.partner) != (asked.request, asked.case, partner.key_id):
        raise RequestRefused("the approval is for another request, case or partner")
    # No withdrawal comes between looking and storing: it would leave papers behind.
    with vault.locks.hold(asked.case):
        with vault.database.reading() as connection:
            _require_approvable(connection, asked, custodian.name)
            objects = _released(connection, asked.case, keys)
        if (objects_digest(objects), hashlib.sha256(answer).digest()) != (approval.objects, approval.answer):
            raise RequestRefused("the approval names other objects or another answer than those that came with it")
        store_approved(vault.store, request, objects, answer)
        vault.sequencer.record_and_wait(
            lambda connection: _record_approval(vault, connection, asked, custodian.name, approval, signed, keys)
        )
    with vault.database.reading() as connection:
        return agreement(vault, connection, request) is not None


def agreement(vault: Vault, connection: Connection, request: str) -> bytes | None:
    """The digest of objects that as many custodians approved as the quorum takes, or None."""
    given = schema.approvals
    query = select(given.c.objects_sha256).where(given.c.request == request)
    counts = Counter(bytes(digest) for digest in connection.execute(query).scalars())
    return min((digest for digest, count in counts.items() if count >= vault.trust.quorum), default=None)


def approvals(vault: Vault, request: str) -> list[SignedDocument]:
    """The signed approvals of a request, in log order, from the custody events."""
    events = schema.events
    query = select(events.c.body).where(
        events.c.type == EventType.RELEASE_APPROVED.value, events.c.case == view(vault, request).case
    )
    with vault.database.reading() as connection:
        found = [Event.parse(bytes(body)) for body in connection.execute(query.order_by(events.c.id)).scalars()]
    return [
        SignedDocument.from_json(event.detail.get("signed"))
        for event in found
        if event.detail.get("request") == request
    ]


def _record_approval(
    vault: Vault,
    connection: Connection,
    asked: RequestView,
    custodian: str,
    approval: Approval,
    signed: SignedDocument,
    keys: Mapping[str, bytes],
) -> list[Event]:
    after = _require_approvable(connection, asked, custodian)
    _released(connection, asked.case, keys)  # once more: another process may have recorded a withdrawal
    connection.execute(
        insert(schema.approvals).values(request=asked.request, custodian=custodian, objects_sha256=approval.objects)
    )
    _set_state(connection, asked.request, after)
    if agreement(vault, connection, asked.request) is not None:
        unfinished.note(connection, Work.BUNDLE, asked.request)
    detail: dict[str, Json] = {"request": asked.request, "signed": signed.to_json()}
    event = vault.event(
        EventType.RELEASE_APPROVED,
        Role.CUSTODIAN,
        custodian,
        case=asked.case,
        authority=asked.request,
        detail=detail,
    )
    require_timely(event, approval.time)
    return [event]


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


def _require_approvable(connection: Connection, asked: RequestView, custodian: str) -> State:
    """The request's state after this custodian's approval; RequestRefused when it cannot be approved (again)."""
    after = _next(
        EventType.RELEASE_APPROVED, _request_state(connection, asked.request), case_state(connection, asked.case)
    )
    approvals = schema.approvals
    given = select(approvals.c.custodian).where(
        approvals.c.request == asked.request, approvals.c.custodian == custodian
    )
    if connection.execute(given).first() is not None:
        raise RequestRefused("you approved this request before")
    consent.require(connection, asked.case, asked.partner, chosen=asked.chosen)
    return after


def _released(connection: Connection, case: str, keys: Mapping[str, bytes]) -> list[ReleasedObject]:
    """The released objects as they were sealed; RequestRefused when one is not the case's, or was withdrawn."""
    objects, exhibits = schema.objects, schema.exhibits
    query = (
        select(objects.c.key, objects.c.sha256, exhibits.c.outcome)
        .outerjoin(exhibits, exhibits.c.exhibit == objects.c.exhibit)
        .where(objects.c.case == case, (objects.c.exhibit == "") | (exhibits.c.state == State.SEALED.value))
    )
    rows = connection.execute(query).all()
    sealed, outcomes = {row.key: bytes(row.sha256) for row in rows}, {row.key: row.outcome for row in rows}
    if not keys or not sealed.keys() >= keys.keys():
        raise RequestRefused("the approval names nothing, or an object that the case does not have any more")
    if any(outcomes[key] == INTERRUPTED for key in keys):
        raise RequestRefused("what never arrived whole is not released")
    return [ReleasedObject(key, sealed[key], commitment) for key, commitment in keys.items()]


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


def case_state(connection: Connection, case: str) -> State:
    """The state of a case; ABSENT when there is none."""
    state = connection.execute(select(schema.cases.c.state).where(schema.cases.c.case == case)).scalar()
    return State.ABSENT if state is None else State(state)


def _request_state(connection: Connection, request: str) -> State:
    state = connection.execute(select(schema.requests.c.state).where(schema.requests.c.request == request)).scalar()
    return State.ABSENT if state is None else State(state)


def _set_state(connection: Connection, request: str, state: State) -> None:
    requests = schema.requests
    connection.execute(update(requests).where(requests.c.request == request).values(state=state.value))
