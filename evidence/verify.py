"""Check a bundle, offline, step by step.

`STEPS` is the list: its numbers stand in the code below, in the output of `amparo verify` and `amparo open`, and in
docs/verification.md. All faults are reported, not the first only; a step that an earlier fault makes impossible is
reported as not passed and says which step it waits for.

What is believed: the trust anchor, which came from the organisation itself. Nothing in the bundle is believed.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from evidence import archive, bag, bundle, bundle_papers, bundle_stamps
from evidence.archive import Source, Window
from evidence.chronology import Chronology
from evidence.custody import Custody, State, Subject
from evidence.errors import BagError, CustodyError, DocumentError, EvidenceError, ProofError, SealError
from evidence.event import Event, EventType, commitment
from evidence.exhibit import HEADER_LIMIT, ExhibitRecord, header_length, record_commitment, stored_objects
from evidence.opened_exhibit import OpenedExhibit
from evidence.release import ReleasedObject, objects_digest
from evidence.tlog import checkpoint, proof
from evidence.trust import Trust

STEPS: Final = (
    (1, "archive", "the ZIP is exactly the one that its list of files gives"),
    (2, "bag", "every file has the hash that the manifests give, and none is missing or added"),
    (3, "checkpoint", "the custody log's checkpoint is signed by the vault's log key, and every timestamp is good"),
    (4, "key", "every sealed paper opens with this key"),
    (5, "events", "the listed custody events are in the log, under that checkpoint"),
    (6, "custody", "the events are in a permitted order, and every signature in them is good"),
    (
        7,
        "approvals",
        "enough custodians approved exactly these objects for this partner, and case.json says what the events say",
    ),
    (8, "objects", "every released object is the one that was sealed, under the key that was approved"),
    (9, "records", "every exhibit record is the one that the log committed to"),
    (10, "media", "every exhibit and statement opens; exhibits have the length and hash that their records give"),
    (
        11,
        "redaction",
        "every exhibit is its original with only the declared ranges blanked; opened ranges restore the original",
    ),
    (
        12,
        "papers",
        "the papers about the case are those that were sealed with it, and none of its earlier events is left out",
    ),
)
"""Number, name and what the step shows."""

KEYLESS: Final = 3
"""The last step that needs no key."""

SMALL: Final = 256 * 1024 * 1024  # bytes: the longest paper or record that is opened in memory


class Opener(Protocol):
    """Opens sealed files with a key that only the caller holds."""

    def __call__(self, source: Source) -> Iterator[bytes]:
        """The plaintext of an age file, in pieces; SealError when it does not open. Every piece is authenticated."""
        ...

    def key_commitment(self, source: Source) -> bytes:
        """`exhibit.key_commitment` of the age file's key; SealError when its header does not open."""
        ...


Progress = Callable[[int], None]
"""Called with the number of bytes just read."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one step; `detail` says what was seen, or what is wrong, without a byte of content."""

    number: int
    name: str
    ok: bool
    detail: str


@dataclass(slots=True)
class Bundle:
    """What the checks have established so far. Only `verified` bundles may be written out."""

    files: dict[str, Window] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    request: str = ""
    papers: dict[str, bytes] = field(default_factory=dict)
    events: list[bundle.LoggedEvent] = field(default_factory=list)
    case: bundle.BundleCase | None = None
    custody: Custody | None = None
    records: dict[int, ExhibitRecord] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every step that was made passed."""
        return all(check.ok for check in self.checks)

    def sealing(self, exhibit: str) -> Event:
        """The event by which an exhibit of the case was sealed; step 6 found that there is one."""
        events = (entry.event for entry in self.events)
        return next(each for each in events if each.type is EventType.EXHIBIT_SEALED and each.exhibit == exhibit)


def verify(source: Source, trust: Trust, opener: Opener | None = None, progress: Progress = lambda _: None) -> Bundle:
    """Check a bundle; without `opener` only the steps that need no key. Never raises for what is in the bundle."""
    return _Verification(source, trust, opener, progress).run()


class _Verification:
    """One run through `STEPS`; each `_n_name` method is one step and returns what was seen."""

    def __init__(self, source: Source, trust: Trust, opener: Opener | None, progress: Progress) -> None:
        self._source, self._trust, self._opener, self._progress = source, trust, opener, progress
        self._bundle = Bundle()
        self._failed: set[int] = set()
        self._redaction_faults: list[str] = []
        self._ranges_opened = 0
        self._hashes: dict[str, bytes] = {}

    def run(self) -> Bundle:
        steps: tuple[tuple[Callable[[], str], tuple[int, ...]], ...] = (
            (self._archive, ()),
            (self._bag, (1,)),
            (self._checkpoint, (1,)),
            (self._key, (1,)),
            (self._events, (3, 4)),
            (self._custody, (5,)),
            (self._approvals, (4, 6)),
            (self._objects, (7,)),
            (self._records, (5, 8)),
            (self._media, (9,)),
            (self._redaction, (10,)),
            (self._papers, (2, 3, 6)),
        )
        for (number, name, _), (step, needs) in zip(STEPS, steps, strict=True):
            if number > KEYLESS and self._opener is None:
                break
            self._bundle.checks.append(self._step(number, name, step, needs))
        return self._bundle

    def _step(self, number: int, name: str, step: Callable[[], str], needs: Sequence[int]) -> Check:
        waiting = [need for need in needs if need in self._failed]
        if waiting:
            self._failed.add(number)
            return Check(number, name, ok=False, detail=f"not checked, because step {waiting[0]} failed")
        try:
            detail = step()
        except EvidenceError as error:
            self._failed.add(number)
            return Check(number, name, ok=False, detail=error.reason)
        return Check(number, name, ok=True, detail=detail)

    # (1) archive
    def _archive(self) -> str:
        files = archive.parse(self._source)
        tops = {name.split("/", 1)[0] for name in files}
        if len(tops) != 1 or any("/" not in name for name in files):
            raise DocumentError("the archive does not hold exactly one folder")
        self._bundle.request = tops.pop()
        self._bundle.files = {name.split("/", 1)[1]: window for name, window in files.items()}
        return f"{len(files)} files, {self._source.size} bytes"

    # (2) bag
    def _bag(self) -> str:
        files = self._bundle.files
        for required in (bag.DECLARATION_FILE, bag.INFO, bag.PAYLOAD_MANIFEST, bag.TAG_MANIFEST):
            if required not in files:
                raise BagError(f"{required} is missing")
        unknown = [path for path in files if not bundle.is_known(path)]
        if unknown:
            raise BagError("it holds a file that no bundle has")
        hashes = self._hashes = {path: self._hash(path, window) for path, window in files.items()}
        if files[bag.DECLARATION_FILE].read(0, 4096) != bag.DECLARATION:
            raise BagError("it does not declare BagIt 1.0")
        manifests = [files[name].read(0, SMALL) for name in (bag.PAYLOAD_MANIFEST, bag.TAG_MANIFEST)]
        faults = bag.check(hashes, *manifests)
        if faults:
            raise BagError("not as the manifests say: " + ", ".join(faults[:20]))
        return f"{len(hashes)} files match their SHA-256"

    def _hash(self, path: str, window: Window) -> bytes:
        digest, crc = hashlib.sha256(), 0
        for chunk in window.chunks():
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            self._progress(len(chunk))
        if crc != window.crc:
            raise BagError(f"{path} was changed: its CRC differs")
        return digest.digest()

    # (3) checkpoint
    def _checkpoint(self) -> str:
        window = self._bundle.files.get(bundle.CHECKPOINT)
        if window is None:
            raise BagError(f"{bundle.CHECKPOINT} is missing")
        verified = checkpoint.verify(window.read(0, 1 << 20), self._trust.log_keys, self._trust.origin)
        by = self._trust.policy.require(verified)
        stamps = bundle_stamps.read(self._bundle.files)
        self._bundle.papers |= stamps
        stamped = bundle_stamps.check(stamps, self._trust, verified.checkpoint)
        return f"log of {verified.checkpoint.size} events, root {verified.checkpoint.root.hex()}, {by}; {stamped}"

    # (4) key
    def _key(self) -> str:
        for path in (bundle.EVENTS, bundle.APPROVALS, bundle.CASE, bundle.REPORT):
            self._bundle.papers[path] = self._open_small(path)
        return "the sealed papers open"

    def _open_small(self, path: str) -> bytes:
        window = self._bundle.files.get(path)
        if window is None:
            raise BagError(f"{path} is missing")
        if window.size > SMALL or self._opener is None:
            raise SealError(f"{path} is longer than such a paper may be")
        try:
            return b"".join(self._opener(window))
        except SealError as error:
            raise SealError(f"{path}: {error.reason}") from None

    # (5) events
    def _events(self) -> str:
        entries = bundle.parse_events(self._bundle.papers[bundle.EVENTS])
        note = self._bundle.files[bundle.CHECKPOINT].read(0, 1 << 20)
        last = -1
        for entry in entries:
            if entry.proof.checkpoint_note != note or entry.proof.index <= last:
                raise ProofError("an event is out of order, or proved under another checkpoint")
            last = entry.proof.index
            proof.verify(commitment(entry.event.encode()), entry.proof, [self._trust.log], self._trust.origin)
        self._bundle.events = entries
        return f"{len(entries)} listed events are in the log"

    # (6) custody
    def _custody(self) -> str:
        custody = Custody(self._trust.origin, self._trust.custodians, self._trust.quorum)
        chronology = Chronology()
        for entry in self._bundle.events:
            chronology.take(entry.event)
            custody.apply(entry.event)
        request = self._bundle.request
        if custody.state(Subject.REQUEST, request) is not State.SEALED:
            raise CustodyError("the events do not lead to this bundle")
        self._bundle.custody = custody
        return f"request {request}: asked for, approved and sealed in order"

    # (7) approvals
    def _approvals(self) -> str:
        request, objects = bundle.parse_approvals(self._bundle.papers[bundle.APPROVALS])
        if request != self._bundle.request:
            raise CustodyError("the papers are of another request or case")
        custody = self._custody_state()
        record = custody.request(request)
        digest = objects_digest(objects)
        agreed = [key for key, approved in record.approvals.items() if approved == digest.hex()]
        if len(agreed) < self._trust.quorum:
            raise CustodyError("too few custodians approved exactly these objects")
        if digest.hex() != record.sealed:
            raise CustodyError("the log says that a bundle of other objects was sealed")
        events = [entry.event for entry in self._bundle.events]
        case = bundle.case_of(events, request, {item.key for item in objects})
        if bundle.BundleCase.parse(self._bundle.papers[bundle.CASE]) != case:
            raise CustodyError("case.json says something else than the events")
        self._bundle.case = case
        names = sorted(custody.custodians[key].name for key in agreed)
        return f"{len(agreed)} of {self._trust.quorum} needed: {', '.join(names)}"

    def _case(self) -> bundle.BundleCase:
        if self._bundle.case is None:
            raise CustodyError("the approvals were not checked")
        return self._bundle.case

    def _custody_state(self) -> Custody:
        if self._bundle.custody is None:
            raise CustodyError("the events were not checked")
        return self._bundle.custody

    # (8) objects
    def _objects(self) -> str:
        case = self._case()
        numbers = {exhibit: number for exhibit, number, _, _ in case.exhibits}
        sealed = bundle.committed_objects((entry.event for entry in self._bundle.events), case.case)
        _, objects = bundle.parse_approvals(self._bundle.papers[bundle.APPROVALS])
        expected: set[str] = set()
        for released in objects:
            path = bundle.path_of(released.key, numbers)
            committed = sealed.get(released.key)
            if committed is None or committed.sha256 != released.payload_sha256:
                raise CustodyError(f"{path}: not an object that the log says was sealed in this case")
            self._require_object(path, released, committed.size)
            expected.add(path)
        present = {path for path in self._bundle.files if bundle.is_released(path)}
        if present != expected:
            raise BagError("released objects are missing or added: " + ", ".join(sorted(present ^ expected)[:20]))
        return f"{len(expected)} objects"

    def _require_object(self, path: str, released: ReleasedObject, payload_size: int) -> None:
        window = self._bundle.files.get(path)
        if window is None or self._opener is None:
            raise BagError(f"{path} is missing")
        try:
            key = self._opener.key_commitment(window)
        except SealError as error:
            raise SealError(f"{path}: {error.reason}") from None
        if key != released.key_commitment:
            raise BagError(f"{path}: another key than the one that was approved")
        length, digest = header_length(window.read(0, HEADER_LIMIT)), hashlib.sha256()
        for chunk in Window(window, length, window.size - length, 0).chunks():
            digest.update(chunk)
            self._progress(len(chunk))
        if window.size - length != payload_size or digest.digest() != released.payload_sha256:
            raise BagError(f"{path}: another payload than the one that was sealed")

    # (9) records
    def _records(self) -> str:
        for exhibit, number, outcome, _ in self._case().exhibits:
            path = f"data/{bundle.exhibit_folder(number)}/record.json.age"
            if path not in self._bundle.files:
                continue
            event = self._bundle.sealing(exhibit)
            data = self._open_small(path)
            if event.detail.get("record") != record_commitment(data).hex():
                raise DocumentError(f"{path}: not the record that the log committed to")
            record = ExhibitRecord.parse(data)
            media = next((item for item in stored_objects(event.detail) if item.key == bundle.media_key(exhibit)), None)
            if media is None:
                raise DocumentError(f"{path}: the log says of no media that it was sealed with it")
            said = (record.exhibit, record.case, record.number, record.outcome)
            stored = (record.payload_sha256, record.payload_bytes)
            if said != (exhibit, event.case, number, outcome) or stored != (media.sha256, media.size):
                raise DocumentError(f"{path}: it speaks of another exhibit")
            self._bundle.records[number] = record
        folders = {path.split("/")[1] for path in self._bundle.files if path.startswith("data/E")}
        if folders != {bundle.exhibit_folder(number) for number in self._bundle.records}:
            raise DocumentError("an exhibit was released without its record")
        return f"{len(self._bundle.records)} records"

    # (10) media; the same reading also serves step 11
    def _media(self) -> str:
        total = 0
        for number, record in self._bundle.records.items():
            total += self._exhibit(f"data/{bundle.exhibit_folder(number)}", record)
        statements = [path for path in self._bundle.files if path.startswith("data/statement-")]
        for path in statements:
            try:
                self._open_small(path).decode()
            except UnicodeDecodeError:
                raise DocumentError(f"{path}: it is not text in UTF-8") from None
        return f"{total} bytes open and match; {len(statements)} statements open"

    def _exhibit(self, folder: str, record: ExhibitRecord) -> int:
        path = f"{folder}/media.age"
        window = self._bundle.files.get(path)
        if window is None or self._opener is None:
            raise BagError(f"{path} is missing")
        exhibit = OpenedExhibit(record)
        try:
            exhibit.read(self._counted(self._opener(window)), self._withheld(f"{folder}/withheld.json.age"))
        except SealError as error:
            raise SealError(f"{path}: {error.reason}") from None
        self._redaction_faults += [f"{path}: {fault}" for fault in exhibit.redaction_faults]
        self._ranges_opened += exhibit.opened
        if not exhibit.matches:
            raise DocumentError(f"{path}: another length or hash than its record gives")
        return exhibit.size

    def _withheld(self, path: str) -> bytes | None:
        if path not in self._bundle.files:
            return None
        try:
            return self._open_small(path)
        except SealError as error:
            self._redaction_faults.append(error.reason)
            return None

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._progress(len(chunk))
            yield chunk

    # (11) redaction
    def _redaction(self) -> str:
        if self._redaction_faults:
            raise DocumentError("; ".join(self._redaction_faults))
        segments = sum(len(record.withheld) for record in self._bundle.records.values())
        return f"{segments} ranges withheld, {self._ranges_opened} of them opened to this partner"

    # (12) papers
    def _papers(self) -> str:
        bundle = self._bundle
        return bundle_papers.check(bundle.events, bundle.request, bundle.files, self._hashes)
