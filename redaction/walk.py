"""One walk over a file: the budget that all levels share, and the way down into embedded media."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from redaction.errors import MalformedMedia, RedactionError
from redaction.finding import Finding
from redaction.limits import DEPTH, NODES
from redaction.reader import Extents, Reader, Window

Descend = Callable[[Reader, "Walk"], Iterator[Finding]]
"""Finds the container of a reader and walks it; UnsupportedMedia when there is none."""


class Walk:
    """Handed to each container's `find`; counts nodes and depth over all levels."""

    def __init__(self, descend: Descend, nodes: int = NODES) -> None:
        self._descend = descend
        self.depth = 0
        self._shared = _Shared(nodes)

    @property
    def settled(self) -> bool:
        """Whether the redacted file is sure to be read as this one was; see `unsettle`."""
        return self._shared.settled

    def unsettle(self) -> None:
        """Say that blanking may move the borders of what was read, so that the result has to be read again.

        Where a picture is found to end depends on a video behind it, which may be blanked; samples may share bytes.
        """
        self._shared.settled = False

    def node(self, offset: int | None = None) -> None:
        """Count one box, segment, entry or record; MalformedMedia when there are too many."""
        self._shared.nodes -= 1
        if self._shared.nodes < 0:
            raise MalformedMedia("too many parts", offset)

    def embedded(self, reader: Reader, offset: int, length: int, what: str) -> Iterator[Finding]:
        """Findings inside media embedded at `[offset, offset + length)` of `reader`, as offsets of `reader`.

        What is no media that we know, is nested too deep, or cannot be parsed to its end is blanked whole: fail closed.
        """
        yield from self.embedded_extents(Window(reader, offset, length), [(offset, length)], what)

    def embedded_extents(self, view: Extents, extents: list[tuple[int, int]], what: str) -> Iterator[Finding]:
        """As `embedded`, for media that lies in several ranges (`extents`) of the parent of `view`."""
        try:
            if self.depth + 1 > DEPTH:
                raise MalformedMedia("nested too deep")
            findings = list(self._descend(view, self._below()))
        except RedactionError:
            self.unsettle()
            yield from (Finding(start, count, what) for start, count in extents if count)
            return
        for finding in findings:
            yield from mapped(view, finding, f"{what}/{finding.what}")

    def _below(self) -> "Walk":
        walk = Walk(self._descend)
        walk.depth, walk._shared = self.depth + 1, self._shared
        return walk


@dataclass(slots=True)
class _Shared:
    """What the walks of all levels have in common."""

    nodes: int
    settled: bool = True


def mapped(view: Extents, finding: Finding, what: str | None = None) -> Iterator[Finding]:
    """A finding in `view` as findings in its parent; a structure filler is cut where the range is."""
    position = finding.offset
    for start, count in view.to_parent(finding.offset, finding.length):
        part = finding.part(position, position + count)
        yield Finding(start, count, what or finding.what, part.filler)
        position += count
