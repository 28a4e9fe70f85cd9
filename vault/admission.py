"""Who and what is let in at the door, by the rules by which an auditor will judge the log (`evidence.custody`).

What is refused here is refused before an event is recorded, so the log holds none that an audit would refuse. Checks
that depend on the state take the connection of the transaction that records the event.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from evidence.chronology import require_signed_then
from evidence.custody import State
from evidence.errors import CustodyError
from evidence.event import Event, Role
from evidence.identity import PublicLine
from evidence.signed import SignedDocument
from vault.database import schema
from vault.errors import RequestRefused
from vault.instance import Vault


def require_custodian(vault: Vault, line: PublicLine) -> None:
    """RequestRefused unless the trust anchor names this custodian."""
    if vault.trust.custodian(line.key_id) != line:
        raise RequestRefused("the trust anchor names no such custodian")


def require_enrolled(connection: Connection, line: PublicLine, role: Role) -> None:
    """RequestRefused unless this person is enrolled in this role now: a revocation may have come in between."""
    people = schema.people
    query = select(people.c.name).where(
        people.c.name == line.name,
        people.c.key_id == line.key_id,
        people.c.role == role.value,
        people.c.state == State.ENROLLED.value,
    )
    if connection.execute(query).first() is None:
        raise RequestRefused("nobody with this key is enrolled in this role")


def require_timely(event: Event, signed: datetime) -> None:
    """RequestRefused unless the event's document was signed at about the vault's time."""
    try:
        require_signed_then(signed, event)
    except CustodyError:
        raise RequestRefused("a document was signed more than a day from now; look at the clocks") from None


def require_unused(connection: Connection, event: Event, signed: SignedDocument) -> None:
    """RequestRefused when the same signed document stands in an earlier event of this type and case."""
    events = schema.events
    query = select(events.c.body).where(events.c.case == event.case, events.c.type == event.type.value)
    for (body,) in connection.execute(query):
        earlier = SignedDocument.from_json(Event.parse(bytes(body)).detail.get("signed"))
        if earlier.digest == signed.digest:
            raise RequestRefused("this signed document was used before; sign another")
