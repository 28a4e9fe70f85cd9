"""Bundles by a vault that lies: every signature, proof and hash is good, and any part says what a test wants it to say.

Sealed files are not age here: what verification asks of them is an age header that it can find the end of, and an
opener that either gives the plaintext or refuses. So the opener is the test's own, and everything is in memory.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from evidence import archive, bag, bundle
from evidence.archive import Entry, Source
from evidence.canonical import Json
from evidence.errors import SealError
from evidence.event import Event, EventType, Role
from evidence.exhibit import (
    BLOCK,
    ExhibitRecord,
    StoredObject,
    header_length,
    key_commitment,
    record_commitment,
    withheld_document,
)
from evidence.ids import CaseNumber, ExhibitId
from evidence.release import ReleasedObject, objects_digest
from evidence.segments import OpenedSegment, RootBuilder, Withheld
from evidence.tlog.merkle import prove_inclusion
from evidence.tlog.proof import TlogProof
from evidence.tlog.tiles import TileNodes
from evidence.verify import Bundle, verify
from tests.evidence.claims import (
    BOB,
    CASE,
    PURPOSE,
    REQUEST,
    START,
    TRUST,
    Log,
    approved,
    enrolled,
    event,
    opened,
    requested,
    sealed,
)

EXHIBIT: Final = "a" * 32
OTHER: Final = "b" * 32
ORIGINAL: Final = bytes(range(256)) * 4
PLACE: Final = OpenedSegment(100, bytes(32), ORIGINAL[100:140])
_HEADER: Final = b"age-encryption.org/v1\n-> test\n%s\n--- " + b"A" * 43 + b"\n"


def seal(plain: bytes) -> bytes:
    """The payload of a sealed file."""
    return hashlib.sha256(plain).digest() + bytes(byte ^ 0x5A for byte in plain)


class OpenSealed:
    """The opener: what `seal` sealed, in pieces, or SealError. Every file's key is 16 zero bytes."""

    def __call__(self, source: Source) -> Iterator[bytes]:
        data = source.read(0, source.size)
        payload = data[header_length(data) :]
        plain = bytes(byte ^ 0x5A for byte in payload[32:])
        if hashlib.sha256(plain).digest() != payload[:32]:
            raise SealError("changed")
        for start in range(0, len(plain), 70):
            yield plain[start : start + 70]

    def key_commitment(self, source: Source) -> bytes:
        header_length(source.read(0, source.size))
        return key_commitment(bytes(16))


open_sealed: Final = OpenSealed()


@dataclass(frozen=True)
class Memory:
    """Bytes as an archive's source."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


@dataclass(frozen=True)
class Lies:
    """Where the vault departs from the truth; by default nowhere."""

    statement: bytes = b"It happened at noon."
    original_sha256: bytes = hashlib.sha256(ORIGINAL).digest()
    record: Callable[[ExhibitRecord], bytes] = ExhibitRecord.encode
    withheld: Callable[[bytes], bytes] = lambda data: data
    event: Callable[[Event], Event] = lambda each: each
    """Applied to every event before the log takes it."""
    seal: Callable[[str, bytes], bytes] = lambda _, data: seal(data)
    """The payload of an object, given its key and plaintext."""
    sealed_digest: Callable[[bytes], bytes] = lambda digest: digest
    paper: Callable[[str, bytes], bytes] = lambda _, data: data
    """Applied to every paper before it is sealed."""
    key: Callable[[str], bytes] = lambda _: key_commitment(bytes(16))
    """The commitment to an object's key that the custodian approved."""
    releases: Callable[[str], bool] = lambda _: True
    """Which objects the custodian approved."""


def make(lies: Lies) -> bytes:
    """The bundle, as the partner downloads it."""
    plain = _objects(lies)
    payloads = {key: lies.seal(key, data) for key, data in plain.items()}
    stored = {key: StoredObject(key, len(data), hashlib.sha256(data).digest()) for key, data in payloads.items()}
    headers = {key: _HEADER % hashlib.sha256(key.encode()).hexdigest().encode() for key in plain if lies.releases(key)}
    objects = [ReleasedObject(key, stored[key].sha256, lies.key(key)) for key in headers]
    events = [lies.event(each) for each in _events(lies, plain, stored, objects)]
    log = Log(events)
    papers = {
        bundle.EVENTS: bundle.events_document(_proved(log)),
        bundle.APPROVALS: bundle.approvals_document(REQUEST, objects),
        bundle.CASE: _case(headers).encode(),
        bundle.REPORT: b"<!doctype html>",
    }
    files = {path: _HEADER % b"paper" + seal(lies.paper(path, data)) for path, data in papers.items()}
    files[bundle.CHECKPOINT] = log.files["checkpoint"]
    for key, header in headers.items():
        files[bundle.path_of(key, {EXHIBIT: 1, OTHER: 2})] = header + payloads[key]
    return _zipped(files)


def checked(lies: Lies) -> Bundle:
    return verify(Memory(make(lies)), TRUST, open_sealed)


def failed(result: Bundle) -> dict[int, str]:
    """The steps that failed by themselves, not for want of an earlier one."""
    assert [check.number for check in result.checks] == list(range(1, 13))
    return {
        check.number: check.detail
        for check in result.checks
        if not check.ok and not check.detail.startswith("not checked")
    }


def _objects(lies: Lies) -> dict[str, bytes]:
    """What was sealed, by its place in the store."""
    redacted = ORIGINAL[:100] + bytes(40) + ORIGINAL[140:]
    withheld = (Withheld(PLACE.offset, len(PLACE.data), "place", PLACE.leaf, "zero"),)
    root = RootBuilder(BLOCK, withheld, len(redacted))
    root.update(redacted)
    payload = lies.seal(bundle.media_key(EXHIBIT), redacted)
    record = ExhibitRecord(
        exhibit=ExhibitId(EXHIBIT),
        case=CaseNumber(CASE),
        number=1,
        received_at=START,
        clock="ntp",
        channel="web-form",
        media_type="image/jpeg",
        media_bytes=len(redacted),
        media_sha256=hashlib.sha256(redacted).digest(),
        payload_bytes=len(payload),
        payload_sha256=hashlib.sha256(payload).digest(),
        media_key=key_commitment(bytes(16)),
        withheld_key=key_commitment(bytes(16)),
        policy="location+identity/1",
        tool="amparo 0.1.0",
        outcome="clean",
        root=root.finish(),
        withheld=withheld,
        original_commitment=bytes(32),
        nonce=bytes(16),
    )
    return {
        f"exhibits/{EXHIBIT}/media": redacted,
        f"exhibits/{EXHIBIT}/record.age": lies.record(record),
        f"exhibits/{EXHIBIT}/withheld.age": lies.withheld(b"".join(withheld_document(lies.original_sha256, [PLACE]))),
        f"cases/{CASE}/statement-1.age": lies.statement,
    }


def _events(
    lies: Lies, plain: dict[str, bytes], stored: dict[str, StoredObject], objects: Sequence[ReleasedObject]
) -> Iterator[Event]:
    hour = START.replace(minute=0, second=0)
    record = record_commitment(plain[f"exhibits/{EXHIBIT}/record.age"]).hex()
    exhibit: dict[str, Json] = {
        "number": 1,
        "outcome": "clean",
        "record": record,
        "objects": [each.to_json() for key, each in stored.items() if key.startswith("exhibits/")],
    }
    kept: dict[str, Json] = {"number": 2, "outcome": "unstripped", "record": "0" * 64, "objects": []}
    said: dict[str, Json] = {"number": 1, "objects": [stored[f"cases/{CASE}/statement-1.age"].to_json()]}
    digest = objects_digest(objects)
    yield opened()
    for kind, identifier, detail in (
        (EventType.STATEMENT_SEALED, "", said),
        (EventType.EXHIBIT_SEALED, EXHIBIT, exhibit),
        (EventType.EXHIBIT_SEALED, OTHER, kept),
    ):
        yield event(kind, Role.INTAKE, "intake", case=CASE, exhibit=identifier, detail=detail, time=hour)
    yield enrolled()
    yield requested()
    yield approved(objects=digest)
    if lies.sealed_digest(digest) != digest:
        yield approved(BOB, objects=lies.sealed_digest(digest))
    yield sealed(lies.sealed_digest(digest))


def _case(headers: dict[str, bytes]) -> bundle.BundleCase:
    """The true paper, written down here on its own."""
    shown = f"exhibits/{EXHIBIT}/media" in headers
    exhibits = ((EXHIBIT, 1, "clean", shown), (OTHER, 2, "unstripped", False))
    return bundle.BundleCase(CASE, REQUEST, "lawyer", PURPOSE, exhibits)


def _proved(log: Log) -> list[bundle.LoggedEvent]:
    size, note = len(log.events), log.files["checkpoint"]
    node = TileNodes(size, log.fetch).node
    return [
        bundle.LoggedEvent(each, TlogProof(place, tuple(prove_inclusion(place, size, node)), note))
        for place, each in enumerate(log.events)
    ]


def _zipped(files: dict[str, bytes]) -> bytes:
    payload = {path: bag.digest(data) for path, data in files.items()}
    tags = {
        bag.DECLARATION_FILE: bag.DECLARATION,
        bag.INFO: bag.info([("External-Identifier", REQUEST)]),
        bag.PAYLOAD_MANIFEST: bag.manifest(payload),
        bundle.README: b"read me",
    }
    tags[bag.TAG_MANIFEST] = bag.manifest({path: bag.digest(data) for path, data in tags.items()})
    named = {f"{REQUEST}/{path}": data for path, data in sorted({**files, **tags}.items())}
    pieces = archive.layout([Entry(name, len(data), zlib.crc32(data)) for name, data in named.items()])
    return b"".join(piece.data if piece.entry is None else named[piece.entry.name] for piece in pieces)


def relabelled(**members: object) -> Callable[[ExhibitRecord], bytes]:
    """A record with other members."""
    return lambda record: replace(record, **members).encode()  # type: ignore[arg-type]  # members, by name
