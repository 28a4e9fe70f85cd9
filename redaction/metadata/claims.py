"""Who speaks for which byte of a block: what stays, what is withheld, and what nobody speaks for.

Nothing stays by default: a byte that no directory entry claims (an orphaned GPS directory, slack, padding) is blanked.
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator

from redaction.errors import MalformedMedia
from redaction.finding import Finding

Interval = tuple[int, int]
"""Start and end (exclusive) in bytes."""


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same bytes as ordered intervals that neither touch nor overlap."""
    result: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def without(intervals: list[Interval], holes: list[Interval]) -> list[Interval]:
    """The bytes of `intervals` that are not in `holes`; both as `merged` returns them."""
    result: list[Interval] = []
    first = 0
    for start, end in intervals:
        position = start
        while first < len(holes) and holes[first][1] <= position:
            first += 1
        index = first
        while index < len(holes) and holes[index][0] < end:
            if position < holes[index][0]:
                result.append((position, holes[index][0]))
            position = max(position, holes[index][1])
            index += 1
        if position < end:
            result.append((position, end))
    return result


def shared(left: list[Interval], right: list[Interval]) -> list[Interval]:
    """The bytes of both; each as `merged` returns it."""
    return without(left, without(left, right))


def overlap(left: list[Interval], right: list[Interval]) -> bool:
    """Whether the two, each as `merged` returns it, share a byte."""
    return sum(end - start for start, end in without(left, right)) != sum(end - start for start, end in left)


def reserve(taken: list[Interval], extent: Interval) -> bool:
    """Add an extent to an ordered list of disjoint ones; False when it shares a byte with one of them."""
    at = bisect(taken, extent)
    if (at and taken[at - 1][1] > extent[0]) or (at < len(taken) and taken[at][0] < extent[1]):
        return False
    taken.insert(at, extent)
    return True


class Claims:
    """The claims on a block of `size` bytes.

    Where kept and withheld values share bytes, they go, unless `strict` calls that a contradiction. `is_blank` says
    whether a range holds zeros already: to withhold it changes nothing that anybody reads, and is no contradiction.
    """

    def __init__(
        self, size: int, *, strict: bool = False, is_blank: Callable[[int, int], bool] = lambda _start, _end: False
    ) -> None:
        self._is_blank = is_blank
        self._size = size
        self._strict = strict
        self._opened: set[Interval] = set()
        self._structure: list[Interval] = []
        self._rewritten: list[Interval] = []
        self._refused: list[Interval] = []
        self._decisive: list[Interval] = []
        self._kept: list[Interval] = []
        self._withheld: list[tuple[int, int, str]] = []

    def structure(self, start: int, end: int) -> None:
        """Bytes that hold the block together; to withhold one of them is a contradiction."""
        self._structure.append((start, end))

    def rewrite(self, start: int, end: int) -> None:
        """Structure that is written anew; what else was read there would read differently afterwards."""
        self._rewritten.append((start, end))

    def refuse(self, start: int, end: int) -> None:
        """Bytes that were read and made no sense: nobody's, but to write them anew might make some."""
        self._refused.append((start, end))

    def keep(self, start: int, end: int) -> None:
        """A value known to be harmless; it goes where a withheld value shares its bytes."""
        self._kept.append((start, end))

    def decide(self, start: int, end: int) -> None:
        """As `keep`, for a value that was read to decide what stays; to change one of its bytes is a contradiction."""
        self.keep(start, end)
        self._decisive.append((start, end))

    def open(self, start: int, end: int) -> None:
        """A value with a format of its own that is searched; what else claims a byte of it is a contradiction."""
        if start < end:
            self._opened.add((start, end))

    def withhold(self, start: int, end: int, what: str) -> None:
        """A value to blank, named `what`."""
        if start < end:
            self._withheld.append((start, end, what))

    def findings(self, unclaimed: str) -> Iterator[Finding]:
        """The ranges to blank; those that nobody claims are named `unclaimed`.

        MalformedMedia when claims contradict each other.
        """
        rewritten = merged(self._rewritten)
        read = merged([*self._structure, *self._decisive, *self._refused])
        structure = merged([*self._structure, *rewritten])
        withheld = merged((start, end) for start, end, _ in self._withheld)
        if self._blanks(withheld, structure) or overlap(rewritten, read):
            raise MalformedMedia("a value lies on the structure that points to it")
        if self._blanks(withheld, merged(self._decisive)):
            raise MalformedMedia("two values share bytes")
        kept, opened = merged(self._kept), merged(self._opened)
        if sum(end - start for start, end in opened) != sum(end - start for start, end in self._opened):
            raise MalformedMedia("two values share bytes")
        if any(overlap(opened, others) for others in (structure, withheld, kept)):
            raise MalformedMedia("two values share bytes")
        if self._strict and (overlap(kept, withheld) or overlap(kept, structure)):
            raise MalformedMedia("two values share bytes")
        position = 0
        for start, end, what in sorted(self._withheld):
            low = max(start, position)
            if low < end:
                yield Finding(low, end - low, what)
                position = end
        claimed = merged([*structure, *withheld, *kept, *opened])
        for start, end in without([(0, self._size)] if self._size else [], claimed):
            yield Finding(start, end - start, unclaimed)

    def _blanks(self, withheld: list[Interval], others: list[Interval]) -> bool:
        """Whether withholding changes a byte of the others."""
        return any(not self._is_blank(start, end) for start, end in shared(withheld, others))
