"""Every error that may reach a door has a status, a stable type and two fixed sentences."""

import re
from collections.abc import Iterator

import pytest

from api.problems import HANDLED, PROBLEMS, HttpProblem, code_of
from evidence.errors import EvidenceError
from redaction.errors import RedactionError
from vault.errors import VaultError


def every(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every(below)


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_problem_says_what_happened_and_what_to_do(code: str) -> None:
    problem = PROBLEMS[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert 400 <= problem.status < 600
    assert problem.title.endswith(".")
    assert problem.next_step.endswith(".")


def test_every_error_of_ours_leads_to_a_problem() -> None:
    for family in (EvidenceError, RedactionError, VaultError):
        for kind in every(family):
            assert code_of(kind.__new__(kind)) in PROBLEMS, kind.__name__


def test_no_fault_of_the_vault_is_told_as_a_fault_of_the_asker() -> None:
    for kind in every(VaultError):
        if kind.__name__ in {"SettingsError", "DatabaseBehind", "DatabaseUnavailable", "StoreUnavailable", "NoSpace"}:
            assert PROBLEMS[code_of(kind.__new__(kind))].status >= 500, kind.__name__


def test_what_nobody_foresaw_is_internal() -> None:
    assert code_of(ValueError("what a source wrote")) == "internal"
    assert code_of(HttpProblem("too-large")) == "too-large"
    assert HttpProblem in HANDLED
