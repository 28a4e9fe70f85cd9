"""Seal the bundle of an approved request, and serve in ranges what it is made from.

Sealing writes the bundle's small papers to the store and a list of its parts (`vault.bundle_contents`); the media
stays where it is, and nothing of it is read: its length and hash are known since it was sealed. The partner's tool
fetches the parts as one stream, puts the keys together from the custodians' answers, and writes the bundle
(`vault.assembling`): only then are there headers that open. Sealing is done again from the start after a crash: the
request stays `approved` until the `bundle.sealed` event is recorded, and everything before that event only adds
papers, which the next attempt replaces.
"""

import base64
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from sqlalchemy import Connection, select, update

from evidence import bundle_papers
from evidence.bundle_papers import SealedPapers
from evidence.canonical import Json
from evidence.custody import State, next_state
from evidence.errors import CustodyError
from evidence.event import Event, EventType, Role
from evidence.release import Approval, ReleasedObject
from vault import consent, unfinished
from vault.bundle_contents import ReadMe, write_papers, write_parts
from vault.database import schema
from vault.errors import BundleWithdrawn, NotReady, UnknownRequest
from vault.instance import Vault
from vault.places import bundle_files, bundle_parts, release_papers
from vault.release import RequestView, agreement, approvals, view
from vault.release_papers import Part, Parts, may_hold, read_answer, read_objects, read_parts
from vault.sealing import payload_of
from vault.store.protocol import Store
from vault.unfinished import Work

CHUNK: Final = 1024 * 1024  # bytes
RELEASE_FORMAT: Final = "amparo/release/1"


def seal(vault: Vault, request: str, read_me: ReadMe) -> None:
    """Seal the bundle of a request whose quorum is met; does nothing when it is sealed already.

    The event and the request's state are one transaction, in which everything is looked at again: a denial or a
    revocation that came before wins, one that comes after is refused. Only then are the files written; `open_bundle`
    waits for the list of them, and after a crash `pending` finds the request again.
    """
    with vault.locks.hold(request):
        if vault.store.exists(bundle_parts(request)):
            unfinished.done(vault, Work.BUNDLE, request)
            return
        asked = view(vault, request)
        agreed = _agreed(vault, request)  # before the event: a withdrawal may have deleted the papers
        if asked.state == State.SEALED.value:  # recorded before a crash
            vault.sequencer.record_and_wait(lambda _: [])
        else:
            papers = write_papers(vault, asked, agreed[1], read_me)
            vault.sequencer.record_and_wait(lambda found: _seal_event(vault, found, asked, agreed[0], papers))
        write_parts(vault, asked, *_agreed(vault, request), read_me)
        unfinished.done(vault, Work.BUNDLE, request)


def pending(vault: Vault) -> list[str]:
    """Requests whose quorum is met but whose bundle is not there: a crash came between."""
    return [
        request
        for request in unfinished.left(vault, Work.BUNDLE)
        if not vault.store.exists(bundle_parts(request)) and _is_agreed(vault, request)
    ]


class ContentReader:
    """All parts of a bundle, one after the other, as random-access bytes."""

    def __init__(self, store: Store, request: str, parts: Sequence[Part]) -> None:
        self._store, self._request, self._parts = store, request, parts
        self._starts = [0, *accumulate(part.size for part in parts)]
        self.size = self._starts[-1]

    def chunks(self, offset: int, length: int) -> Iterator[bytes]:
        """The bytes of `[offset, offset + length)` in order."""
        end = min(offset + length, self.size)
        index = bisect_right(self._starts, offset) - 1
        while offset < end:
            part, low = self._parts[index], offset - self._starts[index]
            high = min(end - self._starts[index], part.size)
            if low < high:
                # Looked up now, since a header in front of the payload may have been rewritten after the sealing.
                paper = bundle_files(self._request) + part.path, 0
                source, start = payload_of(self._store, part.key) if part.key else paper
                with self._store.open(source) as stored:
                    yield from stored.chunks(start + low, high - low, CHUNK)
            offset, index = self._starts[index] + high, index + 1


def open_content(vault: Vault, request: str, partner: str) -> ContentReader:
    """The parts of the bundle of a partner's own request; NotReady when it is not sealed, BundleWithdrawn."""
    return ContentReader(vault.store, request, _sealed_parts(vault, request, partner).parts)


def release_document(vault: Vault, request: str, partner: str) -> Json:
    """All that the partner's tool needs beside the parts: what they are, and the answers to open them with.

    Errors as `open_content`. Answers are only of those custodians who approved what is released.
    """
    parts = _sealed_parts(vault, request, partner)
    given: list[Json] = []
    for signed in approvals(vault, request):
        approval = Approval.from_json(signed.document)
        if approval.objects == parts.objects:
            answer = read_answer(vault.store, request, approval.answer)
            line = vault.trust.custodian(signed.key_id)
            given.append(
                {
                    "custodian": "" if line is None else line.name,
                    "signed": signed.to_json(),
                    "answer": base64.b64encode(answer).decode(),
                }
            )
    return {
        "format": RELEASE_FORMAT,
        "request": request,
        "date": parts.date,
        "tool": parts.tool,
        "parts": [
            {"path": part.path, "key": part.key, "bytes": part.size, "sha256": part.sha256.hex()}
            for part in parts.parts
        ],
        "objects": [item.to_json() for item in read_objects(vault.store, request, parts.objects)],
        "approvals": given,
    }


def _sealed_parts(vault: Vault, request: str, partner: str) -> Parts:
    asked = view(vault, request, partner)
    _require_not_withdrawn(vault, asked)
    with vault.database.reading() as connection:
        consent.require(connection, asked.case, partner, chosen=asked.chosen)
    if asked.state != State.SEALED.value or not vault.store.exists(bundle_parts(request)):
        raise NotReady("the bundle is not sealed: the request waits for approvals, or was denied")
    return read_parts(vault.store, request)


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
        nothing_left = next(vault.store.list(release_papers(asked.request)), None) is None
        withdrawn = nothing_left or may_hold(vault.store, asked.request, destroyed)
    if withdrawn:
        raise BundleWithdrawn("the source withdrew something that the bundle held")


def downloaded(vault: Vault, request: str, partner: str, what: str) -> None:
    """Record a download of the `answers` or the `content`; returns when the log covers it: no byte leaves before."""
    requests, people, cases = schema.requests, schema.people, schema.cases
    still_enrolled = select(people.c.name).where(people.c.name == partner, people.c.state == State.ENROLLED.value)

    def change(connection: Connection) -> list[Event]:
        query = (
            select(requests.c.case, requests.c.state, requests.c.chosen, cases.c.state.label("of_case"))
            .join(cases, cases.c.case == requests.c.case)
            .where(requests.c.request == request)
        )
        row = connection.execute(query).first()
        if row is None:
            raise UnknownRequest("no request has this id")
        if connection.execute(still_enrolled).first() is None:
            raise NotReady("the partner is not enrolled any more")
        consent.require(connection, row.case, partner, chosen=row.chosen)
        next_state(EventType.BUNDLE_DOWNLOADED, Role.PARTNER, State(row.state), State(row.of_case))
        detail: dict[str, Json] = {"request": request, "what": what}
        return [
            vault.event(
                EventType.BUNDLE_DOWNLOADED, Role.PARTNER, partner, case=row.case, authority=request, detail=detail
            )
        ]

    vault.sequencer.record_and_wait(change)


def _is_agreed(vault: Vault, request: str) -> bool:
    with vault.database.reading() as connection:
        return agreement(vault, connection, request) is not None


def _agreement(vault: Vault, connection: Connection, request: str) -> bytes:
    digest = agreement(vault, connection, request)
    if digest is None:
        raise NotReady("the request waits for approvals")
    return digest


def _agreed(vault: Vault, request: str) -> tuple[bytes, list[ReleasedObject]]:
    """What the quorum agreed to release: the digest of the list, and the list."""
    with vault.database.reading() as connection:
        digest = _agreement(vault, connection, request)
    return digest, read_objects(vault.store, request, digest)


def _seal_event(
    vault: Vault, connection: Connection, asked: RequestView, digest: bytes, papers: SealedPapers
) -> list[Event]:
    requests, cases, people = schema.requests, schema.cases, schema.people
    state = connection.execute(select(requests.c.state).where(requests.c.request == asked.request)).scalar_one()
    case = connection.execute(select(cases.c.state).where(cases.c.case == asked.case)).scalar_one()
    partner = connection.execute(select(people.c.state).where(people.c.name == asked.partner)).scalar_one()
    if _agreement(vault, connection, asked.request) != digest:
        raise NotReady("the custodians agreed on something else meanwhile; try again")
    try:
        after = next_state(EventType.BUNDLE_SEALED, Role.SYSTEM, State(state), State(case))
    except CustodyError as error:
        raise NotReady(error.reason) from None
    if partner != State.ENROLLED.value:
        raise NotReady("the partner is not enrolled any more")
    consent.require(connection, asked.case, asked.partner, chosen=asked.chosen)
    connection.execute(update(requests).where(requests.c.request == asked.request).values(state=after.value))
    detail: dict[str, Json] = {
        "request": asked.request,
        "objects_sha256": digest.hex(),
        bundle_papers.MEMBER: papers.to_json(),
    }
    return [
        vault.event(
            EventType.BUNDLE_SEALED, Role.SYSTEM, "vault", case=asked.case, authority=asked.request, detail=detail
        )
    ]
