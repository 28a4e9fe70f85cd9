"""Cues, Matroska's index: entries of withheld tracks become Voids."""

from collections.abc import Iterator

from redaction.containers import matroska_names as ids
from redaction.containers.matroska_elements import Element, Elements
from redaction.containers.matroska_masters import master
from redaction.containers.matroska_tracks import Track
from redaction.finding import Finding


def cues(elements: Elements, parent: Element, tracks: dict[int, Track]) -> Iterator[Finding]:
    """Findings in the index; what it says of kept tracks stays."""

    def kept(positions: Element) -> bool:
        numbers = [
            elements.number(child)
            for child in elements.inside(positions.body, positions.end)
            if child.kind == ids.CUE_TRACK
        ]
        return len(numbers) == 1 and numbers[0] in tracks and tracks[numbers[0]].kept

    def special(child: Element, _depth: int) -> Iterator[Finding] | None:
        if child.kind == ids.CUE_POINT:
            inner = elements.inside(child.body, child.end)
            if not any(kept(positions) for positions in inner if positions.kind == ids.CUE_POSITIONS):
                return elements.void(child, "matroska/cues")
        elif child.kind == ids.CUE_POSITIONS and not kept(child):
            return elements.void(child, "matroska/cues")
        return None

    yield from master(elements, parent, 1, special, many=True)
