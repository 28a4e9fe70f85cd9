"""Walk a master element by the allow-list: what it does not name becomes a Void."""

from collections.abc import Callable, Iterator

from redaction.containers.matroska_elements import CRC32, VOID, Element, Elements
from redaction.containers.matroska_names import ALLOWED, EMPTIED, MASTER, NAMES
from redaction.errors import MalformedMedia
from redaction.finding import Finding

Special = Callable[[Element, int], Iterator[Finding] | None]
"""Given a child and its depth, the findings in it when it has a rule of its own, else None."""


def nothing_special(_child: Element, _depth: int) -> Iterator[Finding] | None:
    """No child has a rule of its own."""
    return None


def master(
    elements: Elements, parent: Element, depth: int, special: Special = nothing_special, *, many: bool = False
) -> Iterator[Finding]:
    """Findings in a master of known size and all below it; `many` counts its elements like samples, not like parts."""
    allowed = ALLOWED[parent.kind]
    for child in elements.inside(parent.body, parent.end):
        if many:
            elements.count_entries(1)
        else:
            elements.walk.node(child.offset)
        if not child.sized:
            raise MalformedMedia("an element of unknown size", child.offset)
        longest = allowed.get(child.kind)
        if child.kind in {VOID, CRC32}:
            yield from elements.auxiliary(child, parent.body, parent.end, depth)
        elif (found := special(child, depth + 1)) is not None:
            yield from found
        elif longest == MASTER:
            yield from master(elements, child, depth + 1, special, many=many)
        elif longest == EMPTIED:
            yield from elements.blank(child.body, child.end, name_of(child))
        elif longest is None or child.length > longest:
            yield from elements.void(child, name_of(child))


def name_of(element: Element) -> str:
    """What an element is called in the record."""
    return f"matroska/{NAMES.get(element.kind, 'unknown')}"
