"""What must hold of verifying a bundle, whatever was done to its archive or to what its sealed files say."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from evidence import bundle
from evidence.verify import STEPS, verify
from tests.evidence.claims import TRUST
from tests.evidence.hostile_bundle import Lies, Memory, make, open_sealed
from tests.fuzz.redaction_property import NotHeld

_PAPERS: Final = (bundle.EVENTS, bundle.APPROVALS, bundle.CASE, bundle.REPORT)


@cache
def honest() -> bytes:
    """A bundle that passes."""
    return make(Lies())


def holds(data: bytes) -> None:
    """Verification never raises, makes every step, and passes no archive that was changed.

    The first byte says what the rest is: 0 an archive, others what one sealed file of a signed bundle says.
    """
    kind = data[0] % (len(_CHANGES) + 1) if data else 0
    archive = _CHANGES[kind - 1](data[1:]) if kind else data[1:]
    result = verify(Memory(archive), TRUST, open_sealed)
    if [check.number for check in result.checks] != [number for number, _, _ in STEPS]:
        raise NotHeld("a step was not made")
    if not kind and result.ok and archive != honest():
        raise NotHeld("a changed archive passes")


def seeds() -> Iterator[bytes]:
    """The honest archive, and what each of its sealed files says."""
    yield b"\0" + honest()
    said: dict[str, bytes] = {}

    def keep(path: str, data: bytes) -> bytes:
        said[path] = data
        return data

    make(Lies(paper=keep))
    for number, path in enumerate(_PAPERS, 1):
        yield bytes([number]) + said[path]
    objects: dict[str, bytes] = {}

    def keep_object(path: str, data: bytes) -> bytes:
        objects[path.rsplit("/", 1)[-1]] = data
        return Lies().seal(path, data)

    make(Lies(seal=keep_object))
    for number, name in enumerate(("record.age", "withheld.age", "statement-1.age"), len(_PAPERS) + 1):
        yield bytes([number]) + objects[name]


def _paper(path: str) -> Callable[[bytes], bytes]:
    return lambda said: make(Lies(paper=lambda each, data: said if each == path else data))


_CHANGES: Final[tuple[Callable[[bytes], bytes], ...]] = (
    *(_paper(path) for path in _PAPERS),
    lambda said: make(Lies(record=lambda _: said)),
    lambda said: make(Lies(withheld=lambda _: said)),
    lambda said: make(Lies(statement=said)),
)
