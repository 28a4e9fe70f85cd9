"""Blanking a stream: same length, only the findings change, however the stream is cut."""

from hypothesis import given
from hypothesis import strategies as st

from redaction.blanking import blank
from redaction.disjoint import disjoint
from redaction.finding import SPACE, ZERO, Finding, structure

_FINDINGS = st.lists(
    st.builds(Finding, st.integers(0, 90), st.integers(1, 20), st.just("x"), st.sampled_from([ZERO, SPACE])), max_size=5
).map(disjoint)


def _cut(data: bytes, sizes: list[int]) -> list[bytes]:
    chunks = []
    for size in sizes:
        chunks.append(data[:size])
        data = data[size:]
    return [*chunks, data]


@given(st.binary(min_size=110, max_size=110), _FINDINGS, st.lists(st.integers(0, 30)))
def test_only_the_findings_change(data: bytes, findings: tuple[Finding, ...], sizes: list[int]) -> None:
    expected = bytearray(data)
    for finding in findings:
        filler = b"\0" if finding.filler == ZERO else b" "
        expected[finding.offset : finding.end] = filler * finding.length
    assert b"".join(blank(_cut(data, sizes), findings)) == bytes(expected)


@given(st.binary(min_size=1, max_size=64), st.lists(st.integers(0, 30)))
def test_structure_is_written_across_chunks(filler: bytes, sizes: list[int]) -> None:
    data = b"x" * 100
    blanked = b"".join(blank(_cut(data, sizes), [Finding(20, len(filler), "s", structure(filler))]))
    assert blanked == data[:20] + filler + data[20 + len(filler) :]


def test_chunks_without_findings_pass_as_they_are() -> None:
    chunk = bytes(range(100))
    (passed,) = blank([chunk], [])
    assert passed is chunk


def test_a_finding_past_the_end_changes_nothing() -> None:
    assert b"".join(blank([b"abc"], [Finding(2, 5, "x"), Finding(10, 1, "x")])) == b"ab\0"
