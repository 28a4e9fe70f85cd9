"""What the vault may record and what an auditor accepts are the same, whatever people try in whatever order."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.canonical import Json
from evidence.custody import RULES, Custody, State, Subject, next_state
from evidence.errors import CustodyError
from evidence.event import Event, EventType, Role
from evidence.release import Approval, Denial, Enrolment, Request, Revocation
from tests.evidence.claims import ALICE, AUDITOR, BOB, LAWYER, ORIGIN, START, TRUST, Document, Person, event

CASES: Final = ("AAAA-AAA7", "BBBB-BBB7")
EXHIBITS: Final = ("0" * 32, "1" * 32)
REQUESTS: Final = ("R-AAAAAAAAAAAA", "R-BBBBBBBBBBBB")
OBJECTS: Final = bytes(32)
_TIMES: Final = count()


@dataclass(frozen=True)
class Try:
    """Somebody tries something: which type of event, on which of two things, by which of two custodians."""

    kind: EventType
    role: Role
    which: int
    other: int
    by: Person


TRIES: Final = st.builds(
    Try,
    kind=st.sampled_from(
        [kind for kind in EventType if kind not in {EventType.VAULT_CREATED, EventType.CUSTODIAN_ADDED}]
    ),
    role=st.sampled_from(Role),
    which=st.integers(0, 1),
    other=st.integers(0, 1),
    by=st.sampled_from([ALICE, BOB]),
)
IN_ROLE: Final = TRIES.flatmap(
    lambda each: st.sampled_from(sorted(RULES[each.kind].roles)).map(
        lambda role: Try(each.kind, role, each.which, each.other, each.by)
    )
)


def actor(each: Try) -> str:
    named = {Role.CUSTODIAN: each.by.name, Role.PARTNER: LAWYER.name, Role.AUDITOR: AUDITOR.name}
    return named.get(each.role, "vault")


def as_event(each: Try, case: str) -> Event:
    """The event of a try; its document is signed by the right person and says the right things."""
    now = START + timedelta(seconds=next(_TIMES) % 3000)  # so that no two documents are the same
    request, person = REQUESTS[each.which], (LAWYER, AUDITOR)[each.which]
    documents: dict[EventType, tuple[Person, Document]] = {
        EventType.PARTNER_ENROLLED: (each.by, Enrolment(ORIGIN, "partner", person.line, now)),
        EventType.AUDITOR_ENROLLED: (each.by, Enrolment(ORIGIN, "auditor", person.line, now)),
        EventType.PARTNER_CONFIRMED: (each.by, Enrolment(ORIGIN, "partner", person.line, now)),
        EventType.AUDITOR_CONFIRMED: (each.by, Enrolment(ORIGIN, "auditor", person.line, now)),
        EventType.PARTNER_REVOKED: (each.by, Revocation(ORIGIN, person.name, now)),
        EventType.AUDITOR_REVOKED: (each.by, Revocation(ORIGIN, person.name, now)),
        EventType.RELEASE_REQUESTED: (LAWYER, Request(ORIGIN, case, "court", now)),
        EventType.RELEASE_APPROVED: (
            each.by,
            Approval(ORIGIN, request, case, LAWYER.line.key_id, OBJECTS, bytes(32), now),
        ),
        EventType.RELEASE_DENIED: (each.by, Denial(ORIGIN, request, "no", now)),
    }
    detail: dict[str, Json] = {"name": person.name, "request": request, "objects_sha256": OBJECTS.hex()}
    detail["scope"] = "documentation"
    if each.kind in documents:
        signer, document = documents[each.kind]
        detail["signed"] = signer.sign(document).to_json()
    purpose = "court" if each.kind is EventType.RELEASE_REQUESTED else ""
    members = {"case": case, "exhibit": EXHIBITS[each.which], "purpose": purpose, "detail": detail, "time": START}
    return event(each.kind, each.role, actor(each), **members)


def identifier(subject: Subject, each: Try, case: str) -> str:
    names = {
        Subject.VAULT: "",
        Subject.CASE: case,
        Subject.EXHIBIT: EXHIBITS[each.which],
        Subject.REQUEST: REQUESTS[each.which],
        Subject.PERSON: (LAWYER, AUDITOR)[each.which].name,
    }
    return names[subject]


@settings(max_examples=200, deadline=None)
@given(tries=st.lists(st.one_of(IN_ROLE, IN_ROLE, IN_ROLE, TRIES), max_size=40))
def test_what_the_table_forbids_no_auditor_accepts_and_states_follow_the_table(tries: list[Try]) -> None:
    custody = Custody(ORIGIN, TRUST.custodians, 1)
    states: dict[tuple[Subject, str], State] = {(Subject.VAULT, ""): State.CREATED}
    for each in tries:
        case = CASES[each.other]
        rule = RULES[each.kind]
        key = (rule.subject, identifier(rule.subject, each, case))
        before = states.get(key, State.ABSENT)
        happened = as_event(each, case)
        try:
            after = next_state(each.kind, each.role, before, states.get((Subject.CASE, case), State.ABSENT))
        except CustodyError:
            with pytest.raises(CustodyError):
                custody.apply(happened)
            after = before
        else:
            try:
                custody.apply(happened)
            except CustodyError:  # more is asked of signatures, enrolments and quorums than the table can say
                after = before
        states[key] = after
        assert custody.state(*key) is after


def honest() -> list[Event]:
    """A case from its opening to a download, with all that is asked of it."""
    first = [
        Try(EventType.PARTNER_ENROLLED, Role.CUSTODIAN, 0, 0, ALICE),
        Try(EventType.AUDITOR_ENROLLED, Role.CUSTODIAN, 1, 0, ALICE),
        Try(EventType.CASE_OPENED, Role.INTAKE, 0, 0, ALICE),
        Try(EventType.STATEMENT_SEALED, Role.INTAKE, 0, 0, ALICE),
        Try(EventType.EXHIBIT_SEALED, Role.INTAKE, 0, 0, ALICE),
        Try(EventType.EXHIBIT_VIEWED, Role.CUSTODIAN, 0, 0, BOB),
        Try(EventType.RELEASE_REQUESTED, Role.PARTNER, 0, 0, ALICE),
        Try(EventType.RELEASE_APPROVED, Role.CUSTODIAN, 0, 0, ALICE),
        Try(EventType.RELEASE_APPROVED, Role.CUSTODIAN, 0, 0, BOB),
        Try(EventType.BUNDLE_SEALED, Role.SYSTEM, 0, 0, ALICE),
        Try(EventType.BUNDLE_DOWNLOADED, Role.PARTNER, 0, 0, ALICE),
        Try(EventType.EVENTS_READ, Role.AUDITOR, 0, 0, ALICE),
        Try(EventType.CONSENT_WITHDRAWN, Role.SOURCE, 0, 0, ALICE),
        Try(EventType.EXHIBIT_DESTROYED, Role.SOURCE, 0, 0, ALICE),
    ]
    return [as_event(each, CASES[0]) for each in first]


@pytest.mark.parametrize("quorum", [1, 2])
def test_an_honest_history_is_accepted(quorum: int) -> None:
    custody = Custody(ORIGIN, TRUST.custodians, quorum)
    for each in honest():
        custody.apply(each)
    assert custody.state(Subject.REQUEST, REQUESTS[0]) is State.SEALED
    assert custody.state(Subject.EXHIBIT, EXHIBITS[0]) is State.DESTROYED


@pytest.mark.parametrize("missing", range(10))
def test_no_step_that_others_rest_on_may_be_missing(missing: int) -> None:
    events = honest()
    needed = {0, 1, 2, 4, 6, 7, 8, 9}
    custody = Custody(ORIGIN, TRUST.custodians, 2)
    refused = 0
    for place, each in enumerate(events):
        if place != missing:
            try:
                custody.apply(each)
            except CustodyError:
                refused += 1
    assert (refused > 0) == (missing in needed)


@pytest.mark.parametrize("twice", [0, 1, 2, 4, 6, 7, 9, 12, 13])
def test_what_happens_once_is_not_accepted_twice(twice: int) -> None:
    custody = Custody(ORIGIN, TRUST.custodians, 1)
    for place, each in enumerate(honest()):
        custody.apply(each)
        if place == twice:
            with pytest.raises(CustodyError):
                custody.apply(each)


def test_approvals_of_different_objects_are_no_quorum() -> None:
    custody = Custody(ORIGIN, TRUST.custodians, 2)
    events = honest()
    for each in events[:8]:
        custody.apply(each)
    other = Approval(ORIGIN, REQUESTS[0], CASES[0], LAWYER.line.key_id, b"\1" * 32, bytes(32), START)
    detail: dict[str, Json] = {"request": REQUESTS[0], "signed": BOB.sign(other).to_json()}
    custody.apply(event(EventType.RELEASE_APPROVED, Role.CUSTODIAN, BOB.name, case=CASES[0], detail=detail))
    with pytest.raises(CustodyError):
        custody.apply(events[9])


def test_every_type_of_event_has_a_rule() -> None:
    assert set(RULES) == set(EventType)
    assert all(rule.roles and rule.before for rule in RULES.values())
