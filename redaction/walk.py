"""One walk over a file: the budget that all levels share, and the way down into embedded media."""

from collections.abc import Callable, Iterator

from redaction.errors import MalformedMedia, RedactionError
from redaction.finding import Finding
from redaction.limits import DEPTH, NODES
from redaction.reader import Extents, Reader, Window

Descend = Callable[[Reader, "Walk"], Iterator[Finding]]
"""Finds the container of a reader and walks it; UnsupportedMedia when there is none."""


class Walk:
    """Handed to each container's `find`; counts nodes and depth over all levels."""

    def __init__(self, descend: Descend, depth: int = 0, budget: list[int] | None = None) -> None:
        self._descend = descend
        self.depth = depth
        self._budget = [NODES] if budget is None else budget

    def node(self, offset: int | None = None) -> None:
        """Count one box, segment, entry or record; MalformedMedia when there are too many."""
        self._budget[0] -= 1
        if self._budget[0] < 0:
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
            below = Walk(self._descend, self.depth + 1, self._budget)
            findings = list(self._descend(view, below))
        except RedactionError:
            yield from (Finding(start, count, what) for start, count in extents if count)
            return
        for finding in findings:
            yield from mapped(view, finding, f"{what}/{finding.what}")


def mapped(view: Extents, finding: Finding, what: str | None = None) -> Iterator[Finding]:
    """A finding in `view` as findings in its parent; a structure filler is cut where the range is."""
    done = 0
    for start, count in view.to_parent(finding.offset, finding.length):
        filler = finding.filler
        if filler.startswith("hex:"):
            filler = "hex:" + filler[4 + 2 * done : 4 + 2 * (done + count)]
        yield Finding(start, count, what or finding.what, filler)
        done += count
