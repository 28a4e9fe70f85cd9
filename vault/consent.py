"""What a source lets be done with its case: chosen when it is opened, changed with the receipt, asked at each step.

Every change is an event. A release that the source does not let happen, as it stands at that moment, is neither taken,
approved, sealed nor downloaded; `evidence.custody` judges the log by the same rule.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select, update

from evidence.canonical import Json
from evidence.consent import Consent, Kind, Scope, code_key, lawyer_code, parse_code
from evidence.custody import State
from evidence.event import Event, EventType, Role
from evidence.ids import CaseNumber, Receipt
from vault.database import schema
from vault.errors import CaseFull, CaseWithdrawn, OutsideConsent
from vault.instance import Vault
from vault.receipts import known_case
from vault.recording import require_open

ACTOR: Final = "source"
MOST_CHANGES: Final = 100  # of one case: each is an event for ever


@dataclass(frozen=True, slots=True)
class Given:
    """What stands now; `code` is for the source to give to one lawyer, and empty under every other scope."""

    case: CaseNumber
    scope: Scope
    code: str


def give(vault: Vault, receipt: Receipt, scope: Scope) -> Given:
    """Set the scope of a case; returns when a published checkpoint covers it.

    UnknownReceipt; CaseWithdrawn; CaseFull when it was changed more often than anybody has a reason to.
    """
    case = known_case(vault, receipt)
    if case.state != State.OPEN.value:
        raise CaseWithdrawn("the case was withdrawn")
    with vault.locks.hold(case.case):
        vault.sequencer.record_and_wait(lambda connection: change(vault, connection, case.case, case.secret, scope))
    return Given(case.case, scope, code_of(case.secret, scope))


def change(vault: Vault, connection: Connection, case: str, secret: bytes, scope: Scope) -> list[Event]:
    """Set the scope within a transaction; the event, none where the scope stands already."""
    require_open(connection, case)
    if of(connection, case).scope is scope:
        return []
    events = schema.events
    before = select(func.count()).where(events.c.case == case, events.c.type == EventType.CONSENT_GIVEN.value)
    if connection.execute(before).scalar_one() >= MOST_CHANGES:
        raise CaseFull("who may have this case was changed too often")
    key = code_key(parse_code(lawyer_code(secret))) if scope is Scope.MY_LAWYER else b""
    cases = schema.cases
    connection.execute(update(cases).where(cases.c.case == case).values(consent=scope.value, code_key=key))
    detail: dict[str, Json] = {"scope": scope.value, **({"key": key.hex()} if key else {})}
    return [vault.event(EventType.CONSENT_GIVEN, Role.SOURCE, ACTOR, case=case, detail=detail)]


def of(connection: Connection, case: str) -> Consent:
    """What stands; that of a case nobody opened is the usual."""
    cases = schema.cases
    row = connection.execute(select(cases.c.consent, cases.c.code_key).where(cases.c.case == case)).first()
    return Consent() if row is None else Consent(Scope(row.consent), bytes(row.code_key))


def code_of(secret: bytes, scope: Scope) -> str:
    """The lawyer's code of the case whose receipt's secret this is; empty under every other scope."""
    return lawyer_code(secret) if scope is Scope.MY_LAWYER else ""


def require(connection: Connection, case: str, partner: str, *, chosen: bool) -> None:
    """OutsideConsent unless the source lets this partner have the case now."""
    people = schema.people
    kind = connection.execute(select(people.c.kind).where(people.c.name == partner)).scalar_one()
    if not of(connection, case).permits(Kind(kind), chosen=chosen):
        raise OutsideConsent("the source of the case does not let this partner have it")
