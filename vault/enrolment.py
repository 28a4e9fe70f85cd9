"""Who may come in: partners and auditors, each vouched for by a custodian's signature that the log keeps."""

from collections import defaultdict
from typing import Final

from sqlalchemy import Connection, insert, select, update

from evidence.canonical import Json
from evidence.custody import State, next_state
from evidence.errors import EvidenceError
from evidence.event import Event, EventType, Role
from evidence.identity import PublicLine
from evidence.release import Enrolment, Revocation
from evidence.signed import SignedDocument
from vault.admission import require_custodian, require_timely
from vault.age.errors import AgeError
from vault.age.recipients import parse_recipient
from vault.database import schema
from vault.errors import NameTaken, RequestRefused, UnknownPerson
from vault.instance import Vault
from vault.setup import person_row

_VOUCHING: Final = tuple(
    each.value
    for each in (
        *(EventType.PARTNER_ENROLLED, EventType.PARTNER_CONFIRMED),
        *(EventType.AUDITOR_ENROLLED, EventType.AUDITOR_CONFIRMED),
    )
)


def person(vault: Vault, key_id: str) -> tuple[PublicLine, Role] | None:
    """The enrolled person with this key id, and their role; None when there is none, or no more."""
    query = select(schema.people.c.line, schema.people.c.role).where(
        schema.people.c.key_id == key_id, schema.people.c.state == State.ENROLLED.value
    )
    with vault.database.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else (PublicLine.parse(row.line), Role(row.role))


def enrol(vault: Vault, custodian: PublicLine, signed: SignedDocument) -> tuple[PublicLine, tuple[str, ...]]:
    """Enrol whom the custodian's signed document names, or confirm what another custodian signed of the same line.

    Returns the line and the custodians who confirmed it by now, once the event is in a published checkpoint.
    """
    require_custodian(vault, custodian)
    try:
        enrolment = Enrolment.from_json(signed.verify(custodian))
        parse_recipient(enrolment.line.recipient)
    except (EvidenceError, AgeError) as error:
        raise RequestRefused(error.reason) from None
    if enrolment.origin != vault.trust.origin:
        raise RequestRefused("the enrolment is for another vault")
    partner, row = enrolment.role == "partner", person_row(enrolment.line, enrolment.role, enrolment.kind)

    def change(connection: Connection) -> list[Event]:
        taken = select(schema.people).where(
            (schema.people.c.name == enrolment.line.name) | (schema.people.c.key_id == enrolment.line.key_id)
        )
        found = [dict(each) for each in connection.execute(taken).mappings()]
        if not found:
            kind = EventType.PARTNER_ENROLLED if partner else EventType.AUDITOR_ENROLLED
            next_state(kind, Role.CUSTODIAN, State.ABSENT)
            connection.execute(insert(schema.people).values(row))
        elif found != [row] or custodian.name in _confirmed(connection)[enrolment.line.name]:
            raise NameTaken("somebody was enrolled under this name before; choose another name")
        else:
            kind = EventType.PARTNER_CONFIRMED if partner else EventType.AUDITOR_CONFIRMED
            next_state(kind, Role.CUSTODIAN, State.ENROLLED)
        detail: dict[str, Json] = {"name": enrolment.line.name, "signed": signed.to_json()}
        event = vault.event(kind, Role.CUSTODIAN, custodian.name, detail=detail)
        require_timely(event, enrolment.time)
        return [event]

    vault.sequencer.record_and_wait(change)
    with vault.database.reading() as connection:
        return enrolment.line, _confirmed(connection)[enrolment.line.name]


def revoke(vault: Vault, custodian: PublicLine, signed: SignedDocument) -> None:
    """End somebody's enrolment: everything still to come is refused them."""
    require_custodian(vault, custodian)
    try:
        revocation = Revocation.from_json(signed.verify(custodian))
    except EvidenceError as error:
        raise RequestRefused(error.reason) from None
    if revocation.origin != vault.trust.origin:
        raise RequestRefused("the revocation is for another vault")

    def change(connection: Connection) -> list[Event]:
        people = schema.people
        query = select(people.c.role, people.c.state).where(
            people.c.name == revocation.name, people.c.role != Role.CUSTODIAN.value
        )
        row = connection.execute(query).first()
        if row is None or row.state != State.ENROLLED.value:
            raise UnknownPerson("nobody is enrolled under this name")
        kind = EventType.PARTNER_REVOKED if row.role == "partner" else EventType.AUDITOR_REVOKED
        after = next_state(kind, Role.CUSTODIAN, State(row.state))
        connection.execute(update(people).where(people.c.name == revocation.name).values(state=after.value))
        detail: dict[str, Json] = {"name": revocation.name, "signed": signed.to_json()}
        event = vault.event(kind, Role.CUSTODIAN, custodian.name, detail=detail)
        require_timely(event, revocation.time)
        return [event]

    vault.sequencer.record_and_wait(change)


def enrolled(vault: Vault) -> list[dict[str, Json]]:
    """Everybody who was ever enrolled: name, role, public line, state, what a partner may ask for, who confirmed it."""
    people = schema.people
    query = select(people.c.name, people.c.role, people.c.line, people.c.state, people.c.kind).order_by(people.c.name)
    with vault.database.reading() as connection:
        confirmed, approved = _confirmed(connection), _approved_for(connection)
        rows = [{str(key): str(row[key]) for key in row} for row in connection.execute(query).mappings()]
    by = {name: [*first, *sorted(approved[name].difference(first))] for name, first in confirmed.items()}
    return [{**row, "confirmed_by": list(by.get(row["name"], ()))} for row in rows]


def _confirmed(connection: Connection) -> defaultdict[str, tuple[str, ...]]:
    """The custodians who enrolled and confirmed each person, in this order."""
    events = schema.events
    by_name: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    query = select(events.c.body).where(events.c.case == "", events.c.type.in_(_VOUCHING)).order_by(events.c.id)
    for body in connection.execute(query).scalars():
        event = Event.parse(bytes(body))
        by_name[str(event.detail.get("name"))] += (event.actor,)
    return by_name


def _approved_for(connection: Connection) -> defaultdict[str, set[str]]:
    """The custodians who approved a request of each partner: an approval names the partner's key and vouches for it."""
    requests, approvals = schema.requests, schema.approvals
    by_name: defaultdict[str, set[str]] = defaultdict(set)
    given = select(requests.c.partner, approvals.c.custodian).join(approvals, approvals.c.request == requests.c.request)
    for row in connection.execute(given.distinct()):
        by_name[row.partner].add(row.custodian)
    return by_name


def signed_enrolment(vault: Vault, name: str) -> Json:
    """The enrolment of a partner as a custodian signed it, from the custody event."""
    events = schema.events
    query = select(events.c.body).where(events.c.case == "", events.c.type == EventType.PARTNER_ENROLLED.value)
    with vault.database.reading() as connection:
        for (body,) in connection.execute(query):
            event = Event.parse(bytes(body))
            if event.detail.get("name") == name:
                return event.detail.get("signed")
    raise UnknownPerson("nobody is enrolled under this name")
