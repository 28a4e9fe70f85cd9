"""From a reader to a plan: ordered, disjoint ranges to blank, decided before anything is written.

Fails closed: a file that cannot be parsed to its end gets an empty plan with the outcome `unstripped`, so that it is
sealed whole. A file of no kind that we accept is refused (`UnsupportedMedia`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from redaction.blanking import BlankedReader
from redaction.containers.formats import container_of, descend
from redaction.disjoint import disjoint, overlaid
from redaction.errors import MalformedMedia, UnsupportedMedia
from redaction.finding import Finding, Outcome, filler_bytes
from redaction.reader import Reader
from redaction.walk import Walk

POLICY = "location+identity/1"
"""The name of what is withheld: docs/redaction.md lists it."""

_CHUNK_BYTES: Final = 1 << 20
_PASSES: Final = 8  # two or three, with made-up files


@dataclass(frozen=True, slots=True)
class Plan:
    """What to blank in one file.

    `findings` are in file order and do not overlap; `size` is the file's length in bytes; `reason` is a fixed phrase
    that says why an `unstripped` file could not be planned, else empty.
    """

    media_type: str
    size: int
    outcome: Outcome
    findings: tuple[Finding, ...]
    reason: str = ""


def plan(reader: Reader) -> Plan:
    """Plan the redaction of a file by policy `POLICY`; UnsupportedMedia when its kind is not accepted."""
    container = container_of(reader)
    media_type = container.media_type(reader)
    try:
        findings = _settled(reader)
    except MalformedMedia as error:
        return Plan(media_type, reader.size, Outcome.UNSTRIPPED, (), error.reason)
    except UnsupportedMedia:  # not the file itself, which has a container, but what blanking would make of it
        return Plan(media_type, reader.size, Outcome.UNSTRIPPED, (), "blanking would make it another kind of file")
    return Plan(media_type, reader.size, Outcome.CLEAN, findings)


def _settled(reader: Reader) -> tuple[Finding, ...]:
    """Findings after which there is nothing more to find: where blanking may move borders, the result is read, too."""
    view: Reader = reader
    findings: tuple[Finding, ...] = ()
    for _ in range(_PASSES):
        walk = Walk(descend)
        further = changing(view, disjoint(descend(view, walk)))
        findings = changing(reader, overlaid(findings, further)) if findings else further
        if walk.settled or not further:
            return findings
        view = BlankedReader(reader, findings)
    raise MalformedMedia("blanking does not come to an end")


def changing(reader: Reader, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings whose range does not hold its filler already: nothing is withheld where nothing is lost.

    A file that was redacted before so gets an empty plan.
    """
    return tuple(finding for finding in findings if not _holds_filler(reader, finding))


def _holds_filler(reader: Reader, finding: Finding) -> bool:
    if finding.filler.startswith("hex:"):
        return reader.read(finding.offset, finding.length) == filler_bytes(finding.filler, finding.length)
    for offset in range(finding.offset, finding.end, _CHUNK_BYTES):
        length = min(_CHUNK_BYTES, finding.end - offset)
        if reader.read(offset, length) != filler_bytes(finding.filler, length):
            return False
    return True
