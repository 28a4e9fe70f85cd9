"""Who may come in: partners and auditors, each vouched for by a custodian's signature that the log keeps."""

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


def person(vault: Vault, key_id: str) -> tuple[PublicLine, Role] | None:
    """The enrolled person with this key id, and their role; None when there is none, or no more."""
    query = select(schema.people.c.line, schema.people.c.role).where(
        schema.people.c.key_id == key_id, schema.people.c.state == State.ENROLLED.value
    )
    with vault.database.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else (PublicLine.parse(row.line), Role(row.role))


def enrol(vault: Vault, custodian: PublicLine, signed: SignedDocument) -> PublicLine:
    """Enrol whom the custodian's signed document names; returns once the event is in a published checkpoint."""
    require_custodian(vault, custodian)
    try:
        enrolment = Enrolment.from_json(signed.verify(custodian))
        parse_recipient(enrolment.line.recipient)
    except (EvidenceError, AgeError) as error:
        raise RequestRefused(error.reason) from None
    if enrolment.origin != vault.trust.origin:
        raise RequestRefused("the enrolment is for another vault")
    kind = EventType.PARTNER_ENROLLED if enrolment.role == "partner" else EventType.AUDITOR_ENROLLED

    def change(connection: Connection) -> list[Event]:
        taken = select(schema.people.c.name).where(
            (schema.people.c.name == enrolment.line.name) | (schema.people.c.key_id == enrolment.line.key_id)
        )
        if connection.execute(taken).first() is not None:
            raise NameTaken("somebody was enrolled under this name before; choose another name")
        next_state(kind, Role.CUSTODIAN, State.ABSENT)
        connection.execute(insert(schema.people).values(person_row(enrolment.line, enrolment.role, enrolment.kind)))
        detail: dict[str, Json] = {"name": enrolment.line.name, "signed": signed.to_json()}
        event = vault.event(kind, Role.CUSTODIAN, custodian.name, detail=detail)
        require_timely(event, enrolment.time)
        return [event]

    vault.sequencer.record_and_wait(change)
    return enrolment.line


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


def enrolled(vault: Vault) -> list[dict[str, str]]:
    """Everybody who was ever enrolled: name, role, public line, state, and what a partner may ask for."""
    people = schema.people
    query = select(people.c.name, people.c.role, people.c.line, people.c.state, people.c.kind).order_by(people.c.name)
    with vault.database.reading() as connection:
        return [{str(key): str(row[key]) for key in row} for row in connection.execute(query).mappings()]


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
