"""Seal the bundle of an approved request, and serve it in ranges.

Sealing writes the bundle's small files to the store and a list of its pieces; the media stays where it is, and the
archive is put together while it is sent. It is done again from the start after a crash: the request stays `approved`
until the `bundle.sealed` event is recorded, and everything before that event only adds objects.
"""

import hashlib
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select, update

from evidence import archive, bag, bundle, report
from evidence.archive import Entry, Piece
from evidence.canonical import Json, decode, encode
from evidence.custody import State, next_state
from evidence.errors import CustodyError
from evidence.event import Event, EventType, Role
from evidence.fields import Fields
from evidence.release import ReleasedObject, objects_digest
from evidence.tlog.merkle import prove_inclusion
from evidence.tlog.proof import TlogProof
from vault.age.recipients import parse_recipient
from vault.database import schema
from vault.errors import Altered, BundleWithdrawn, NotReady, UnknownRequest
from vault.instance import TOOL, Vault
from vault.places import approved_headers, bundle_files, bundle_parts, exhibit_of_header, release_papers
from vault.release import RequestView, partner_line, view
from vault.sealing import payload_of, seal_bytes
from vault.store.protocol import StoreReader

CHUNK: Final = 1024 * 1024  # bytes
_PARTS_FORMAT: Final = "amparo/bundle-parts/1"
_ENROLMENT: Final = (EventType.PARTNER_ENROLLED.value, EventType.PARTNER_REVOKED.value)

ReadMe = Callable[[str, str], str]
"""The words of the bundle's README, given the request and the case; the door owns them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the bag: the store's objects whose bytes make it up, each from an offset to its end."""

    path: str
    sources: tuple[tuple[str, int], ...]
    size: int
    crc: int


def seal(vault: Vault, request: str, read_me: ReadMe) -> None:
    """Seal the bundle of a request whose quorum is met; does nothing when it is sealed already.

    The event and the request's state are one transaction, in which everything is looked at again: a denial or a
    revocation that came before wins, one that comes after is refused. Only then are the files written; `open_bundle`
    waits for the list of them, and after a crash `pending` finds the request again.
    """
    asked = view(vault, request)
    with vault.locks.hold(request):
        if vault.store.exists(bundle_parts(request)):
            return
        _agreed(vault, request)  # before the event: a withdrawal may have deleted the headers
        number = vault.sequencer.record(lambda connection: _seal_event(vault, connection, asked))
        if number:
            vault.sequencer.wait(number)
        _write_parts(vault, asked, _agreed(vault, request), read_me)


def pending(vault: Vault) -> list[str]:
    """Requests whose quorum is met but whose bundle is not there: a crash came between."""
    requests = schema.requests
    query = select(requests.c.request, requests.c.state).where(
        requests.c.state.in_((State.APPROVED.value, State.SEALED.value))
    )
    with vault.database.reading() as connection:
        found = connection.execute(query).all()
    return [
        row.request
        for row in found
        if not vault.store.exists(bundle_parts(row.request))
        and (row.state == State.SEALED.value or view(vault, row.request).approvals >= vault.trust.quorum)
    ]


class BundleReader:
    """A sealed bundle as random-access bytes: structure from memory, contents from the store as they are asked for."""

    def __init__(self, vault: Vault, parts: Sequence[Part], request: str) -> None:
        self._vault = vault
        self._parts = {f"{request}/{part.path}": part for part in parts}
        entries = [Entry(name, part.size, part.crc) for name, part in self._parts.items()]
        self._pieces = archive.layout(entries)
        self._starts = [piece.offset for piece in self._pieces]
        self.size = archive.total_size(self._pieces)

    def chunks(self, offset: int, length: int) -> Iterator[bytes]:
        """The bytes of `[offset, offset + length)` in order."""
        end = min(offset + length, self.size)
        index = bisect_right(self._starts, offset) - 1
        while offset < end:
            piece = self._pieces[index]
            low, high = offset - piece.offset, min(end - piece.offset, piece.size)
            if low < high:
                yield from self._piece(piece, low, high)
            offset, index = max(offset, piece.offset + high), index + 1

    def _piece(self, piece: Piece, low: int, high: int) -> Iterator[bytes]:
        if piece.entry is None:
            yield piece.data[low:high]
            return
        position = 0
        for key, start in self._parts[piece.entry.name].sources:
            with self._vault.store.open(key) as reader:
                size = reader.size - start
                first, last = max(low - position, 0), min(high - position, size)
                if first < last:
                    yield from reader.chunks(start + first, last - first, CHUNK)
                position += size


def open_bundle(vault: Vault, request: str, partner: str) -> BundleReader:
    """The sealed bundle of a partner's own request; NotReady when it is not sealed, BundleWithdrawn."""
    asked = view(vault, request, partner)
    _require_not_withdrawn(vault, asked)
    if asked.state != State.SEALED.value or not vault.store.exists(bundle_parts(request)):
        raise NotReady("the bundle is not sealed: the request waits for approvals, or was denied")
    return BundleReader(vault, _read_parts(vault, request), request)


def _require_not_withdrawn(vault: Vault, asked: RequestView) -> None:
    """By the rows, so that nothing is served between a withdrawal's event and its deletions.

    A release whose papers are all gone held something that was withdrawn: nothing else deletes them.
    """
    cases, exhibits = schema.cases, schema.exhibits
    gone = select(exhibits.c.exhibit).where(exhibits.c.case == asked.case, exhibits.c.state == State.DESTROYED.value)
    with vault.database.reading() as connection:
        state = connection.execute(select(cases.c.state).where(cases.c.case == asked.case)).scalar_one()
        destroyed = set(connection.execute(gone).scalars())
    withdrawn = state != State.OPEN.value
    if destroyed and not withdrawn and asked.state in {State.APPROVED.value, State.SEALED.value}:
        held = {exhibit_of_header(key) for key in vault.store.list(release_papers(asked.request))}
        withdrawn = not held or not held.isdisjoint(destroyed)
    if withdrawn:
        raise BundleWithdrawn("the source withdrew something that the bundle held")


def downloaded(vault: Vault, request: str, partner: str) -> None:
    """Record a download; returns when the log covers it, so that no byte leaves before."""
    requests, people, cases = schema.requests, schema.people, schema.cases
    still_enrolled = select(people.c.name).where(people.c.name == partner, people.c.state == State.ENROLLED.value)

    def change(connection: Connection) -> list[Event]:
        query = (
            select(requests.c.case, requests.c.state, cases.c.state.label("of_case"))
            .join(cases, cases.c.case == requests.c.case)
            .where(requests.c.request == request)
        )
        row = connection.execute(query).first()
        if row is None:
            raise UnknownRequest("no request has this id")
        if connection.execute(still_enrolled).first() is None:
            raise NotReady("the partner is not enrolled any more")
        next_state(EventType.BUNDLE_DOWNLOADED, Role.PARTNER, State(row.state), State(row.of_case))
        detail: dict[str, Json] = {"request": request}
        return [
            vault.event(
                EventType.BUNDLE_DOWNLOADED, Role.PARTNER, partner, case=row.case, authority=request, detail=detail
            )
        ]

    vault.sequencer.record_and_wait(change)


def _agreement(vault: Vault, connection: Connection, request: str) -> tuple[str, bytes]:
    """A custodian and the digest of objects that the quorum approved alike; NotReady when there is none."""
    approvals = schema.approvals
    query = select(approvals.c.custodian, approvals.c.objects_sha256).where(approvals.c.request == request)
    rows = [(row.custodian, bytes(row.objects_sha256)) for row in connection.execute(query)]
    counts = Counter(digest for _, digest in rows)
    for custodian, digest in sorted(rows):
        if counts[digest] >= vault.trust.quorum:
            return custodian, digest
    raise NotReady("the request waits for approvals")


def _agreed(vault: Vault, request: str) -> list[tuple[ReleasedObject, str]]:
    """The released objects and the keys of their new headers; they are exactly those of the recorded approval."""
    with vault.database.reading() as connection:
        custodian, digest = _agreement(vault, connection, request)
        rows = connection.execute(select(schema.objects.c.key, schema.objects.c.sha256)).all()
    hashes = {row.key: bytes(row.sha256) for row in rows}
    prefix = approved_headers(request, custodian, digest)
    released = []
    for header_key in vault.store.list(prefix):
        key = header_key.removeprefix(prefix).removesuffix(".header")
        header = vault.store.read(header_key, 1 << 20)
        released.append((ReleasedObject(key, hashes[key], hashlib.sha256(header).digest()), header_key))
    if objects_digest([item for item, _ in released]) != digest:
        raise Altered("the stored headers of an approval are not those that were approved")
    return released


def _seal_event(vault: Vault, connection: Connection, asked: RequestView) -> list[Event]:
    requests, cases, people = schema.requests, schema.cases, schema.people
    state = connection.execute(select(requests.c.state).where(requests.c.request == asked.request)).scalar_one()
    if state == State.SEALED.value:
        return []  # recorded before a crash, or by the other of two approvals at the same moment
    case = connection.execute(select(cases.c.state).where(cases.c.case == asked.case)).scalar_one()
    partner = connection.execute(select(people.c.state).where(people.c.name == asked.partner)).scalar_one()
    _, digest = _agreement(vault, connection, asked.request)
    try:
        after = next_state(EventType.BUNDLE_SEALED, Role.SYSTEM, State(state), State(case))
    except CustodyError as error:
        raise NotReady(error.reason) from None
    if partner != State.ENROLLED.value:
        raise NotReady("the partner is not enrolled any more")
    connection.execute(update(requests).where(requests.c.request == asked.request).values(state=after.value))
    detail: dict[str, Json] = {"request": asked.request, "objects_sha256": digest.hex()}
    return [
        vault.event(
            EventType.BUNDLE_SEALED, Role.SYSTEM, "vault", case=asked.case, authority=asked.request, detail=detail
        )
    ]


def _write_parts(
    vault: Vault, asked: RequestView, released: Sequence[tuple[ReleasedObject, str]], read_me: ReadMe
) -> None:
    prefix = bundle_files(asked.request)
    note, entries = _logged_events(vault, asked.case)
    case = bundle.case_of([entry.event for entry in entries], asked.request, {item.key for item, _ in released})
    numbers = {exhibit: number for exhibit, number, _, _ in case.exhibits}
    recipient = [parse_recipient(partner_line(vault, asked.partner).recipient)]
    sealed = {
        bundle.EVENTS: bundle.events_document(entries),
        bundle.APPROVALS: bundle.approvals_document(asked.request, [item for item, _ in released]),
        bundle.CASE: case.encode(),
        bundle.REPORT: report.render(case, entries).encode(),
    }
    files = {path: seal_bytes(data, recipient) for path, data in sealed.items()}
    files[bundle.CHECKPOINT] = note
    parts = [_store_part(vault, prefix, path, data) for path, data in files.items()]
    hashes = {path: bag.digest(data) for path, data in files.items()}
    for item, header_key in released:
        path = bundle.path_of(item.key, numbers)
        part, hashes[path] = _stored_part(vault, path, item.key, header_key)
        parts.append(part)
    payload = sum(part.size for part in parts)
    tags = {
        bag.DECLARATION_FILE: bag.DECLARATION,
        bag.INFO: bag.info(
            [
                ("Bagging-Date", vault.now().date().isoformat()),
                ("Bag-Software-Agent", TOOL),
                ("External-Identifier", asked.request),
                ("Payload-Oxum", f"{payload}.{len(parts)}"),
            ]
        ),
        bag.PAYLOAD_MANIFEST: bag.manifest(hashes),
        bundle.README: read_me(asked.request, asked.case).encode(),
    }
    tags[bag.TAG_MANIFEST] = bag.manifest({path: bag.digest(data) for path, data in tags.items()})
    parts += [_store_part(vault, prefix, path, data) for path, data in tags.items()]
    _store_list(vault, asked.request, sorted(parts, key=lambda part: part.path))


def _logged_events(vault: Vault, case: str) -> tuple[bytes, list[bundle.LoggedEvent]]:
    """The case's events and the enrolments of partners, each with its proof under the newest checkpoint."""
    size, note, nodes = vault.sequencer.nodes()
    events = schema.events
    query = (
        select(events.c.position, events.c.body)
        .where((events.c.case == case) | events.c.type.in_(_ENROLMENT), events.c.position < size)
        .order_by(events.c.position)
    )
    with vault.database.reading() as connection:
        rows = [(row.position, Event.parse(bytes(row.body))) for row in connection.execute(query)]
    askers = {event.actor for _, event in rows if event.type is EventType.RELEASE_REQUESTED}
    kept = [(at, event) for at, event in rows if event.case == case or event.detail.get("name") in askers]
    return note, [
        bundle.LoggedEvent(event, TlogProof(position, tuple(prove_inclusion(position, size, nodes.node)), note))
        for position, event in kept
    ]


def _store_part(vault: Vault, prefix: str, path: str, data: bytes) -> Part:
    vault.store.put(prefix + path, data)
    return Part(path, ((prefix + path, 0),), len(data), zlib.crc32(data))


def _stored_part(vault: Vault, path: str, key: str, header_key: str) -> tuple[Part, bytes]:
    payload_key, offset = payload_of(vault.store, key)
    digest, crc, size = hashlib.sha256(), 0, 0
    with ExitStack() as stack:
        readers: list[tuple[StoreReader, int]] = [
            (stack.enter_context(vault.store.open(header_key)), 0),
            (stack.enter_context(vault.store.open(payload_key)), offset),
        ]
        for reader, start in readers:
            for chunk in reader.chunks(start, None, CHUNK):
                digest.update(chunk)
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
    return Part(path, ((header_key, 0), (payload_key, offset)), size, crc), digest.digest()


def _store_list(vault: Vault, request: str, parts: Sequence[Part]) -> None:
    items: list[Json] = [
        {
            "path": part.path,
            "size": part.size,
            "crc": part.crc,
            "sources": [{"key": key, "offset": offset} for key, offset in part.sources],
        }
        for part in parts
    ]
    vault.store.put(bundle_parts(request), encode({"format": _PARTS_FORMAT, "parts": items}))


def _read_parts(vault: Vault, request: str) -> list[Part]:
    fields = Fields(decode(vault.store.read(bundle_parts(request))), "bundle parts")
    fields.format(_PARTS_FORMAT)
    parts = []
    for item in fields.array("parts"):
        member = Fields(item, "bundle part")
        sources = tuple(_source(source) for source in member.array("sources"))
        parts.append(Part(member.text("path"), sources, member.integer("size"), member.integer("crc")))
    return parts


def _source(value: Json) -> tuple[str, int]:
    fields = Fields(value, "bundle source")
    return fields.text("key", 512), fields.integer("offset")
