"""Whom a source lets have a case, and how the chosen one shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.consent import Consent, Kind, Scope, code_key, lawyer_code, parse_code, prove
from evidence.errors import IdentifierError

SECRETS = st.binary(min_size=32, max_size=32)
PROVED = ("vault.invalid/log", "AAAA-AAA7", "0" * 32)


@pytest.mark.parametrize(
    ("scope", "kinds"),
    [
        (Scope.NOTHING_YET, set()),
        (Scope.MY_LAWYER, set()),
        (Scope.PARTNER_LAWYERS, {Kind.LAWYER}),
        (Scope.DOCUMENTATION, {Kind.LAWYER, Kind.DOCUMENTATION}),
    ],
)
def test_a_scope_lets_these_kinds_and_no_others(scope: Scope, kinds: set[Kind]) -> None:
    assert {kind for kind in Kind if Consent(scope, bytes(32)).permits(kind, chosen=False)} == kinds


@pytest.mark.parametrize("kind", list(Kind))
def test_who_was_chosen_may_have_the_case_under_that_scope_alone(kind: Kind) -> None:
    assert Consent(Scope.MY_LAWYER).permits(kind, chosen=True)
    assert not Consent(Scope.NOTHING_YET).permits(kind, chosen=True)


@given(SECRETS)
def test_who_was_told_the_code_is_chosen_and_by_no_other_scope(secret: bytes) -> None:
    code = parse_code(lawyer_code(secret))
    proof = prove(code, *PROVED)
    assert Consent(Scope.MY_LAWYER, code_key(code)).is_chosen(proof, *PROVED)
    assert not Consent(Scope.PARTNER_LAWYERS).is_chosen(proof, *PROVED)


@given(SECRETS, st.sampled_from(range(3)))
def test_a_proof_is_of_no_use_for_another_vault_case_or_partner(secret: bytes, which: int) -> None:
    code = parse_code(lawyer_code(secret))
    other = [*PROVED]
    other[which] += "1"
    assert not Consent(Scope.MY_LAWYER, code_key(code)).is_chosen(prove(code, *other), *PROVED)


@given(SECRETS, SECRETS)
def test_another_receipt_has_another_code(one: bytes, other: bytes) -> None:
    assert (lawyer_code(one) == lawyer_code(other)) == (one == other)


@given(SECRETS)
def test_a_code_may_be_written_small_and_with_blanks(secret: bytes) -> None:
    code = lawyer_code(secret)
    assert parse_code(f" {code.lower().replace('-', ' ')} ") == parse_code(code)
    assert len(code) == 19


@pytest.mark.parametrize("text", ["", "1234-1234-1234-123", "1234-1234-1234-12345", "1234-1234-1234-123!"])
def test_what_is_no_code_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        parse_code(text)
    assert not text or text not in str(refused.value)


@given(st.binary(max_size=80))
def test_any_other_bytes_prove_nothing(proof: bytes) -> None:
    code = parse_code(lawyer_code(bytes(32)))
    assert not Consent(Scope.MY_LAWYER, code_key(code)).is_chosen(proof, *PROVED)
