"""What a bundle holds beside what the custodians released: written when it is sealed, and listed with it.

Papers that nobody signs are written first: the event `bundle.sealed` holds their hashes (`evidence.bundle_papers`).
The custody events and the checkpoint can only be written when the log covers that event.
"""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import func, select

from evidence import bag, bundle, bundle_papers
from evidence.bundle_papers import SealedPapers
from evidence.event import Event, EventType
from evidence.release import ReleasedObject
from evidence.tlog.merkle import prove_inclusion
from evidence.tlog.proof import TlogProof
from evidence.tlog.tiles import TileNodes
from vault import stamped
from vault.age.recipients import parse_recipient
from vault.database import schema
from vault.dossier import page
from vault.errors import Altered, NotReady, RequestRefused
from vault.instance import TOOL, Vault
from vault.places import bundle_files
from vault.release import RequestView, partner_line
from vault.release_papers import Part, Parts, store_parts
from vault.sealing import seal_bytes

_ENROLMENT: Final = tuple(
    each.value for each in (EventType.PARTNER_ENROLLED, EventType.PARTNER_CONFIRMED, EventType.PARTNER_REVOKED)
)
_SEALING: Final = frozenset({EventType.EXHIBIT_SEALED, EventType.STATEMENT_SEALED})

ReadMe = Callable[[str, str], str]
"""The words of the bundle's README, given the request and the case; the door owns them."""


def write_papers(vault: Vault, asked: RequestView, objects: Sequence[ReleasedObject], read_me: ReadMe) -> SealedPapers:
    """Write what the event is to hold the hashes of; what an attempt before a crash wrote is replaced."""
    vault.sequencer.wait(_newest(vault, asked.case))
    size, note, nodes = vault.sequencer.nodes()
    entries = _logged_events(vault, asked.case, size, note, nodes)
    case = bundle.case_of([entry.event for entry in entries], asked.request, {item.key for item in objects})
    papers = {
        bundle.README: read_me(asked.request, asked.case).encode(),
        bundle.REPORT: _sealed(vault, asked, page.render(case, entries).encode()),
        **stamped.papers(vault, size, _last_sealed(entries)),
    }
    parts = [_paper(vault, asked.request, path, data) for path, data in papers.items()]
    listed = bundle_papers.listed(entries, asked.case, size)
    return SealedPapers(TOOL, {part.path: part.sha256 for part in parts}, size, listed)


def write_parts(
    vault: Vault, asked: RequestView, digest: bytes, objects: Sequence[ReleasedObject], read_me: ReadMe
) -> None:
    """Write the rest, and the list of all parts last; the log covers the event by now. `digest` is of `objects`."""
    size, note, nodes = vault.sequencer.nodes()
    entries = _logged_events(vault, asked.case, size, note, nodes)
    event = bundle_papers.sealing(entries, asked.request)
    if bundle_papers.MEMBER in event.detail:
        papers = SealedPapers.from_json(event.detail[bundle_papers.MEMBER])
    else:  # a former version recorded the event and crashed
        papers = write_papers(vault, asked, objects, read_me)
    written = {path: _read(vault, asked.request, path, sha256) for path, sha256 in papers.files.items()}
    parts = [Part(path, "", len(data), papers.files[path]) for path, data in written.items()]
    case = bundle.case_of([entry.event for entry in entries], asked.request, {item.key for item in objects})
    rest = {
        bundle.EVENTS: _sealed(vault, asked, bundle.events_document(entries)),
        bundle.APPROVALS: _sealed(vault, asked, bundle.approvals_document(asked.request, objects)),
        bundle.CASE: _sealed(vault, asked, case.encode()),
        bundle.CHECKPOINT: note,
        **stamped.consistency(written, size, nodes),
    }
    parts += [_paper(vault, asked.request, path, data) for path, data in rest.items()]
    # By what the log committed to when it was sealed; whether the store still has that, the partner's tool sees.
    numbers, sizes = {exhibit: number for exhibit, number, _, _ in case.exhibits}, _sizes(vault, asked.case)
    parts += [
        Part(bundle.path_of(item.key, numbers), item.key, sizes[item.key], item.payload_sha256) for item in objects
    ]
    ordered = tuple(sorted(parts, key=lambda part: part.path))
    store_parts(vault.store, asked.request, Parts(event.time.date().isoformat(), papers.tool, digest, ordered))


def _newest(vault: Vault, case: str) -> int:
    """The number of the case's newest event, by which the sequencer knows it."""
    events = schema.events
    with vault.database.reading() as connection:
        return int(connection.execute(select(func.max(events.c.id)).where(events.c.case == case)).scalar_one())


def _last_sealed(entries: Sequence[bundle.LoggedEvent]) -> int:
    """The number of the newest event by which something that the source sent was sealed."""
    return max((entry.proof.index for entry in entries if entry.event.type in _SEALING), default=0)


def _logged_events(vault: Vault, case: str, size: int, note: bytes, nodes: TileNodes) -> list[bundle.LoggedEvent]:
    """The case's events and the enrolments of partners, each with its proof under the checkpoint `note`."""
    events = schema.events
    query = (
        select(events.c.position, events.c.body)
        .where(events.c.case.in_((case, "")), (events.c.case == case) | events.c.type.in_(_ENROLMENT))
        .where(events.c.position < size)
        .order_by(events.c.position)
    )
    with vault.database.reading() as connection:
        rows = [(row.position, Event.parse(bytes(row.body))) for row in connection.execute(query)]
    askers = {event.actor for _, event in rows if event.type is EventType.RELEASE_REQUESTED}
    kept = [(at, event) for at, event in rows if event.case == case or event.detail.get("name") in askers]
    return [
        bundle.LoggedEvent(event, TlogProof(position, tuple(prove_inclusion(position, size, nodes.node)), note))
        for position, event in kept
    ]


def _sealed(vault: Vault, asked: RequestView, data: bytes) -> bytes:
    try:
        line = partner_line(vault, asked.partner)
    except RequestRefused as error:  # of the partner's request, which was good when it was made
        raise NotReady(error.reason) from None
    return seal_bytes(data, [parse_recipient(line.recipient)])


def _paper(vault: Vault, request: str, path: str, data: bytes) -> Part:
    vault.store.put(bundle_files(request) + path, data)
    return Part(path, "", len(data), bag.digest(data))


def _read(vault: Vault, request: str, path: str, sha256: bytes) -> bytes:
    data = vault.store.read(bundle_files(request) + path)
    if bag.digest(data) != sha256:
        raise Altered("a paper of a bundle is not the one that was sealed")
    return data


def _sizes(vault: Vault, case: str) -> dict[str, int]:
    objects = schema.objects
    with vault.database.reading() as connection:
        rows = connection.execute(select(objects.c.key, objects.c.bytes).where(objects.c.case == case)).all()
    return {row.key: row.bytes for row in rows}
