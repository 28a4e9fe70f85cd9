"""Seal one exhibit: plan its redaction, ask a second reader, then blank, hash and encrypt in one pass.

The file waits in a spool, encrypted under a key that only this process has. What is written to the store is sealed to
the custodians. The original's hash goes into `withheld.age` and a keyed commitment, nowhere else.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from evidence.canonical import Json, encode
from evidence.exhibit import (
    BLOCK,
    ExhibitRecord,
    StoredObject,
    record_commitment,
    withheld_document,
)
from evidence.ids import CaseNumber, ExhibitId
from evidence.receipt import original_commitment, view_key
from evidence.segments import RootBuilder
from evidence.withheld import MAX_SEGMENTS, OpenedSegment, Withheld
from redaction.blanking import BlankedReader, Blanker
from redaction.finding import Finding, Outcome
from redaction.planner import POLICY, Plan, plan
from redaction.second_reader import second_opinion
from vault.age.stream import NONCE_BYTES, Encryptor
from vault.instance import TOOL, Vault
from vault.places import receipt_view
from vault.sealing import PayloadSealer, SealedPayload, media_key, seal_pieces, seal_small
from vault.spool import Spool

PIECE: Final = 1024 * 1024  # bytes: a longer finding is withheld in pieces, so that memory stays bounded
WITHHELD_LIMIT: Final = 32 * 1024 * 1024  # bytes: where the place is kept, a file with more to withhold is sealed whole
SALT_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Received:
    """A file that arrived whole: its bytes in a spool, and the SHA-256 of the original."""

    spool: Spool
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """An exhibit that is in the store but not yet in the log. `view` is what the receipt page shows."""

    record: ExhibitRecord
    objects: tuple[StoredObject, ...]
    commitment: bytes
    view: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an exhibit belongs, and how it came."""

    case: CaseNumber
    number: int
    channel: str
    keep_place: bool
    receipt_secret: bytes


def checked_plan(spool: Spool, *, keep_place: bool) -> Plan:
    """The plan, if independent readers agree that nothing is left after it; else the file is to be sealed whole.

    UnsupportedMedia when the file is of no accepted kind. Where the place is kept, what is withheld must fit in memory.
    """
    try:
        return _checked(spool, plan(spool), keep_place=keep_place)
    finally:
        spool.rest()  # the other files of the report come first


def _checked(spool: Spool, planned: Plan, *, keep_place: bool) -> Plan:
    if planned.outcome is not Outcome.CLEAN:
        return planned
    if sum(-(-finding.length // PIECE) for finding in planned.findings) > MAX_SEGMENTS:
        return replace(planned, outcome=Outcome.UNSTRIPPED, findings=(), reason="too many segments to withhold")
    if keep_place and sum(finding.length for finding in planned.findings) > WITHHELD_LIMIT:
        return replace(planned, outcome=Outcome.UNSTRIPPED, findings=(), reason="too much to withhold")
    view = BlankedReader(spool, planned.findings)
    if second_opinion(spool, planned.findings, view, planned.media_type):
        return replace(planned, outcome=Outcome.UNSTRIPPED, findings=(), reason="a second reader still finds something")
    return planned


def seal_exhibit(vault: Vault, received: Received, planned: Plan, place: Place) -> Sealed:
    """Write the exhibit's objects. Until its event is recorded nothing refers to them."""
    exhibit = ExhibitId(secrets.token_hex(16))
    withheld, opened = _withhold(received.spool, planned.findings, keep=place.keep_place)
    media = _seal_media(vault, place.case, exhibit, received, planned.findings, withheld)
    place_sealed = None
    if opened:
        document = withheld_document(received.sha256, _emptying(opened))
        key = f"exhibits/{exhibit}/withheld.age"
        place_sealed = seal_pieces(vault.store, key, document, partial(vault.media_header, place.case, key))
    record = ExhibitRecord(
        exhibit=exhibit,
        case=place.case,
        number=place.number,
        received_at=vault.now(),
        clock=vault.clock.synchronised(),
        channel=place.channel,
        media_type=planned.media_type,
        media_bytes=received.spool.size,
        media_sha256=media.sha256,
        payload_bytes=media.sealed.stored.size,
        payload_sha256=media.sealed.stored.sha256,
        media_key=media.sealed.key_commitment,
        withheld_key=None if place_sealed is None else place_sealed.key_commitment,
        policy=POLICY,
        tool=TOOL,
        outcome=planned.outcome.value,
        root=media.root,
        withheld=withheld,
        original_commitment=original_commitment(place.receipt_secret, received.sha256),
        nonce=secrets.token_bytes(16),
    )
    encoded = record.encode()
    record_sealed = seal_small(vault.store, f"exhibits/{exhibit}/record.age", encoded, vault.header)
    objects = [each.stored for each in (media.sealed, record_sealed, place_sealed) if each is not None]
    view = _seal_view(vault, record, place)
    return Sealed(record, tuple(objects), record_commitment(encoded), view)


def _emptying(segments: list[OpenedSegment]) -> Iterator[OpenedSegment]:
    """Each segment in order, let go of as soon as the next is asked for: what is made of them is as large again."""
    segments.reverse()
    while segments:
        yield segments.pop()


def _withhold(
    spool: Spool, findings: Sequence[Finding], *, keep: bool
) -> tuple[tuple[Withheld, ...], list[OpenedSegment]]:
    """The withheld segments, and what stood there: held in memory only where it is to be kept."""
    withheld: list[Withheld] = []
    kept: list[OpenedSegment] = []
    for finding in findings:
        for start in range(finding.offset, finding.end, PIECE):
            data = spool.read(start, min(PIECE, finding.end - start))
            opened = OpenedSegment(start, secrets.token_bytes(SALT_BYTES), data)
            withheld.append(Withheld(start, len(data), finding.what, opened.leaf, finding.filler))
            if keep:
                kept.append(opened)
    return tuple(withheld), kept


@dataclass(frozen=True, slots=True)
class _Media:
    sealed: SealedPayload
    sha256: bytes
    root: bytes


def _seal_media(
    vault: Vault,
    case: CaseNumber,
    exhibit: ExhibitId,
    received: Received,
    findings: Sequence[Finding],
    withheld: Sequence[Withheld],
) -> _Media:
    """One pass: blank, then hash (plain and as a tree) beside encrypting. Hashes run in threads of their own."""
    blanker, root, digest = Blanker(findings), RootBuilder(BLOCK, withheld, received.spool.size), hashlib.sha256()
    hashes: list[Callable[[bytes], None]] = [root.update]
    if findings:  # else the redacted file is the original, whose hash is known
        hashes.append(digest.update)
    key = media_key(exhibit)
    with (
        PayloadSealer(vault.store, key, partial(vault.media_header, case, key)) as sealer,
        ThreadPoolExecutor(len(hashes), thread_name_prefix="hashing") as pool,
    ):
        for chunk in received.spool.chunks():
            blanked = blanker.apply(chunk)
            waiting = [pool.submit(update, blanked) for update in hashes]
            sealer.update(blanked)
            for each in waiting:
                each.result()
        sealed = sealer.commit()
    return _Media(sealed, digest.digest() if findings else received.sha256, root.finish())


def _seal_view(vault: Vault, record: ExhibitRecord, place: Place) -> dict[str, Json]:
    """What the source sees of the exhibit, readable only with the receipt (an age payload; docs/formats.md)."""
    view: dict[str, Json] = {
        "exhibit": record.exhibit,
        "number": record.number,
        "media_type": record.media_type,
        "bytes": record.media_bytes,
        "sha256": record.media_sha256.hex(),
        "removed": sorted({each.what for each in record.withheld}),
        "outcome": record.outcome,
    }
    sealer = Encryptor(view_key(place.receipt_secret, record.exhibit), secrets.token_bytes(NONCE_BYTES))
    sealed = sealer.start() + sealer.update(encode(view)) + sealer.finish()
    vault.store.put(receipt_view(place.case, record.exhibit), sealed)
    return view
