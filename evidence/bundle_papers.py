"""What the event `bundle.sealed` says of the papers that nobody signs otherwise (docs/formats.md, "Bundle").

They are written before the event, which holds their hashes; `bag-info.txt` follows from the event and the bag. The
event also counts in the case's events so far, so that whoever writes `events.json` anew can leave none of them out.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evidence import bag, bundle, bundle_stamps
from evidence.archive import Source
from evidence.canonical import Json
from evidence.errors import BagError, CustodyError
from evidence.event import Event, EventType, commitment
from evidence.fields import Fields

MEMBER: Final = "papers"
"""The member of the event's detail; events of a former version have none."""
_LIMIT: Final = 1000  # papers
_INFO_BYTES: Final = 4096
_OTHERWISE: Final = frozenset(
    {
        *(bag.DECLARATION_FILE, bag.INFO, bag.PAYLOAD_MANIFEST, bag.TAG_MANIFEST),
        *(bundle.EVENTS, bundle.APPROVALS, bundle.CASE, bundle.CHECKPOINT),
    }
)
"""What is checked in other ways, and mostly written later."""


@dataclass(frozen=True, slots=True)
class SealedPapers:
    """The tool that sealed, the SHA-256 of each paper, and `listed` over the case's events among the log's `size`."""

    tool: str
    files: Mapping[str, bytes]
    size: int
    listed: bytes

    def to_json(self) -> dict[str, Json]:
        """As the event's detail holds it."""
        files: list[Json] = [{"path": path, "sha256": self.files[path].hex()} for path in sorted(self.files)]
        return {"tool": self.tool, "files": files, "size": self.size, "events_sha256": self.listed.hex()}

    @classmethod
    def from_json(cls, value: Json) -> "SealedPapers":
        """Read it; DocumentError when it is malformed."""
        fields = Fields(value, "sealed papers")
        items = [Fields(item, "sealed paper") for item in fields.array("files", _LIMIT)]
        files = {item.text("path", 200): item.hexadecimal("sha256", 32) for item in items}
        papers = cls(fields.text("tool", 64), files, fields.integer("size"), fields.hexadecimal("events_sha256", 32))
        for each in (*items, fields):
            each.done()
        return papers


def is_sealed_before(path: str) -> bool:
    """Whether a file of a bundle is written before the event, which then holds its hash."""
    otherwise = bundle.is_released(path) or path in _OTHERWISE or path.endswith(bundle_stamps.CONSISTENCY)
    return bundle.is_known(path) and not otherwise


def listed(entries: Iterable[bundle.LoggedEvent], case: str, size: int) -> bytes:
    """SHA-256 over the commitments to the case's events among the log's first `size`, in log order."""
    events = (entry.event for entry in entries if entry.proof.index < size and entry.event.case == case)
    return hashlib.sha256(b"".join(commitment(event.encode()) for event in events)).digest()


def bag_info(request: str, day: str, tool: str, payload: Sequence[int]) -> bytes:
    """`bag-info.txt`; `day` is YYYY-MM-DD, `payload` are the lengths of the files under data/ (RFC 8493, 2.2.2)."""
    labels = (
        ("Bagging-Date", day),
        ("Bag-Software-Agent", tool),
        ("External-Identifier", request),
        ("Payload-Oxum", f"{sum(payload)}.{len(payload)}"),
    )
    return bag.info(labels)


def sealing(entries: Iterable[bundle.LoggedEvent], request: str) -> Event:
    """The event by which the bundle of a request was sealed; CustodyError when there is none."""
    for event in (entry.event for entry in entries):
        if event.type is EventType.BUNDLE_SEALED and event.detail.get("request") == request:
            return event
    raise CustodyError("no event says that the bundle was sealed")


def check(
    entries: Sequence[bundle.LoggedEvent], request: str, files: Mapping[str, Source], hashes: Mapping[str, bytes]
) -> str:
    """What was seen; BagError names what is not as it was sealed. `hashes` are the SHA-256 of all `files`."""
    event = sealing(entries, request)
    if MEMBER not in event.detail:
        return f"nothing shows who wrote {bundle.README}, {bag.INFO} and the report: a former version sealed the bundle"
    papers = SealedPapers.from_json(event.detail[MEMBER])
    found = {path: digest for path, digest in hashes.items() if is_sealed_before(path)}
    wrong = {path for path in papers.files.keys() | found.keys() if papers.files.get(path) != found.get(path)}
    payload = [file.size for path, file in files.items() if path.startswith("data/")]
    if files[bag.INFO].read(0, _INFO_BYTES) != bag_info(request, event.time.date().isoformat(), papers.tool, payload):
        wrong.add(bag.INFO)
    if listed(entries, event.case, papers.size) != papers.listed:
        wrong.add(bundle.EVENTS)
    if wrong:
        raise BagError("not as it was sealed: " + ", ".join(sorted(wrong)[:20]))
    return f"{len(found) + 1} papers are those that were sealed"
