"""Plans: ordered, disjoint, and empty where nothing may be said of a file."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.blanking import blank
from redaction.disjoint import disjoint, overlaid
from redaction.errors import MalformedMedia, RedactionError, UnsupportedMedia
from redaction.finding import SPACE, ZERO, Finding, Outcome, structure
from redaction.limits import FINDINGS
from redaction.planner import changing, plan
from redaction.reader import BytesReader
from tests.redaction.containers.photos import photo, plain, segment

_RANGES = st.lists(
    st.builds(
        Finding,
        st.integers(0, 60),
        st.integers(1, 20),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([ZERO, SPACE]),
    ),
    max_size=12,
)


class TestDisjoint:
    @given(_RANGES)
    def test_it_covers_the_same_bytes_in_order_without_overlap(self, findings: list[Finding]) -> None:
        result = disjoint(findings)
        covered = [at for finding in result for at in range(finding.offset, finding.end)]
        assert covered == sorted(set(covered))
        assert set(covered) == {at for finding in findings for at in range(finding.offset, finding.end)}

    @given(_RANGES, st.integers(0, 60), st.binary(min_size=1, max_size=20))
    def test_structure_stands_whole(self, findings: list[Finding], at: int, filler: bytes) -> None:
        fixed = Finding(at, len(filler), "s", structure(filler))
        result = disjoint([*findings, fixed])
        assert fixed in result
        assert b"".join(blank([bytes(100)], result))[at : at + len(filler)] == filler
        assert all(before.end <= after.offset for before, after in pairwise(result))

    def test_the_same_structure_twice_is_one(self) -> None:
        fixed = Finding(3, 2, "s", structure(b"ab"))
        assert disjoint([fixed, fixed]) == (fixed,)

    def test_structures_that_differ_over_the_same_bytes_are_a_contradiction(self) -> None:
        with pytest.raises(MalformedMedia):
            disjoint([Finding(3, 2, "s", structure(b"ab")), Finding(4, 2, "s", structure(b"bc"))])

    def test_too_many_findings_are_refused(self) -> None:
        with pytest.raises(MalformedMedia):
            disjoint(Finding(2 * at, 1, "x") for at in range(FINDINGS + 1))


class TestOverlaid:
    @given(_RANGES, _RANGES, st.integers(0, 60), st.binary(min_size=1, max_size=20))
    def test_it_does_what_both_do_one_after_the_other(
        self, first: list[Finding], then: list[Finding], at: int, filler: bytes
    ) -> None:
        before, after = disjoint([*first, Finding(at, len(filler), "s", structure(filler))]), disjoint(then)
        both = overlaid(before, after)
        assert all(left.end <= right.offset for left, right in pairwise(both))
        twice = b"".join(blank(blank([b"\xaa" * 100], before), after))
        assert b"".join(blank([b"\xaa" * 100], both)) == twice


class TestChanging:
    def test_what_holds_its_filler_is_left_out(self) -> None:
        data = bytes(10) + b"  " + b"ab" + b"x"
        held = [Finding(0, 10, "z"), Finding(10, 2, "s", SPACE), Finding(12, 2, "h", structure(b"ab"))]
        rest = [Finding(9, 2, "z"), Finding(12, 3, "s", SPACE), Finding(13, 2, "h", structure(b"ab"))]
        assert changing(BytesReader(data), [*held, *rest]) == tuple(rest)


class TestPlan:
    def test_a_clean_file_needs_no_findings(self) -> None:
        result = plan(BytesReader(plain()))
        assert (result.outcome, result.findings, result.media_type) == (Outcome.CLEAN, (), "image/jpeg")

    def test_a_file_that_cannot_be_parsed_is_unstripped_and_says_why(self) -> None:
        result = plan(BytesReader(photo(segment(0xFE, b"where"))[:8]))
        assert (result.outcome, result.findings) == (Outcome.UNSTRIPPED, ())
        assert result.reason == "a segment passes the end of the file"

    @given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: b"\xff\xd8\xff" + data))
    def test_nothing_but_redaction_errors_comes_out(self, data: bytes) -> None:
        try:
            result = plan(BytesReader(data))
        except RedactionError as error:
            assert isinstance(error, UnsupportedMedia)  # noqa: PT017 - either way out is right
        else:
            assert result.size == len(data)
