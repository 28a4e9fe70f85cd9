"""Nobody counts who was not enrolled in that role then, no document counts twice, and times do not run backwards."""

from datetime import timedelta
from typing import Final

import pytest

from evidence.chronology import Chronology
from evidence.custody import Custody
from evidence.errors import CustodyError, DocumentError
from evidence.event import Event, EventType, Role
from evidence.identity import PublicLine
from evidence.release import Denial, Revocation
from evidence.trust import Trust
from tests.evidence.claims import (
    ALICE,
    AUDITOR,
    BOB,
    CASE,
    LAWYER,
    ORIGIN,
    REQUEST,
    START,
    TRUST,
    Person,
    approved,
    enrolled,
    event,
    hours,
    opened,
    requested,
    sealed,
)

EXHIBIT: Final = "a" * 32


def replay(*events: Event) -> Custody:
    """All of these may happen, in this order."""
    custody = Custody(ORIGIN, TRUST.custodians, TRUST.quorum)
    for each in events:
        custody.apply(each)
    return custody


def refused(custody: Custody, each: Event) -> str:
    with pytest.raises(CustodyError) as caught:
        custody.apply(each)
    return caught.value.reason


def revoked(who: Person, kind: EventType) -> Event:
    signed = ALICE.sign(Revocation(ORIGIN, who.name, START))
    return event(kind, Role.CUSTODIAN, ALICE.name, detail={"name": who.name, "signed": signed.to_json()})


def exhibit_sealed() -> Event:
    hour = START.replace(minute=0, second=0)
    return event(EventType.EXHIBIT_SEALED, Role.INTAKE, "intake", case=CASE, exhibit=EXHIBIT, time=hour)


def test_an_enrolled_partner_is_served() -> None:
    custody = replay(opened(), enrolled(), requested(), approved(), sealed())
    custody.apply(event(EventType.BUNDLE_DOWNLOADED, Role.PARTNER, LAWYER.name, case=CASE, detail={"request": REQUEST}))
    assert custody.request(REQUEST).sealed == bytes(32).hex()


def test_an_auditor_cannot_ask_for_a_case() -> None:
    custody = replay(opened(), enrolled(AUDITOR, "auditor"))
    assert "nobody who was enrolled" in refused(custody, requested(AUDITOR))


def test_a_revoked_partner_cannot_ask() -> None:
    custody = replay(opened(), enrolled(), revoked(LAWYER, EventType.PARTNER_REVOKED))
    assert "nobody who was enrolled" in refused(custody, requested())


def test_a_revoked_partner_downloads_nothing() -> None:
    custody = replay(
        opened(), enrolled(), requested(), approved(), sealed(), revoked(LAWYER, EventType.PARTNER_REVOKED)
    )
    download = event(EventType.BUNDLE_DOWNLOADED, Role.PARTNER, LAWYER.name, case=CASE, detail={"request": REQUEST})
    assert "nobody who was enrolled" in refused(custody, download)


def test_a_partner_is_not_revoked_as_an_auditor() -> None:
    custody = replay(enrolled())
    assert "somebody else" in refused(custody, revoked(LAWYER, EventType.AUDITOR_REVOKED))
    custody.apply(revoked(LAWYER, EventType.PARTNER_REVOKED))


def test_nobody_is_enrolled_under_a_custodians_name() -> None:
    custody = replay()
    assert "custodian's name" in refused(custody, enrolled(BOB))


@pytest.mark.parametrize(
    ("role", "actor"),
    [
        (Role.AUDITOR, "nobody"),
        (Role.AUDITOR, LAWYER.name),
        (Role.AUDITOR, ALICE.name),
        (Role.CUSTODIAN, AUDITOR.name),
        (Role.CUSTODIAN, "nobody"),
    ],
)
def test_events_are_read_by_nobody_else_than_auditors_and_custodians(role: Role, actor: str) -> None:
    custody = replay(enrolled(), enrolled(AUDITOR, "auditor"))
    assert "nobody who was enrolled" in refused(custody, event(EventType.EVENTS_READ, role, actor))
    custody.apply(event(EventType.EVENTS_READ, Role.AUDITOR, AUDITOR.name))
    custody.apply(event(EventType.EVENTS_READ, Role.CUSTODIAN, BOB.name))


@pytest.mark.parametrize(
    "kind",
    [
        EventType.EXHIBIT_VIEWED,
        EventType.EXHIBIT_DESTROYED,
        EventType.CORRECTION,
        EventType.KEY_ROTATED,
    ],
)
@pytest.mark.parametrize("actor", ["nobody-at-all", LAWYER.name, AUDITOR.name])
def test_custodians_acts_need_a_custodian_of_the_trust_anchor(kind: EventType, actor: str) -> None:
    custody = replay(opened(), exhibit_sealed(), enrolled(), enrolled(AUDITOR, "auditor"))
    detail = {"name": LAWYER.name} if kind is EventType.KEY_ROTATED else {}
    case = {"case": CASE, "exhibit": EXHIBIT} if kind.startswith("exhibit") else {}
    assert "nobody who was enrolled" in refused(custody, event(kind, Role.CUSTODIAN, actor, detail=detail, **case))
    custody.apply(event(kind, Role.CUSTODIAN, BOB.name, detail=detail, **case))


def test_a_signed_request_counts_once() -> None:
    custody = replay(opened(), enrolled(), requested())
    assert "used before" in refused(custody, requested(request="R-BBBBBBBBBBBB"))
    custody.apply(requested(request="R-BBBBBBBBBBBB", at=START + timedelta(seconds=1)))


def test_a_refused_event_does_not_use_its_document_up() -> None:
    custody = replay(opened(), enrolled())
    assert "another case or purpose" in refused(custody, misquoted())
    custody.apply(requested())


def misquoted() -> Event:
    """The partner's request, told with another purpose."""
    good = requested()
    return event(EventType.RELEASE_REQUESTED, Role.PARTNER, LAWYER.name, case=CASE, purpose="sale", detail=good.detail)


def test_an_enrolment_is_not_replayed_after_a_revocation() -> None:
    enrolment = enrolled()
    custody = replay(enrolment, revoked(LAWYER, EventType.PARTNER_REVOKED))
    assert refused(custody, enrolment)


def test_two_custodians_may_sign_the_same_words() -> None:
    custody = replay(opened(), enrolled(), requested(), approved(ALICE), approved(BOB))
    assert len(custody.request(REQUEST).approvals) == 2


@pytest.mark.parametrize("late", [-24, 24])
def test_a_document_signed_within_a_day_of_its_event_counts(late: float) -> None:
    custody = replay(opened(), enrolled())
    custody.apply(requested(at=hours(late)))


@pytest.mark.parametrize("late", [-24.01, 24.01])
def test_a_document_signed_more_than_a_day_from_its_event_does_not_count(late: float) -> None:
    custody = replay(opened())
    assert "more than a day" in refused(custody, enrolled(at=hours(late)))
    custody.apply(enrolled())
    assert "more than a day" in refused(custody, requested(at=hours(late)))
    custody.apply(requested())
    assert "more than a day" in refused(custody, approved(at=hours(late)))
    signed = ALICE.sign(Denial(ORIGIN, REQUEST, "no", hours(late)))
    detail = {"request": REQUEST, "signed": signed.to_json()}
    denied = event(EventType.RELEASE_DENIED, Role.CUSTODIAN, ALICE.name, case=CASE, detail=detail)
    assert "more than a day" in refused(custody, denied)


@pytest.mark.parametrize("back", [0, 0.5, 1])
def test_a_clock_may_be_set_back_a_little(back: float) -> None:
    clock(fixity(0), fixity(-back))


def test_an_event_long_before_the_one_before_it_is_refused_once() -> None:
    chronology = clock(fixity(0))
    assert "an hour before" in untimely(chronology, fixity(-1.01))
    chronology.take(fixity(-1))


def test_times_do_not_creep_backwards() -> None:
    assert "an hour before" in untimely(clock(fixity(0), fixity(-0.6)), fixity(-1.2))


def test_times_cut_to_the_hour_are_taken_for_what_they_say() -> None:
    noon = START.replace(hour=12, minute=0, second=0)
    late = event(EventType.FIXITY_CHECKED, Role.SYSTEM, "vault", time=noon + timedelta(minutes=59))
    chronology = clock(late, opened(time=noon), opened("BBBB-BBB7", time=noon - timedelta(hours=1)))
    assert "an hour before" in untimely(chronology, opened("CCCC-CCC7", time=noon - timedelta(hours=2)))


def clock(*events: Event) -> Chronology:
    """All of these may follow each other in time."""
    chronology = Chronology()
    for each in events:
        chronology.take(each)
    return chronology


def untimely(chronology: Chronology, each: Event) -> str:
    with pytest.raises(CustodyError) as caught:
        chronology.take(each)
    return caught.value.reason


def fixity(after: float) -> Event:
    return event(EventType.FIXITY_CHECKED, Role.SYSTEM, "vault", time=hours(after))


@pytest.mark.parametrize("shared", ["name", "recipient", "signing_key"])
def test_two_custodians_of_a_trust_anchor_share_nothing(shared: str) -> None:
    alice, bob = ALICE.line, BOB.line
    values = {"name": bob.name, "recipient": bob.recipient, "signing_key": bob.signing_key}
    second = PublicLine(**{**values, shared: getattr(alice, shared)})
    anchor = Trust(ORIGIN, TRUST.log, (alice, second), 2, bytes(32))
    with pytest.raises(DocumentError):
        Trust.parse(anchor.encode())
    assert Trust.parse(Trust(ORIGIN, TRUST.log, (alice, bob), 2, bytes(32)).encode()).quorum == 2
