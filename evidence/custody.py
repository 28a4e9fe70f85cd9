"""What may follow what: the rules of custody, blind to who asks.

`RULES` is one table: for each type of event the thing it concerns, the states in which it may happen, the state after
it, and who may do it. The vault asks `next_state` before it records an event; an auditor and a partner replay events
through `Custody`, which also checks who acted, every signature, the times and the quorum of each release.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from evidence.canonical import Json
from evidence.chronology import Chronology, require_signed_then
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
    _E.CASE_VIEWED: _rule(_S.CASE, "open", None, "custodian"),
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


class _Document(Protocol):
    """What every signed document says: of which vault it is, and when it was signed."""

    @property
    def origin(self) -> str: ...

    @property
    def time(self) -> datetime: ...


_D = TypeVar("_D", bound=_Document)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody whom a custodian let in: a partner or an auditor, never both."""

    line: PublicLine
    role: Role


@dataclass(slots=True)
class RequestRecord:
    """What the events say of one request.

    `approvals` maps a custodian's key id to the approval; `sealed` is the digest of the objects (hex) that the sealed
    bundle holds, empty before.
    """

    case: str
    partner: PublicLine
    purpose: str
    approvals: dict[str, Approval] = field(default_factory=dict)
    sealed: str = ""


class Custody:
    """The state of everything after the events so far, given in log order.

    `custodians` and `quorum` come from the trust anchor. `apply` raises CustodyError for an event that may not stand
    where it does and leaves the state as it was, so that an auditor can go on and report every fault. Without
    `chronological` the times are not compared: a vault that rebuilds itself shall not stumble over a clock that was
    once set back.
    """

    def __init__(
        self, origin: str, custodians: Iterable[PublicLine], quorum: int, *, chronological: bool = True
    ) -> None:
        self.origin = origin
        self.quorum = quorum
        self.custodians = {line.key_id: line for line in custodians}
        self.people: dict[str, Enrolled] = {}
        self.requests: dict[str, RequestRecord] = {}
        self.exhibits: dict[str, Event] = {}
        self._states: dict[tuple[Subject, str], State] = {(Subject.VAULT, ""): State.CREATED}
        self._custodian_names = frozenset(line.name for line in self.custodians.values())
        self._chronology = Chronology() if chronological else None
        self._used: set[bytes] = set()  # digests of signed documents

    def expect_vault_created(self) -> None:
        """For a log read from its first event: the vault does not exist yet."""
        self._states[(Subject.VAULT, "")] = State.ABSENT

    def state(self, subject: Subject, identifier: str) -> State:
        """The state of one thing."""
        return self._states.get((subject, identifier), State.ABSENT)

    def apply(self, event: Event) -> None:
        """Take the next event."""
        if self._chronology is not None:
            self._chronology.take(event)
        rule = RULES[event.type]
        identifier = _identifier(rule.subject, event)
        after = next_state(
            event.type, event.role, self.state(rule.subject, identifier), self.state(Subject.CASE, event.case)
        )
        self._require_actor(event)
        check = _CHECKS.get(event.type)
        if check is not None:
            check(self, event, identifier)
        if event.type in _SIGNED:
            self._used.add(SignedDocument.from_json(event.detail.get("signed")).digest)
        self._states[(rule.subject, identifier)] = after

    def enrolled(self, name: str, role: Role) -> PublicLine | None:
        """The line of who is enrolled under this name in this role now."""
        person = self.people.get(name)
        if person is None or person.role is not role or self.state(Subject.PERSON, name) is not State.ENROLLED:
            return None
        return person.line

    def is_custodian(self, name: str) -> bool:
        """Whether the trust anchor names a custodian so."""
        return name in self._custodian_names

    def signed(self, event: Event, role: Role, read: Callable[[Mapping[str, Json]], _D]) -> tuple[PublicLine, _D]:
        """Who signed the event's document, and the document.

        The signer is enrolled in this role and is the event's actor; the document is of this vault, was signed at about
        the event's time, and is used for the first time.
        """
        signed = SignedDocument.from_json(event.detail.get("signed"))
        line = self.custodians.get(signed.key_id) if role is Role.CUSTODIAN else self.enrolled(event.actor, role)
        if line is None or line.name != event.actor:
            raise CustodyError(f"{event.type}: signed by nobody who was enrolled then")
        document = read(signed.verify(line))
        if document.origin != self.origin:
            raise CustodyError(f"{event.type}: a document of another vault")
        require_signed_then(document.time, event)
        if signed.digest in self._used:
            raise CustodyError(f"{event.type}: a signed document that was used before")
        return line, document

    def _require_actor(self, event: Event) -> None:
        """People act under their own names, while they are enrolled in the role in which they act."""
        if event.role is Role.CUSTODIAN:
            known = self.is_custodian(event.actor)
        elif event.role in {Role.PARTNER, Role.AUDITOR}:
            known = self.enrolled(event.actor, event.role) is not None
        else:
            known = True
        if not known:
            raise CustodyError(f"{event.type}: by nobody who was enrolled in this role then")


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
    _, enrolment = custody.signed(event, Role.CUSTODIAN, Enrolment.from_json)
    role = Role.PARTNER if event.type is EventType.PARTNER_ENROLLED else Role.AUDITOR
    if enrolment.role != role.value or enrolment.line.name != name:
        raise CustodyError(f"{event.type}: the signed document enrols somebody else")
    if custody.is_custodian(name):
        raise CustodyError(f"{event.type}: under a custodian's name")
    custody.people[name] = Enrolled(enrolment.line, role)


def _revoked(custody: Custody, event: Event, name: str) -> None:
    _, revocation = custody.signed(event, Role.CUSTODIAN, Revocation.from_json)
    role = Role.PARTNER if event.type is EventType.PARTNER_REVOKED else Role.AUDITOR
    if revocation.name != name or custody.enrolled(name, role) is None:
        raise CustodyError(f"{event.type}: the signed document revokes somebody else")


def _exhibit_sealed(custody: Custody, event: Event, exhibit: str) -> None:
    custody.exhibits[exhibit] = event


def _same_case(custody: Custody, event: Event, exhibit: str) -> None:
    if custody.exhibits[exhibit].case != event.case:
        raise CustodyError(f"{event.type}: the exhibit belongs to another case")


def _requested(custody: Custody, event: Event, request: str) -> None:
    line, document = custody.signed(event, Role.PARTNER, Request.from_json)
    if document.case != event.case or document.purpose != event.purpose:
        raise CustodyError(f"{event.type}: the signed request is for another case or purpose")
    custody.requests[request] = RequestRecord(event.case, line, document.purpose)


def _approved(custody: Custody, event: Event, request: str) -> None:
    line, approval = custody.signed(event, Role.CUSTODIAN, Approval.from_json)
    record = custody.requests[request]
    if (approval.request, approval.case, approval.partner) != (request, record.case, record.partner.key_id):
        raise CustodyError(f"{event.type}: the signed approval is for another request, case or partner")
    if event.case != record.case or line.key_id in record.approvals:
        raise CustodyError(f"{event.type}: approved twice by one custodian, or in another case")
    record.approvals[line.key_id] = approval


def _denied(custody: Custody, event: Event, request: str) -> None:
    _, denial = custody.signed(event, Role.CUSTODIAN, Denial.from_json)
    if denial.request != request:
        raise CustodyError(f"{event.type}: the signed denial is for another request")


def _bundle_sealed(custody: Custody, event: Event, request: str) -> None:
    record = custody.requests[request]
    agreed = [item for item in record.approvals.values() if item.objects.hex() == event.detail.get("objects_sha256")]
    if event.case != record.case or len(agreed) < custody.quorum:
        raise CustodyError(f"{event.type}: fewer valid approvals of these objects than the quorum")
    if custody.enrolled(record.partner.name, Role.PARTNER) is None:
        raise CustodyError(f"{event.type}: the partner is not enrolled any more")
    record.sealed = agreed[0].objects.hex()


def _downloaded(custody: Custody, event: Event, request: str) -> None:
    if custody.requests[request].partner.name != event.actor:
        raise CustodyError(f"{event.type}: by somebody else than the partner who asked")


_SIGNED: Final = frozenset(
    {
        _E.PARTNER_ENROLLED,
        _E.AUDITOR_ENROLLED,
        _E.PARTNER_REVOKED,
        _E.AUDITOR_REVOKED,
        _E.RELEASE_REQUESTED,
        _E.RELEASE_APPROVED,
        _E.RELEASE_DENIED,
    }
)
"""Events that hold a signed document."""

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
