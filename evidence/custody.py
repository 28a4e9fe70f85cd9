"""What may follow what: the rules of custody, blind to who asks.

`RULES` is one table: for each type of event the thing it concerns, the states in which it may happen, the state after
it, and who may do it. The vault asks `next_state` before it records an event; an auditor and a partner replay events
through `Custody`, which also checks every signature and the quorum of each release.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from evidence.errors import CustodyError, EvidenceError
from evidence.event import Event, EventType, Role
from evidence.identity import PublicLine
from evidence.release import Approval, Denial, Enrolment, Request, Revocation
from evidence.signed import SignedDocument


class Subject(StrEnum):
    """The kinds of thing that have a state."""

    VAULT = "vault"
    PERSON = "person"
    CASE = "case"
    EXHIBIT = "exhibit"
    REQUEST = "request"


class State(StrEnum):
    """The states that a subject can be in; each begins ABSENT."""

    ABSENT = "absent"
    CREATED = "created"
    ENROLLED = "enrolled"
    REVOKED = "revoked"
    OPEN = "open"
    WITHDRAWN = "withdrawn"
    SEALED = "sealed"
    DESTROYED = "destroyed"
    REQUESTED = "requested"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. `after` is None where the event changes no state."""

    subject: Subject
    before: frozenset[State]
    after: State | None
    roles: frozenset[Role]
    case_open: bool = False


def _rule(subject: Subject, before: str, after: State | None, roles: str, *, case_open: bool = False) -> Rule:
    return Rule(
        subject,
        frozenset(State(state) for state in before.split()),
        after,
        frozenset(Role(role) for role in roles.split()),
        case_open,
    )


_E, _S = EventType, Subject
RULES: Final[Mapping[EventType, Rule]] = {
    _E.VAULT_CREATED: _rule(_S.VAULT, "absent", State.CREATED, "system"),
    _E.CUSTODIAN_ADDED: _rule(_S.PERSON, "absent", State.ENROLLED, "system custodian"),
    _E.PARTNER_ENROLLED: _rule(_S.PERSON, "absent", State.ENROLLED, "custodian"),
    _E.PARTNER_REVOKED: _rule(_S.PERSON, "enrolled", State.REVOKED, "custodian"),
    _E.AUDITOR_ENROLLED: _rule(_S.PERSON, "absent", State.ENROLLED, "custodian"),
    _E.AUDITOR_REVOKED: _rule(_S.PERSON, "enrolled", State.REVOKED, "custodian"),
    _E.CASE_OPENED: _rule(_S.CASE, "absent", State.OPEN, "intake"),
    _E.STATEMENT_SEALED: _rule(_S.CASE, "open", None, "intake"),
    _E.CONSENT_GIVEN: _rule(_S.CASE, "open", None, "source"),
    _E.CONSENT_WITHDRAWN: _rule(_S.CASE, "open", State.WITHDRAWN, "source"),
    _E.EXHIBIT_SEALED: _rule(_S.EXHIBIT, "absent", State.SEALED, "intake", case_open=True),
    _E.EXHIBIT_REJECTED: _rule(_S.CASE, "open", None, "intake"),
    _E.EXHIBIT_VIEWED: _rule(_S.EXHIBIT, "sealed", None, "custodian"),
    _E.EXHIBIT_DESTROYED: _rule(_S.EXHIBIT, "sealed", State.DESTROYED, "source custodian"),
    _E.RELEASE_REQUESTED: _rule(_S.REQUEST, "absent", State.REQUESTED, "partner", case_open=True),
    _E.RELEASE_APPROVED: _rule(_S.REQUEST, "requested approved", State.APPROVED, "custodian", case_open=True),
    _E.RELEASE_DENIED: _rule(_S.REQUEST, "requested approved", State.DENIED, "custodian"),
    _E.BUNDLE_SEALED: _rule(_S.REQUEST, "approved", State.SEALED, "system", case_open=True),
    _E.BUNDLE_DOWNLOADED: _rule(_S.REQUEST, "sealed", None, "partner"),
    _E.EVENTS_READ: _rule(_S.VAULT, "created", None, "auditor custodian"),
    _E.FIXITY_CHECKED: _rule(_S.VAULT, "created", None, "system"),
    _E.CHECKPOINT_TIMESTAMPED: _rule(_S.VAULT, "created", None, "system"),
    _E.KEY_ROTATED: _rule(_S.PERSON, "enrolled", None, "custodian"),
    _E.CORRECTION: _rule(_S.VAULT, "created", None, "custodian system"),
}


def next_state(event_type: EventType, role: Role, before: State, case: State = State.OPEN) -> State:
    """The state after an event; CustodyError when it may not happen now or not by this role."""
    rule = RULES[event_type]
    if role not in rule.roles:
        raise CustodyError(f"{event_type}: not for this role")
    if before not in rule.before:
        raise CustodyError(f"{event_type}: may not follow, the {rule.subject} is {before}")
    if rule.case_open and case is not State.OPEN:
        raise CustodyError(f"{event_type}: the case is {case}")
    return rule.after or before


@dataclass(slots=True)
class RequestRecord:
    """What the events say of one request. `approvals` maps a custodian's key id to the approval."""

    case: str
    partner: PublicLine
    approvals: dict[str, Approval] = field(default_factory=dict)


class Custody:
    """The state of everything after the events so far, given in log order.

    `custodians` and `quorum` come from the trust anchor. `apply` raises CustodyError for an event that may not stand
    where it does and leaves the state as it was, so that an auditor can go on and report every fault.
    """

    def __init__(self, origin: str, custodians: Iterable[PublicLine], quorum: int) -> None:
        self.origin = origin
        self.quorum = quorum
        self.custodians = {line.key_id: line for line in custodians}
        self.people: dict[str, PublicLine] = {}
        self.requests: dict[str, RequestRecord] = {}
        self.exhibits: dict[str, Event] = {}
        self._states: dict[tuple[Subject, str], State] = {(Subject.VAULT, ""): State.CREATED}

    def expect_vault_created(self) -> None:
        """For a log read from its first event: the vault does not exist yet."""
        self._states[(Subject.VAULT, "")] = State.ABSENT

    def state(self, subject: Subject, identifier: str) -> State:
        """The state of one thing."""
        return self._states.get((subject, identifier), State.ABSENT)

    def apply(self, event: Event) -> None:
        """Take the next event."""
        rule = RULES[event.type]
        identifier = _identifier(rule.subject, event)
        after = next_state(
            event.type, event.role, self.state(rule.subject, identifier), self.state(Subject.CASE, event.case)
        )
        check = _CHECKS.get(event.type)
        if check is not None:
            check(self, event, identifier)
        self._states[(rule.subject, identifier)] = after

    def signer(self, event: Event, role: Role) -> tuple[PublicLine, SignedDocument]:
        """Who signed the event's document, by key; they must be enrolled in this role and be the event's actor."""
        signed = SignedDocument.from_json(event.detail.get("signed"))
        if role is Role.CUSTODIAN:
            line = self.custodians.get(signed.key_id)
        else:
            line = self.people.get(event.actor)
            if self.state(Subject.PERSON, event.actor) is not State.ENROLLED:
                line = None
        if line is None or line.name != event.actor:
            raise CustodyError(f"{event.type}: signed by nobody who was enrolled then")
        return line, signed

    def same_origin(self, origin: str, event: Event) -> None:
        """Require a signed document to be of this vault."""
        if origin != self.origin:
            raise CustodyError(f"{event.type}: a document of another vault")


def _identifier(subject: Subject, event: Event) -> str:
    if subject is Subject.CASE:
        identifier: object = event.case
    elif subject is Subject.EXHIBIT:
        identifier = event.exhibit
    elif subject is Subject.VAULT:
        return ""
    else:
        identifier = event.detail.get("name" if subject is Subject.PERSON else "request")
    if not isinstance(identifier, str) or not identifier:
        raise CustodyError(f"{event.type}: it does not say which {subject}")
    return identifier


def _custodian_added(custody: Custody, event: Event, name: str) -> None:
    try:
        line = PublicLine.parse(str(event.detail.get("line", "")))
    except EvidenceError:
        raise CustodyError(f"{event.type}: no public line") from None
    if line.name != name or line.key_id not in custody.custodians:
        raise CustodyError(f"{event.type}: a custodian whom the trust anchor does not name")


def _enrolled(custody: Custody, event: Event, name: str) -> None:
    line, signed = custody.signer(event, Role.CUSTODIAN)
    enrolment = Enrolment.from_json(signed.verify(line))
    custody.same_origin(enrolment.origin, event)
    expected = "partner" if event.type is EventType.PARTNER_ENROLLED else "auditor"
    if enrolment.role != expected or enrolment.line.name != name:
        raise CustodyError(f"{event.type}: the signed document enrols somebody else")
    custody.people[name] = enrolment.line


def _revoked(custody: Custody, event: Event, name: str) -> None:
    line, signed = custody.signer(event, Role.CUSTODIAN)
    revocation = Revocation.from_json(signed.verify(line))
    custody.same_origin(revocation.origin, event)
    if revocation.name != name:
        raise CustodyError(f"{event.type}: the signed document revokes somebody else")


def _exhibit_sealed(custody: Custody, event: Event, exhibit: str) -> None:
    custody.exhibits[exhibit] = event


def _same_case(custody: Custody, event: Event, exhibit: str) -> None:
    if custody.exhibits[exhibit].case != event.case:
        raise CustodyError(f"{event.type}: the exhibit belongs to another case")


def _requested(custody: Custody, event: Event, request: str) -> None:
    line, signed = custody.signer(event, Role.PARTNER)
    document = Request.from_json(signed.verify(line))
    custody.same_origin(document.origin, event)
    if document.case != event.case or document.purpose != event.purpose:
        raise CustodyError(f"{event.type}: the signed request is for another case or purpose")
    custody.requests[request] = RequestRecord(event.case, line)


def _approved(custody: Custody, event: Event, request: str) -> None:
    line, signed = custody.signer(event, Role.CUSTODIAN)
    approval = Approval.from_json(signed.verify(line))
    custody.same_origin(approval.origin, event)
    record = custody.requests[request]
    if (approval.request, approval.case, approval.partner) != (request, record.case, record.partner.key_id):
        raise CustodyError(f"{event.type}: the signed approval is for another request, case or partner")
    if event.case != record.case or line.key_id in record.approvals:
        raise CustodyError(f"{event.type}: approved twice by one custodian, or in another case")
    record.approvals[line.key_id] = approval


def _denied(custody: Custody, event: Event, request: str) -> None:
    line, signed = custody.signer(event, Role.CUSTODIAN)
    denial = Denial.from_json(signed.verify(line))
    custody.same_origin(denial.origin, event)
    if denial.request != request:
        raise CustodyError(f"{event.type}: the signed denial is for another request")


def _bundle_sealed(custody: Custody, event: Event, request: str) -> None:
    record = custody.requests[request]
    agreed = [item for item in record.approvals.values() if item.objects.hex() == event.detail.get("objects_sha256")]
    if event.case != record.case or len(agreed) < custody.quorum:
        raise CustodyError(f"{event.type}: fewer valid approvals of these objects than the quorum")
    if custody.state(Subject.PERSON, record.partner.name) is not State.ENROLLED:
        raise CustodyError(f"{event.type}: the partner is not enrolled any more")


def _downloaded(custody: Custody, event: Event, request: str) -> None:
    if custody.requests[request].partner.name != event.actor:
        raise CustodyError(f"{event.type}: by somebody else than the partner who asked")


_CHECKS: Final = {
    _E.CUSTODIAN_ADDED: _custodian_added,
    _E.PARTNER_ENROLLED: _enrolled,
    _E.AUDITOR_ENROLLED: _enrolled,
    _E.PARTNER_REVOKED: _revoked,
    _E.AUDITOR_REVOKED: _revoked,
    _E.EXHIBIT_SEALED: _exhibit_sealed,
    _E.EXHIBIT_VIEWED: _same_case,
    _E.EXHIBIT_DESTROYED: _same_case,
    _E.RELEASE_REQUESTED: _requested,
    _E.RELEASE_APPROVED: _approved,
    _E.RELEASE_DENIED: _denied,
    _E.BUNDLE_SEALED: _bundle_sealed,
    _E.BUNDLE_DOWNLOADED: _downloaded,
}
