"""Which cosignatures are enough, as a c2sp.org/tlog-policy says."""

import contextlib
import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import DocumentError
from evidence.tlog.note import Cosigner
from evidence.tlog.policy import Policy

KEYS = {
    name: Cosigner(f"{name}.example/w", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)).key
    for number, name in enumerate(("X1", "X2", "X3", "Y1", "Y2"), 1)
}
WITNESSES = [f"witness {name} {key.vkey}" for name, key in KEYS.items()]
TWO_LEVELS = [*WITNESSES, "group X 2 X1 X2 X3", "group Y any Y1 Y2", "group both all X Y", "quorum both"]


def test_groups_of_groups_count_as_they_say() -> None:
    policy = Policy.parse(["# two organisations", "", *TWO_LEVELS])
    for chosen in itertools.chain.from_iterable(itertools.combinations(KEYS, many) for many in range(6)):
        enough = sum(name[0] == "X" for name in chosen) >= 2 and any(name[0] == "Y" for name in chosen)
        assert policy.satisfied([KEYS[name] for name in chosen]) is enough


def test_no_policy_and_a_quorum_of_none_ask_for_nobody() -> None:
    assert Policy().satisfied([])
    assert Policy.parse([]).satisfied([])
    assert Policy.parse([*WITNESSES, "quorum none"]).satisfied([])


def test_one_witness_may_be_the_quorum_and_tabs_are_blanks() -> None:
    policy = Policy.parse([f"\twitness\tX1 {KEYS['X1'].vkey}  https://w.example/", " quorum X1 "])
    assert policy.witnesses[0].url == "https://w.example/"
    assert policy.satisfied([KEYS["X1"]])
    assert not policy.satisfied([KEYS["X2"]])


@pytest.mark.parametrize(
    "lines",
    [
        WITNESSES,
        [*WITNESSES, "quorum Z"],
        [*WITNESSES, "quorum X1", "quorum X2"],
        [WITNESSES[0], WITNESSES[0].replace("X1", "again", 1), "quorum X1"],
        [WITNESSES[0], WITNESSES[0], "quorum X1"],
        [*WITNESSES, "group g 3 X1 X2", "quorum g"],
        [*WITNESSES, "group g 0 X1 X2", "quorum g"],
        [*WITNESSES, "group g 02 X1 X2", "quorum g"],
        [*WITNESSES, "group g any", "quorum g"],
        [*WITNESSES, "group g any X1 X1", "quorum g"],
        [*WITNESSES, "group g any X1", "group h any X1", "quorum h"],
        [*WITNESSES, "group g any later", "quorum g"],
        [*WITNESSES, "group g any none", "quorum g"],
        ["witness X1 nonsense", "quorum X1"],
        ["witness none " + KEYS["X1"].vkey, "quorum none"],
        ["log whatever", "quorum none"],
        ["quorum none\nquorum none"],
        ["\x00quorum none"],
    ],
)
def test_what_is_no_policy_is_refused(lines: list[str]) -> None:
    with pytest.raises(DocumentError):
        Policy.parse(lines)


@given(st.lists(st.text(max_size=40), max_size=8))
def test_any_lines_are_read_or_refused(lines: list[str]) -> None:
    with contextlib.suppress(DocumentError):
        assert Policy.parse(lines).lines == tuple(lines)
