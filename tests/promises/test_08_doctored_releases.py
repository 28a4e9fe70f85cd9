"""Each way to release, enrol or keep what must not be is caught by the check that is there for it, and by no other."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from evidence.canonical import Json
from evidence.event import Event, EventType, Role
from evidence.release import Approval, Enrolment
from tests.audience import HONEST, SEEN, Audience, faults, more
from tests.evidence.claims import (
    ALICE,
    AUDITOR,
    BOB,
    CASE,
    LAWYER,
    OBJECTS,
    ORIGIN,
    START,
    Log,
    Person,
    approved,
    created,
    enrolled,
    event,
    opened,
    requested,
    sealed,
)

NEW: Final = "R-BBBBBBBBBBBB"
LATER: Final = START + timedelta(seconds=1)
EXHIBIT: Final = "a" * 32


def downloaded(request: str = NEW, actor: str = LAWYER.name) -> Event:
    return event(EventType.BUNDLE_DOWNLOADED, Role.PARTNER, actor, case=CASE, detail={"request": request})


def asked() -> Event:
    """The partner asks once more."""
    return requested(request=NEW, at=LATER)


def exhibit_sealed(case: str = CASE) -> Event:
    hour = START.replace(minute=0, second=0)
    return event(EventType.EXHIBIT_SEALED, Role.INTAKE, "intake", case=case, exhibit=EXHIBIT, time=hour)


def withdrawn() -> Event:
    return event(EventType.CONSENT_WITHDRAWN, Role.SOURCE, "source", case=CASE, time=START.replace(minute=0, second=0))


def forged(by: Person, actor: str) -> Event:
    """An approval signed by somebody who is no custodian."""
    signed = by.sign(Approval(ORIGIN, NEW, CASE, LAWYER.line.key_id, OBJECTS, bytes(32), LATER))
    detail: dict[str, Json] = {"request": NEW, "signed": signed.to_json()}
    return event(EventType.RELEASE_APPROVED, Role.CUSTODIAN, actor, case=CASE, authority=NEW, detail=detail)


@pytest.mark.parametrize(("by", "actor"), [(LAWYER, ALICE.name), (LAWYER, LAWYER.name), (Person("alice2"), ALICE.name)])
def test_a_forged_approval_is_caught(audience: Audience, by: Person, actor: str) -> None:
    ((step, event_number, what),) = faults(audience.audit(more(asked(), forged(by, actor))))
    assert (step, event_number) == ("releases", SEEN + 1)
    assert what.startswith("release.approved: ")
    assert "nobody who was enrolled" in what


def test_an_approval_whose_signature_does_not_verify_is_caught(audience: Audience) -> None:
    good = approved(request=NEW, at=LATER)
    signature = dict(good.detail["signed"], signature="A" * 86 + "==")  # type: ignore[arg-type]  # JSON
    bad = event(
        EventType.RELEASE_APPROVED, Role.CUSTODIAN, ALICE.name, case=CASE, detail={**good.detail, "signed": signature}
    )
    what = "a document's signature does not verify"
    assert faults(audience.audit(more(asked(), bad))) == [("releases", SEEN + 1, what)]


def test_a_release_that_nobody_approved_is_caught(audience: Audience) -> None:
    what = "bundle.sealed: may not follow, the request is requested"
    assert faults(audience.audit(more(asked(), sealed(request=NEW)))) == [("releases", SEEN + 1, what)]


def test_a_release_that_the_log_does_not_hold_is_caught(audience: Audience) -> None:
    """The bundle left the vault, and no event says that it was sealed."""
    log = more(asked(), approved(request=NEW, at=LATER), downloaded())
    what = "bundle.downloaded: may not follow, the request is approved"
    assert faults(audience.audit(log)) == [("releases", SEEN + 2, what)]


def test_a_release_that_nobody_asked_for_is_caught(audience: Audience) -> None:
    what = "bundle.sealed: may not follow, the request is absent"
    assert faults(audience.audit(more(sealed(request=NEW)))) == [("releases", SEEN, what)]


def test_a_release_of_other_objects_than_were_approved_is_caught(audience: Audience) -> None:
    log = more(asked(), approved(request=NEW, at=LATER), sealed(b"\1" * 32, NEW))
    what = "bundle.sealed: fewer valid approvals of these objects than the quorum"
    assert faults(audience.audit(log)) == [("releases", SEEN + 2, what)]


def test_a_download_by_somebody_else_is_caught(audience: Audience) -> None:
    other = Person("other")
    log = more(enrolled(other, at=LATER), downloaded("R-AAAAAAAAAAAA", other.name))
    ((step, number, what),) = faults(audience.audit(log))
    assert (step, number) == ("releases", SEEN + 1)
    assert "somebody else than the partner who asked" in what


def test_an_enrolment_by_nobody_is_caught(audience: Audience) -> None:
    stranger = Person("stranger")
    signed = stranger.sign(Enrolment(ORIGIN, "partner", stranger.line, START))
    detail: dict[str, Json] = {"name": stranger.name, "signed": signed.to_json()}
    log = more(event(EventType.PARTNER_ENROLLED, Role.CUSTODIAN, ALICE.name, detail=detail))
    what = "partner.enrolled: signed by nobody who was enrolled then"
    assert faults(audience.audit(log)) == [("people", SEEN, what)]


@pytest.mark.parametrize("by", [ALICE, LAWYER])
def test_a_confirmation_by_who_enrolled_or_by_no_custodian_is_caught(audience: Audience, by: Person) -> None:
    signed = by.sign(Enrolment(ORIGIN, "partner", LAWYER.line, LATER))
    detail: dict[str, Json] = {"name": LAWYER.name, "signed": signed.to_json()}
    bad = event(EventType.PARTNER_CONFIRMED, Role.CUSTODIAN, by.name, time=LATER, detail=detail)
    ((step, number, what),) = faults(audience.audit(more(bad)))
    assert (step, number) == ("people", SEEN)
    assert what.startswith("partner.confirmed: ")


def test_a_confirmation_of_another_key_is_caught(audience: Audience) -> None:
    other = replace(LAWYER.line, signing_key=bytes(32))
    signed = BOB.sign(Enrolment(ORIGIN, "partner", other, LATER))
    detail: dict[str, Json] = {"name": LAWYER.name, "signed": signed.to_json()}
    bad = event(EventType.PARTNER_CONFIRMED, Role.CUSTODIAN, BOB.name, time=LATER, detail=detail)
    what = "partner.confirmed: somebody else than was enrolled, or by a custodian who did so before"
    assert faults(audience.audit(more(bad))) == [("people", SEEN, what)]


def test_an_enrolment_by_a_partner_is_caught(audience: Audience) -> None:
    friend = enrolled(AUDITOR, "auditor", by=LAWYER)
    what = "auditor.enrolled: by nobody who was enrolled in this role then"
    assert faults(audience.audit(more(friend))) == [("people", SEEN, what)]


def test_a_custodian_who_joins_without_the_trust_anchor_is_caught(audience: Audience) -> None:
    stranger = Person("stranger")
    detail: dict[str, Json] = {"name": stranger.name, "line": str(stranger.line)}
    log = more(event(EventType.CUSTODIAN_ADDED, Role.SYSTEM, "vault", detail=detail))
    what = "custodian.added: a custodian whom the trust anchor does not name"
    assert faults(audience.audit(log)) == [("people", SEEN, what)]


def test_a_vault_with_another_quorum_than_the_trust_anchors_is_caught(audience: Audience) -> None:
    first = created()
    log = Log([created(detail={**first.detail, "quorum": 2}), opened()])
    what = "the vault was created with other keys or another quorum than the trust anchor's"
    assert faults(audience.audit(log, with_state=False)) == [("custody", 0, what)]


def test_a_replayed_request_is_caught(audience: Audience) -> None:
    """The partner's words of before, under a new request's name."""
    what = "release.requested: a signed document that was used before"
    assert faults(audience.audit(more(requested(request=NEW)))) == [("releases", SEEN, what)]


def test_an_event_that_stands_twice_is_caught(audience: Audience) -> None:
    """The same approval once more, in the log too."""
    again = HONEST.events[5]
    assert again.type is EventType.RELEASE_APPROVED
    ((step, number, _),) = faults(audience.audit(more(again)))
    assert (step, number) == ("releases", SEEN)


def test_a_release_after_the_source_took_the_case_back_is_caught(audience: Audience) -> None:
    log = more(asked(), approved(request=NEW, at=LATER), withdrawn(), sealed(request=NEW))
    assert faults(audience.audit(log)) == [("releases", SEEN + 3, "bundle.sealed: the case is withdrawn")]


def test_a_download_after_the_source_took_the_case_back_is_caught(audience: Audience) -> None:
    log = more(withdrawn(), downloaded("R-AAAAAAAAAAAA"))
    assert faults(audience.audit(log)) == [("releases", SEEN + 1, "bundle.downloaded: the case is withdrawn")]


def test_an_exhibit_that_is_kept_though_the_case_was_taken_back_is_caught(audience: Audience) -> None:
    log = more(exhibit_sealed(), withdrawn())
    what = "consent.withdrawn: 1 exhibits of the case were kept"
    assert faults(audience.audit(log)) == [("withdrawals", SEEN + 1, what)]


def test_an_exhibit_that_is_looked_at_after_its_destruction_is_caught(audience: Audience) -> None:
    hour = START.replace(minute=0, second=0)
    members = {"case": CASE, "exhibit": EXHIBIT}
    destroyed = event(EventType.EXHIBIT_DESTROYED, Role.SOURCE, "source", time=hour, **members)
    viewed = event(EventType.EXHIBIT_VIEWED, Role.CUSTODIAN, ALICE.name, **members)
    what = "exhibit.viewed: may not follow, the exhibit is destroyed"
    assert faults(audience.audit(more(exhibit_sealed(), destroyed, viewed))) == [("custody", SEEN + 2, what)]


def test_an_exhibit_that_is_sealed_twice_is_caught(audience: Audience) -> None:
    log = more(exhibit_sealed(), exhibit_sealed("BBBB-BBB7"))
    what = "exhibit.sealed: may not follow, the exhibit is sealed"
    assert faults(audience.audit(log)) == [("custody", SEEN + 1, what)]
