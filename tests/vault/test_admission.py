"""What an auditor would refuse is refused at the door, and leaves no event."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from evidence.event import Role
from evidence.identity import signing_key
from evidence.release import Denial, Enrolment, Request, Revocation
from evidence.signed import SignedDocument, sign
from tests.vault.making import Person, enrol, new_vault, person, report, running
from vault import enrolment, release, viewing
from vault.auditing import events_page
from vault.bundles import downloaded
from vault.database import schema
from vault.errors import NotReady, RequestRefused
from vault.instance import Vault

CUSTODIAN, PARTNER, AUDITOR = person("custodian"), person("lawyer"), person("auditor")
DAY = timedelta(hours=24, seconds=5)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    folder: Path = tmp_path_factory.mktemp("door") / "vault"
    new_vault(folder, CUSTODIAN)
    with running(folder) as opened:
        enrol(opened, CUSTODIAN, PARTNER)
        enrol(opened, CUSTODIAN, AUDITOR, "auditor")
        yield opened


@pytest.fixture(scope="module")
def case(vault: Vault) -> str:
    return report(vault, statement="It happened at noon.").case


def signed(who: Person, document: Enrolment | Request | Revocation | Denial) -> SignedDocument:
    return sign(document.to_json(), who.line, signing_key(who.identity.secret))


def request(vault: Vault, case: str, purpose: str, late: timedelta = timedelta()) -> Request:
    return Request(vault.trust.origin, case, purpose, vault.now() + late)


def events(vault: Vault) -> int:
    with vault.database.transaction() as connection:
        return int(connection.execute(select(func.count()).select_from(schema.events)).scalar_one())


def test_a_signed_request_is_taken_once(vault: Vault, case: str) -> None:
    document = signed(PARTNER, request(vault, case, "a hearing"))
    release.ask(vault, PARTNER.line, document)
    before = events(vault)
    with pytest.raises(RequestRefused, match="used before"):
        release.ask(vault, PARTNER.line, document)
    assert events(vault) == before


def test_an_auditor_cannot_ask(vault: Vault, case: str) -> None:
    before = events(vault)
    with pytest.raises(RequestRefused):
        release.ask(vault, AUDITOR.line, signed(AUDITOR, request(vault, case, "another")))
    assert events(vault) == before


@pytest.mark.parametrize("late", [-DAY, DAY])
def test_documents_of_another_day_are_refused(vault: Vault, case: str, late: timedelta) -> None:
    asked = release.ask(vault, PARTNER.line, signed(PARTNER, request(vault, case, f"day {late}")))
    before, origin, when = events(vault), vault.trust.origin, vault.now() + late
    with pytest.raises(RequestRefused, match="clocks"):
        release.ask(vault, PARTNER.line, signed(PARTNER, request(vault, case, "late", late)))
    with pytest.raises(RequestRefused, match="clocks"):
        release.deny(vault, CUSTODIAN.line, asked, signed(CUSTODIAN, Denial(origin, asked, "no", when)))
    with pytest.raises(RequestRefused, match="clocks"):
        enrolment.enrol(
            vault, CUSTODIAN.line, signed(CUSTODIAN, Enrolment(origin, "partner", person("late").line, when))
        )
    with pytest.raises(RequestRefused, match="clocks"):
        enrolment.revoke(vault, CUSTODIAN.line, signed(CUSTODIAN, Revocation(origin, "lawyer", when)))
    assert events(vault) == before
    assert release.view(vault, asked).state == "requested"


def test_only_custodians_of_the_trust_anchor_act_as_custodians(vault: Vault, case: str) -> None:
    asked = release.ask(vault, PARTNER.line, signed(PARTNER, request(vault, case, "only custodians")))
    before, origin = events(vault), vault.trust.origin
    stranger = person("stranger")
    with pytest.raises(RequestRefused, match="no such custodian"):
        release.deny(vault, stranger.line, asked, signed(stranger, Denial(origin, asked, "no", vault.now())))
    with pytest.raises(RequestRefused, match="no such custodian"):
        enrolment.enrol(
            vault, stranger.line, signed(stranger, Enrolment(origin, "partner", stranger.line, vault.now()))
        )
    with pytest.raises(RequestRefused, match="no such custodian"):
        viewing.viewed(vault, stranger.line, case, "0" * 32)
    with pytest.raises(RequestRefused, match="no such custodian"):
        viewing.looked_at(vault, stranger.line, case)
    assert events(vault) == before


def test_who_was_revoked_meanwhile_is_refused(vault: Vault, case: str) -> None:
    gone, blind = person("gone"), person("blind")
    enrol(vault, CUSTODIAN, gone)
    enrol(vault, CUSTODIAN, blind, "auditor")
    asked = release.ask(vault, gone.line, signed(gone, request(vault, case, "then")))
    for name in ("gone", "blind"):
        document = Revocation(vault.trust.origin, name, vault.now())
        enrolment.revoke(vault, CUSTODIAN.line, signed(CUSTODIAN, document))
    before = events(vault)
    with pytest.raises(RequestRefused):
        release.ask(vault, gone.line, signed(gone, request(vault, case, "now")))
    with pytest.raises(RequestRefused):
        events_page(vault, blind.line, Role.AUDITOR, 0, 1, 1)
    with pytest.raises(NotReady, match="not enrolled"):
        downloaded(vault, asked, "gone", "answers")
    assert events(vault) == before
