"""Many patterns at once over bytes, by Vectorscan: one pass whatever their number, without holding the interpreter.

Patterns only say where to look; whoever asks confirms what is found by other means.
"""

from collections.abc import Sequence
from typing import Final

import hyperscan

from redaction.errors import MalformedMedia

_MOST: Final = 1 << 16
"""Places found in one piece; more is no file that means well, and looking at each would take hours."""


class Patterns:
    """Regular expressions, compiled once."""

    def __init__(self, expressions: Sequence[bytes]) -> None:
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=list(expressions),
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=[hyperscan.HS_FLAG_DOTALL] * len(expressions),
        )

    def searcher(self) -> "Searcher":
        """What one thread searches with."""
        return Searcher(self._database)


class Searcher:
    """Patterns and the room to work in that a search needs; not for several threads at once."""

    def __init__(self, database: hyperscan.Database) -> None:
        self._database, self._scratch = database, hyperscan.Scratch(database)

    def places(self, piece: bytes) -> list[tuple[int, int]]:
        """Number of the expression and the offset behind it, for each place; MalformedMedia when there are too many."""
        found: list[tuple[int, int]] = []

        def note(number: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            found.append((number, end))
            return len(found) >= _MOST

        try:
            self._database.scan(piece, match_event_handler=note, scratch=self._scratch)
        except hyperscan.ScanTerminated as error:
            raise MalformedMedia("too many parts") from error
        return found


def literal(value: bytes) -> bytes:
    """The expression that matches just these bytes."""
    return b"".join(b"\\x%02x" % byte for byte in value)
