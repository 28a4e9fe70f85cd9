"""Consents in the vault: a bound on changes, and a database that was made anew knows them."""

from pathlib import Path

import pytest

from evidence.consent import Scope
from tests.vault.making import ask, enrol, new_vault, person, report, running
from vault import consent
from vault.errors import CaseFull, OutsideConsent
from vault.fixity import check
from vault.rebuild import rebuild


def test_nobody_fills_the_log_with_changes_of_mind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "MOST_CHANGES", 3)
    new_vault(tmp_path / "vault", person("custodian"))
    with running(tmp_path / "vault") as vault:
        receipt = report(vault, statement="words").receipt
        for scope in (Scope.NOTHING_YET, Scope.MY_LAWYER, Scope.NOTHING_YET):
            assert consent.give(vault, receipt, scope).scope is scope
        with pytest.raises(CaseFull):
            consent.give(vault, receipt, Scope.DOCUMENTATION)
        assert consent.give(vault, receipt, Scope.NOTHING_YET).scope is Scope.NOTHING_YET, "no change, no event"


def test_a_rebuilt_database_holds_partners_to_what_sources_said(tmp_path: Path) -> None:
    custodian, partner = person("custodian"), person("lawyer")
    new_vault(tmp_path / "vault", custodian)
    with running(tmp_path / "vault") as vault:
        enrol(vault, custodian, partner)
        made = report(vault, statement="words")
        code = consent.give(vault, made.receipt, Scope.MY_LAWYER).code
    for path in (tmp_path / "vault").glob("vault.db*"):
        path.unlink()
    rebuild(tmp_path / "vault")
    with running(tmp_path / "vault") as vault:
        with pytest.raises(OutsideConsent):
            ask(vault, partner, made.case)
        assert consent.give(vault, made.receipt, Scope.MY_LAWYER).code == code
        assert check(vault).faults == []
