"""What lies where in a bundle: one BagIt bag in one ZIP, all names telling nothing (docs/formats.md, "Bundle")."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evidence import bag, bundle_stamps
from evidence.canonical import Json, encode
from evidence.errors import DocumentError
from evidence.event import Event, EventType
from evidence.exhibit import StoredObject, stored_objects
from evidence.fields import Fields
from evidence.release import ReleasedObject
from evidence.tlog.proof import TlogProof

EVENTS: Final = "data/custody/events.json.age"
APPROVALS: Final = "data/custody/approvals.json.age"
CHECKPOINT: Final = "data/custody/checkpoint"
CASE: Final = "data/case.json.age"
REPORT: Final = "data/report.html.age"
README: Final = "README.txt"
EVENTS_FORMAT: Final = "amparo/bundle-events/1"
APPROVALS_FORMAT: Final = "amparo/bundle-approvals/2"
CASE_FORMAT: Final = "amparo/bundle-case/1"
EXHIBITS_LIMIT: Final = 100_000

_EXHIBIT_KEY: Final = re.compile(r"exhibits/([0-9a-f]{32})/(media|record\.age|withheld\.age)")
_STATEMENT_KEY: Final = re.compile(r"cases/[0-9A-Z-]{9}/statement-([0-9]{1,5})\.age")
_EXHIBIT_NAME: Final = {"media": "media.age", "record.age": "record.json.age", "withheld.age": "withheld.json.age"}
_SMALL_SEALED: Final = frozenset({EVENTS, APPROVALS, CASE, REPORT})
_RELEASED_NAME: Final = re.compile(
    r"data/(?:E[0-9]{2,6}/(?:media|record\.json|withheld\.json)|statement-[0-9]{1,5}\.txt)\.age"
)
_PLAIN: Final = frozenset({bag.DECLARATION_FILE, bag.INFO, bag.PAYLOAD_MANIFEST, bag.TAG_MANIFEST, README, CHECKPOINT})


def exhibit_folder(number: int) -> str:
    """`E01` for exhibit 1."""
    return f"E{number:02d}"


def path_of(key: str, numbers: Mapping[str, int]) -> str:
    """Where a stored object lies in the bag; `numbers` maps exhibit ids to their numbers in the case."""
    match = _EXHIBIT_KEY.fullmatch(key)
    if match and match[1] in numbers:
        return f"data/{exhibit_folder(numbers[match[1]])}/{_EXHIBIT_NAME[match[2]]}"
    statement = _STATEMENT_KEY.fullmatch(key)
    if statement:
        return f"data/statement-{statement[1]}.txt.age"
    raise DocumentError("released object: a key that no bundle carries")


def is_known(path: str) -> bool:
    """Whether a bundle may hold a file of this name."""
    known = path in _PLAIN or path in _SMALL_SEALED or _RELEASED_NAME.fullmatch(path) is not None
    return known or bundle_stamps.is_stamp(path)


def is_released(path: str) -> bool:
    """Whether this is one of the released objects (which approvals name) and not a paper about them."""
    return _RELEASED_NAME.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event with the proof that the log holds it."""

    event: Event
    proof: TlogProof


def events_document(entries: Sequence[LoggedEvent]) -> bytes:
    """The bytes of `events.json`."""
    items: list[Json] = [
        {"event": entry.event.encode().decode(), "proof": entry.proof.encode().decode()} for entry in entries
    ]
    return encode({"format": EVENTS_FORMAT, "events": items})


def parse_events(data: bytes) -> list[LoggedEvent]:
    """Read `events.json`; an EvidenceError says what is malformed."""
    fields = Fields.of(data, "bundle events", EVENTS_FORMAT)
    items = fields.array("events")
    fields.done()
    entries = []
    for item in items:
        member = Fields(item, "bundle event")
        event = Event.parse(member.text("event", 1 << 20).encode())
        entries.append(LoggedEvent(event, TlogProof.parse(member.text("proof", 1 << 20).encode())))
        member.done()
    return entries


def approvals_document(request: str, objects: Iterable[ReleasedObject]) -> bytes:
    """The bytes of `approvals.json`: the objects that the signed approvals in the events name by one digest."""
    items: list[Json] = [item.to_json() for item in sorted(objects)]
    return encode({"format": APPROVALS_FORMAT, "request": request, "objects": items})


def parse_approvals(data: bytes) -> tuple[str, list[ReleasedObject]]:
    """Read `approvals.json`: the request and the released objects."""
    fields = Fields.of(data, "bundle approvals", APPROVALS_FORMAT)
    request = fields.text("request", 32)
    objects = [ReleasedObject.from_json(item) for item in fields.array("objects")]
    fields.done()
    return request, objects


@dataclass(frozen=True, slots=True)
class BundleCase:
    """`case.json`: what was asked for and given. `exhibits` are (id, number, outcome, released) of the whole case."""

    case: str
    request: str
    partner: str
    purpose: str
    exhibits: tuple[tuple[str, int, str, bool], ...]

    def encode(self) -> bytes:
        """The document's bytes."""
        items: list[Json] = [
            {"exhibit": exhibit, "number": number, "outcome": outcome, "released": released}
            for exhibit, number, outcome, released in self.exhibits
        ]
        return encode(
            {
                "format": CASE_FORMAT,
                "case": self.case,
                "request": self.request,
                "partner": self.partner,
                "purpose": self.purpose,
                "exhibits": items,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "BundleCase":
        """Read the document."""
        fields = Fields.of(data, "bundle case", CASE_FORMAT)
        exhibits = []
        for item in fields.array("exhibits"):
            member = Fields(item, "bundle exhibit")
            released = member.json("released")
            if not isinstance(released, bool):
                raise DocumentError("bundle exhibit: the member released is malformed")
            exhibits.append(
                (member.text("exhibit", 32), member.integer("number", 1), member.text("outcome", 16), released)
            )
            member.done()
        case = cls(
            case=fields.text("case", 16),
            request=fields.text("request", 32),
            partner=fields.text("partner", 64),
            purpose=fields.text("purpose"),
            exhibits=tuple(exhibits),
        )
        fields.done()
        return case


def case_of(events: Iterable[Event], request: str, released: Collection[str]) -> BundleCase:
    """What `case.json` says, which is nothing but what the events say; `released` are the keys of the released objects.

    The exhibits are all of the case, by number. DocumentError when the events hold no such request, or do not say which
    number each exhibit has.
    """
    asked: Event | None = None
    sealed: list[Event] = []
    for event in events:
        if event.type is EventType.EXHIBIT_SEALED:
            sealed.append(event)
        elif event.type is EventType.RELEASE_REQUESTED and event.detail.get("request") == request:
            asked = event
    if asked is None:
        raise DocumentError("bundle events: they hold no such request")
    exhibits = sorted(
        (_exhibit(event, released) for event in sealed if event.case == asked.case), key=lambda each: each[1]
    )
    if len({number for _, number, _, _ in exhibits}) != len(exhibits):
        raise DocumentError("bundle events: two exhibits of the case have one number")
    return BundleCase(asked.case, request, asked.actor, asked.purpose, tuple(exhibits))


def _exhibit(event: Event, released: Collection[str]) -> tuple[str, int, str, bool]:
    fields = Fields(event.detail, "event detail")
    number, outcome = fields.integer("number", 1, EXHIBITS_LIMIT), fields.text("outcome", 16)
    return event.exhibit, number, outcome, media_key(event.exhibit) in released


def media_key(exhibit: str) -> str:
    """The place of an exhibit's media in the store, by which approvals name it."""
    return f"exhibits/{exhibit}/media"


_PREFIXES: Final[Mapping[EventType, Callable[[Event], str]]] = {
    EventType.EXHIBIT_SEALED: lambda event: f"exhibits/{event.exhibit}/",
    EventType.STATEMENT_SEALED: lambda event: f"cases/{event.case}/statement-",
}
"""Events that commit to stored objects, and where the objects lie of which each may speak."""


def committed_objects(events: Iterable[Event], case: str) -> dict[str, StoredObject]:
    """What the events say was sealed in a case, by its place in the store."""
    return {
        item.key: item
        for event in events
        if event.type in _PREFIXES and event.case == case
        for item in stored_objects(event.detail)
        if item.key.startswith(_PREFIXES[event.type](event))
    }
