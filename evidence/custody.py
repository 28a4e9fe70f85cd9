"""What may follow what: the rules of custody, blind to who asks.

`RULES` is one table: for each type of event the thing it concerns, the states in which it may happen, the state after
it, and who may do it. The vault asks `next_state` before it records an event; an auditor and a partner replay events
through `Custody`, which also checks who acted, every signature and the quorum of each release. What later events can
depend on stands in a `Memory`, so that an auditor can keep it in a file and go on from there.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from evidence.canonical import Json
from evidence.chronology import require_signed_then
from evidence.consent import KEY_BYTES, Consent, Kind, Scope
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
    _E.PARTNER_CONFIRMED: _rule(_S.PERSON, "enrolled", None, "custodian"),
    _E.AUDITOR_CONFIRMED: _rule(_S.PERSON, "enrolled", None, "custodian"),
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
    _E.BUNDLE_DOWNLOADED: _rule(_S.REQUEST, "sealed", None, "partner", case_open=True),
    _E.EVENTS_READ: _rule(_S.VAULT, "created", None, "auditor custodian"),
    _E.FIXITY_CHECKED: _rule(_S.VAULT, "created", None, "system"),
    _E.CHECKPOINT_TIMESTAMPED: _rule(_S.VAULT, "created", None, "system"),
    _E.WITNESS_ALARMED: _rule(_S.VAULT, "created", None, "system"),
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


SCOPES: Final = frozenset(each.value for each in Scope)
_CODE_KEY: Final = re.compile(f"(?:[0-9a-f]{{{2 * KEY_BYTES}}})?")
STATES: Final[Mapping[str, State]] = {each.value: each for each in State}
_NAMED: Final = frozenset({Role.CUSTODIAN, Role.PARTNER, Role.AUDITOR})
"""The roles in which a person acts."""


class Memory(Protocol):
    """Short texts by their keys, as a dict holds them; empty at a log's first event."""

    def get(self, key: str, /) -> str | None:
        """What was set last under this key."""
        ...

    def __setitem__(self, key: str, value: str, /) -> None: ...


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What the events say of one request.

    `approvals` maps a custodian's key id to the digest (hex) of the objects that were approved; `sealed` is the digest
    of those that the sealed bundle holds, empty before.
    """

    case: str
    partner: PublicLine
    approvals: Mapping[str, str]
    sealed: str


class Custody:
    """The state of everything after the events so far, given in log order.

    `custodians` and `quorum` come from the trust anchor. `apply` raises CustodyError for an event that may not stand
    where it does and leaves the state as it was, so that an auditor can go on and report every fault. `memory` is what
    the log's earlier events left; without one the events are a part of a log, whose vault exists already.

    The memory's keys are a kind of thing and its name; its values begin with the state: `exhibit <id>` is
    `sealed <case>`, `request <id>` is `requested <case> <partner>`, `person <name>` is `enrolled <role> <line>`.
    Beside them: `approval <request> <key id>` and `bundle <request>` are digests of objects, `used <digest>` is `yes`
    for a signed document, `kept <case>` is how many of its exhibits are not destroyed, `consent <case>` is a scope and
    its key, `kind <name>` is that of a partner who is limited, `chosen <request>` is `yes` for one with a proof,
    `confirmed <name> <key id>` for each custodian who vouched for a person.
    """

    def __init__(
        self, origin: str, custodians: Iterable[PublicLine], quorum: int, memory: Memory | None = None
    ) -> None:
        self.origin = origin
        self.quorum = quorum
        self.custodians = {line.key_id: line for line in custodians}
        self._custodian_names = frozenset(line.name for line in self.custodians.values())
        self._memory: Memory = {f"{Subject.VAULT} ": State.CREATED.value} if memory is None else memory
        self._using = ""  # the memory's key for the document that the event under way holds

    def state(self, subject: Subject, identifier: str) -> State:
        """The state of one thing."""
        return STATES[self.about(subject, identifier)[0]]

    def about(self, subject: Subject, identifier: str) -> list[str]:
        """The state of one thing, and what is remembered beside it: at most two texts."""
        return (self._memory.get(f"{subject} {identifier}") or "absent").split(" ", 2)

    def request(self, request: str) -> RequestRecord:
        """What the events say of a request that was made."""
        _, case, partner = self.about(Subject.REQUEST, request)
        line = PublicLine.parse(self.about(Subject.PERSON, partner)[2])
        approvals = {key_id: self._memory.get(f"approval {request} {key_id}") for key_id in self.custodians}
        given = {key_id: objects for key_id, objects in approvals.items() if objects is not None}
        return RequestRecord(case, line, given, self._memory.get(f"bundle {request}") or "")

    def kept(self, case: str) -> int:
        """How many exhibits of a case were sealed and not destroyed."""
        return int(self._memory.get(f"kept {case}") or 0)

    def consent(self, case: str) -> Consent:
        """What the source of a case allows."""
        scope, _, key = (self._memory.get(f"consent {case}") or Scope.PARTNER_LAWYERS.value).partition(" ")
        return Consent(Scope(scope), bytes.fromhex(key))

    def kind(self, partner: str) -> Kind:
        """What a partner is enrolled for."""
        return Kind(self._memory.get(f"kind {partner}") or Kind.LAWYER.value)

    def is_chosen(self, request: str) -> bool:
        """Whether the request showed that the source chose its partner."""
        return self._memory.get(f"chosen {request}") is not None

    def require_consent(self, event: Event, partner: str, request: str) -> None:
        """CustodyError unless the source lets this partner have the case, as it stands now."""
        if not self.consent(event.case).permits(self.kind(partner), chosen=self.is_chosen(request)):
            raise CustodyError(f"{event.type}: the source of the case does not let this partner have it")

    def remembers(self, key: str) -> bool:
        """Whether anything is kept under this key."""
        return self._memory.get(key) is not None

    def remember(self, key: str, value: str) -> None:
        """Keep what a rule needs later."""
        self._memory[key] = value

    def apply(self, event: Event) -> None:
        """Take the next event."""
        rule = RULES[event.type]
        identifier = _identifier(rule.subject, event)
        before, *beside = self.about(rule.subject, identifier)
        case = self.state(Subject.CASE, event.case) if rule.case_open else State.OPEN
        after = next_state(event.type, event.role, STATES[before], case)
        if event.role in _NAMED:
            self._require_actor(event)
        self._using = ""
        check = _CHECKS.get(event.type)
        if check is not None:
            beside = check(self, event, identifier) or beside
        if self._using:
            self.remember(self._using, "yes")
        if rule.after is not None:
            self.remember(f"{rule.subject} {identifier}", " ".join([after, *beside]))

    def enrolled(self, name: str, role: Role) -> PublicLine | None:
        """The line of who is enrolled under this name in this role now."""
        state, *beside = self.about(Subject.PERSON, name)
        return PublicLine.parse(beside[1]) if state == State.ENROLLED and beside[0] == role else None

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
        self._using = f"used {signed.digest.hex()}"
        if self._memory.get(self._using) is not None:
            raise CustodyError(f"{event.type}: a signed document that was used before")
        return line, document

    def _require_actor(self, event: Event) -> None:
        """People act under their own names, while they are enrolled in the role in which they act."""
        if event.role is Role.CUSTODIAN:
            known = self.is_custodian(event.actor)
        else:
            known = self.enrolled(event.actor, event.role) is not None
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


def _custodian_added(custody: Custody, event: Event, name: str) -> list[str]:
    try:
        line = PublicLine.parse(str(event.detail.get("line", "")))
    except EvidenceError:
        raise CustodyError(f"{event.type}: no public line") from None
    if line.name != name or line.key_id not in custody.custodians:
        raise CustodyError(f"{event.type}: a custodian whom the trust anchor does not name")
    return [Role.CUSTODIAN, str(line)]


def _enrolled(custody: Custody, event: Event, name: str) -> list[str]:
    line, enrolment = custody.signed(event, Role.CUSTODIAN, Enrolment.from_json)
    role = Role.PARTNER if event.type is EventType.PARTNER_ENROLLED else Role.AUDITOR
    if enrolment.role != role.value or enrolment.line.name != name:
        raise CustodyError(f"{event.type}: the signed document enrols somebody else")
    if custody.is_custodian(name):
        raise CustodyError(f"{event.type}: under a custodian's name")
    if enrolment.kind is not Kind.LAWYER:
        custody.remember(f"kind {name}", enrolment.kind.value)
    custody.remember(f"confirmed {name} {line.key_id}", "yes")
    return [role, str(enrolment.line)]


def _confirmed(custody: Custody, event: Event, name: str) -> None:
    custodian, enrolment = custody.signed(event, Role.CUSTODIAN, Enrolment.from_json)
    role = Role.PARTNER if event.type is EventType.PARTNER_CONFIRMED else Role.AUDITOR
    same = (enrolment.role, enrolment.line, enrolment.kind) == (role, custody.enrolled(name, role), custody.kind(name))
    if not same or custody.remembers(f"confirmed {name} {custodian.key_id}"):
        raise CustodyError(f"{event.type}: somebody else than was enrolled, or by a custodian who did so before")
    custody.remember(f"confirmed {name} {custodian.key_id}", "yes")


def _revoked(custody: Custody, event: Event, name: str) -> None:
    _, revocation = custody.signed(event, Role.CUSTODIAN, Revocation.from_json)
    role = Role.PARTNER if event.type is EventType.PARTNER_REVOKED else Role.AUDITOR
    if revocation.name != name or custody.enrolled(name, role) is None:
        raise CustodyError(f"{event.type}: the signed document revokes somebody else")


def _exhibit_sealed(custody: Custody, event: Event, _: str) -> list[str]:
    custody.remember(f"kept {event.case}", str(custody.kept(event.case) + 1))
    return [event.case]


def _same_case(custody: Custody, event: Event, exhibit: str) -> None:
    if custody.about(Subject.EXHIBIT, exhibit)[1] != event.case:
        raise CustodyError(f"{event.type}: the exhibit belongs to another case")


def _destroyed(custody: Custody, event: Event, exhibit: str) -> None:
    _same_case(custody, event, exhibit)
    custody.remember(f"kept {event.case}", str(custody.kept(event.case) - 1))


def _consented(custody: Custody, event: Event, _: str) -> None:
    scope, key = event.detail.get("scope"), event.detail.get("key", "")
    secret = scope == Scope.MY_LAWYER.value
    if scope not in SCOPES or not isinstance(key, str) or not _CODE_KEY.fullmatch(key) or bool(key) is not secret:
        raise CustodyError(f"{event.type}: no scope that this version knows, or a key where none belongs")
    custody.remember(f"consent {event.case}", f"{scope} {key}")


def _requested(custody: Custody, event: Event, request: str) -> list[str]:
    line, document = custody.signed(event, Role.PARTNER, Request.from_json)
    if document.case != event.case or document.purpose != event.purpose:
        raise CustodyError(f"{event.type}: the signed request is for another case or purpose")
    if custody.consent(event.case).is_chosen(document.proof, custody.origin, event.case, line.key_id):
        custody.remember(f"chosen {request}", "yes")
    custody.require_consent(event, line.name, request)
    return [event.case, line.name]


def _approved(custody: Custody, event: Event, request: str) -> None:
    line, approval = custody.signed(event, Role.CUSTODIAN, Approval.from_json)
    record = custody.request(request)
    if (approval.request, approval.case, approval.partner) != (request, record.case, record.partner.key_id):
        raise CustodyError(f"{event.type}: the signed approval is for another request, case or partner")
    if event.case != record.case or line.key_id in record.approvals:
        raise CustodyError(f"{event.type}: approved twice by one custodian, or in another case")
    custody.require_consent(event, record.partner.name, request)
    custody.remember(f"approval {request} {line.key_id}", approval.objects.hex())


def _denied(custody: Custody, event: Event, request: str) -> None:
    _, denial = custody.signed(event, Role.CUSTODIAN, Denial.from_json)
    if denial.request != request:
        raise CustodyError(f"{event.type}: the signed denial is for another request")


def _bundle_sealed(custody: Custody, event: Event, request: str) -> None:
    record, objects = custody.request(request), event.detail.get("objects_sha256")
    agreed = [given for given in record.approvals.values() if given == objects]
    if event.case != record.case or len(agreed) < custody.quorum:
        raise CustodyError(f"{event.type}: fewer valid approvals of these objects than the quorum")
    if custody.enrolled(record.partner.name, Role.PARTNER) is None:
        raise CustodyError(f"{event.type}: the partner is not enrolled any more")
    custody.require_consent(event, record.partner.name, request)
    custody.remember(f"bundle {request}", agreed[0])


def _downloaded(custody: Custody, event: Event, request: str) -> None:
    record = custody.request(request)
    if (record.partner.name, record.case) != (event.actor, event.case):
        raise CustodyError(f"{event.type}: by somebody else than the partner who asked, or of another case")
    custody.require_consent(event, record.partner.name, request)


_CHECKS: Final[Mapping[EventType, Callable[[Custody, Event, str], list[str] | None]]] = {
    _E.CUSTODIAN_ADDED: _custodian_added,
    _E.PARTNER_ENROLLED: _enrolled,
    _E.AUDITOR_ENROLLED: _enrolled,
    _E.PARTNER_CONFIRMED: _confirmed,
    _E.AUDITOR_CONFIRMED: _confirmed,
    _E.PARTNER_REVOKED: _revoked,
    _E.AUDITOR_REVOKED: _revoked,
    _E.CONSENT_GIVEN: _consented,
    _E.EXHIBIT_SEALED: _exhibit_sealed,
    _E.EXHIBIT_VIEWED: _same_case,
    _E.EXHIBIT_DESTROYED: _destroyed,
    _E.RELEASE_REQUESTED: _requested,
    _E.RELEASE_APPROVED: _approved,
    _E.RELEASE_DENIED: _denied,
    _E.BUNDLE_SEALED: _bundle_sealed,
    _E.BUNDLE_DOWNLOADED: _downloaded,
}
