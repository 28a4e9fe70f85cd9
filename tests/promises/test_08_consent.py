"""A release that the source does not allow is caught at each of its steps, by the check that is there for it."""

from typing import Final

import pytest

from evidence.canonical import Json
from evidence.consent import Kind, Scope, code_key, lawyer_code, parse_code, prove
from evidence.event import Event, EventType, Role
from evidence.release import Enrolment, Request
from tests.audience import SEEN, Audience, faults, more
from tests.evidence.claims import ALICE, CASE, LAWYER, ORIGIN, START, Person, approved, event, requested, sealed
from tests.promises.test_08_doctored_releases import LATER, NEW, asked, downloaded

HELPER: Final = Person("helper")
CODE: Final = parse_code(lawyer_code(bytes(32)))
REFUSED: Final = "the source of the case does not let this partner have it"


def allowed(scope: Scope, /, **members: Json) -> Event:
    key: dict[str, Json] = {"key": code_key(CODE).hex()} if scope is Scope.MY_LAWYER else {}
    hour = START.replace(minute=0, second=0)
    detail: dict[str, Json] = {"scope": scope.value, **key, **members}
    return event(EventType.CONSENT_GIVEN, Role.SOURCE, "source", case=CASE, time=hour, detail=detail)


def enrolled_as(kind: Kind, who: Person = HELPER) -> Event:
    signed = ALICE.sign(Enrolment(ORIGIN, "partner", who.line, LATER, kind))
    detail: dict[str, Json] = {"name": who.name, "signed": signed.to_json()}
    return event(EventType.PARTNER_ENROLLED, Role.CUSTODIAN, ALICE.name, time=LATER, detail=detail)


def asked_with(proof: bytes, who: Person = LAWYER) -> Event:
    signed = who.sign(Request(ORIGIN, CASE, "court", LATER, proof))
    detail: dict[str, Json] = {"request": NEW, "signed": signed.to_json()}
    return event(EventType.RELEASE_REQUESTED, Role.PARTNER, who.name, case=CASE, purpose="court", detail=detail)


def found(audience: Audience, *events: Event) -> list[tuple[str, int | None, str]]:
    return faults(audience.audit(more(*events)))


STEPS: Final = (asked(), approved(request=NEW, at=LATER), sealed(request=NEW), downloaded())


@pytest.mark.parametrize("at", range(1, 4))
def test_what_was_asked_for_before_the_source_closed_the_case_goes_no_further(audience: Audience, at: int) -> None:
    steps = [*STEPS[:at], allowed(Scope.NOTHING_YET), STEPS[at]]
    assert found(audience, *steps) == [("releases", SEEN + at + 1, f"{STEPS[at].type}: {REFUSED}")]


def test_nobody_may_ask_for_a_case_that_its_source_gave_to_nobody(audience: Audience) -> None:
    what = f"release.requested: {REFUSED}"
    assert found(audience, allowed(Scope.NOTHING_YET), asked()) == [("releases", SEEN + 1, what)]


def test_a_source_may_close_and_open_again(audience: Audience) -> None:
    assert found(audience, allowed(Scope.NOTHING_YET), allowed(Scope.PARTNER_LAWYERS), *STEPS) == []


@pytest.mark.parametrize("kind", [Kind.DOCUMENTATION, Kind.CHOSEN])
def test_a_limited_partner_asks_for_no_case_beyond_the_limit(audience: Audience, kind: Kind) -> None:
    what = f"release.requested: {REFUSED}"
    own = requested(HELPER, request=NEW, at=LATER)
    assert found(audience, enrolled_as(kind), own) == [("releases", SEEN + 1, what)]


def test_documentation_may_have_what_the_source_lets_it_have(audience: Audience) -> None:
    own = requested(HELPER, request=NEW, at=LATER)
    assert found(audience, enrolled_as(Kind.DOCUMENTATION), allowed(Scope.DOCUMENTATION), own) == []


def test_only_who_was_told_the_code_may_ask(audience: Audience) -> None:
    good = prove(CODE, ORIGIN, CASE, LAWYER.line.key_id)
    assert found(audience, allowed(Scope.MY_LAWYER), asked_with(good), *STEPS[1:]) == []


def test_who_was_not_told_the_code_may_not_ask(audience: Audience) -> None:
    assert found(audience, allowed(Scope.MY_LAWYER), asked()) == [
        ("releases", SEEN + 1, f"release.requested: {REFUSED}")
    ]


def test_a_proof_that_another_made_is_of_no_use(audience: Audience) -> None:
    copied = prove(CODE, ORIGIN, CASE, LAWYER.line.key_id)
    events = (enrolled_as(Kind.CHOSEN), allowed(Scope.MY_LAWYER), asked_with(copied, HELPER))
    assert found(audience, *events) == [("releases", SEEN + 2, f"release.requested: {REFUSED}")]


@pytest.mark.parametrize(
    "bad",
    [
        allowed(Scope.MY_LAWYER, key=""),
        allowed(Scope.MY_LAWYER, key="zz"),
        allowed(Scope.PARTNER_LAWYERS, key="0" * 64),
        allowed(Scope.NOTHING_YET, scope="everybody"),
    ],
)
def test_a_scope_that_is_none_is_caught(audience: Audience, bad: Event) -> None:
    ((step, number, what),) = found(audience, bad)
    assert (step, number) == ("custody", SEEN)
    assert what.startswith("consent.given: no scope")
