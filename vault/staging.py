"""Where an upload waits until it is whole: the objects under `staging/<upload>/` (docs/formats.md, "What waits").

One age file key per upload, wrapped to the custodians in `header`. Each piece that arrived is an age payload of its
own, sealed under that key and written once, under a name that no other request uses: `header` and any piece, one after
the other, are an age file that a custodian opens with stock age. `upload.json` holds the same key wrapped for who sends
the upload; without it the service cannot read what it wrote.

A thief of these objects learns how much arrived and the hour, and to which case it belongs.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from evidence.canonical import encode
from evidence.errors import DocumentError, EvidenceError
from evidence.exhibit import CHANNELS
from evidence.fields import Fields
from evidence.ids import CASE_PATTERN, EXHIBIT_PATTERN, CaseNumber
from vault.age.errors import AgeError
from vault.age.stream import NONCE_BYTES, Decryptor, Encryptor, plaintext_size
from vault.errors import Altered, NotFound, UploadGone
from vault.places import STAGING, staged_facts, staged_header, staged_papers, staged_piece
from vault.staging_keys import LOCK_BYTES
from vault.store.protocol import Store

FORMAT: Final = "amparo/staged-upload/1"
UNKNOWN_LENGTH: Final = -1
PIECE: Final = re.compile(r"/([0-9]{16})-([0-9]{8})\.payload\Z")
_FACTS_LIMIT: Final = 4096  # bytes
_HEADER_LIMIT: Final = 1 << 20  # bytes
_CHUNK: Final = 1 << 20  # bytes


class Phase(StrEnum):
    """How an upload stands."""

    OPEN = "open"
    SEALED = "sealed"
    REFUSED = "refused"
    ENDED = "ended"
    INTERRUPTED = "interrupted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Piece:
    """Where the bytes from `offset` on lie that one request brought; `ticket` is that request's place in the queue."""

    upload: str
    offset: int
    ticket: int

    @property
    def key(self) -> str:
        """Its key in the store."""
        return staged_piece(self.upload, self.offset, self.ticket)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an upload before it is whole. `length` is in bytes, UNKNOWN_LENGTH until it is told.

    `proof` is `staging_keys.receipt_proof`, `lock` the wrapped file key, `key` the commitment to it that goes into the
    exhibit's record.
    """

    upload: str
    case: CaseNumber
    channel: str
    keep_place: bool
    length: int
    proof: bytes
    lock: bytes
    key: bytes

    def encode(self) -> bytes:
        """The bytes of `upload.json`."""
        return encode(
            {
                "format": FORMAT,
                "upload": self.upload,
                "case": self.case,
                "channel": self.channel,
                "keep_place": "yes" if self.keep_place else "no",
                "length": "" if self.length == UNKNOWN_LENGTH else str(self.length),
                "proof": self.proof.hex(),
                "lock": self.lock.hex(),
                "key": self.key.hex(),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "Facts":
        """Read `upload.json`; an EvidenceError when it is none."""
        fields = Fields.of(data, "staged upload", FORMAT)
        length = fields.text("length", 20)
        facts = cls(
            upload=fields.matching("upload", EXHIBIT_PATTERN),
            case=CaseNumber(fields.matching("case", CASE_PATTERN)),
            channel=fields.text("channel", 16),
            keep_place=fields.text("keep_place", 3) == "yes",
            length=int(length) if length.isdecimal() else UNKNOWN_LENGTH,
            proof=fields.hexadecimal("proof", 32),
            lock=fields.hexadecimal("lock", LOCK_BYTES),
            key=fields.hexadecimal("key", 32),
        )
        fields.done()
        if facts.encode() != data or facts.channel not in CHANNELS:
            raise DocumentError("staged upload: a member is malformed")
        return facts


def begin(store: Store, facts: Facts, header: bytes) -> None:
    """Write what an upload begins with; `header` is the age header to the custodians."""
    store.create(staged_header(facts.upload), header)
    store.create(staged_facts(facts.upload), facts.encode())


def facts_of(store: Store, upload: str) -> Facts:
    """What is known of an upload; UploadGone when it does not wait here (any more)."""
    try:
        facts = Facts.parse(store.read(staged_facts(upload), _FACTS_LIMIT))
    except NotFound:
        raise UploadGone("the upload is over") from None
    except EvidenceError:
        raise Altered("what is known of an upload was changed") from None
    if facts.upload != upload:
        raise Altered("what is known of an upload is another's")
    return facts


def tell_length(store: Store, facts: Facts, length: int) -> None:
    """Note the length that was not known when the upload began."""
    store.put(staged_facts(facts.upload), replace(facts, length=length).encode())


def add(store: Store, piece: Piece, file_key: bytes, data: bytes) -> None:
    """Seal what arrived at an offset and store it, durable on return."""
    sealer = Encryptor(file_key, secrets.token_bytes(NONCE_BYTES))
    store.put(piece.key, sealer.start() + sealer.update(data) + sealer.finish())


def pieces(store: Store, upload: str, received: int | None = None) -> list[Piece]:
    """The pieces that make up the first `received` bytes (None: all that are there); no key is needed.

    Where several requests stored a piece at one offset, the one of the newest request counts: an older one was taken
    over before its piece was counted, or that offset would have been passed. Altered when a piece is missing.
    """
    newest: dict[int, int] = {}
    for key in store.list(staged_papers(upload)):
        match = PIECE.search(key)
        if match is not None:
            newest[int(match[1])] = max(int(match[2]), newest.get(int(match[1]), 0))
    chain, offset = list[Piece](), 0
    while offset in newest and (received is None or offset < received):
        piece = Piece(upload, offset, newest[offset])
        chain.append(piece)
        offset += _plain_bytes(store, piece)
    if received is not None and offset != received:
        raise Altered("what arrived before was changed")
    return chain


def plaintext(store: Store, chain: Sequence[Piece], file_key: bytes) -> Iterator[bytes]:
    """What arrived, in order, each piece opened once. Altered when one is not what was written."""
    for piece in chain:
        decryptor = Decryptor(file_key)
        try:
            with store.open(piece.key) as reader:
                for chunk in reader.chunks(0, None, _CHUNK):
                    yield decryptor.update(chunk)
            yield decryptor.finish()
        except (AgeError, NotFound):
            raise Altered("what arrived before was changed") from None


def _plain_bytes(store: Store, piece: Piece) -> int:
    try:
        return plaintext_size(store.size(piece.key))
    except (AgeError, NotFound):
        raise Altered("what arrived before was changed") from None


def custodians_header(store: Store, upload: str) -> bytes:
    """The age header to the custodians; NotFound."""
    return store.read(staged_header(upload), _HEADER_LIMIT)


def remove(store: Store, upload: str) -> None:
    """Delete everything of an upload. What lets its sender open it goes first, so nothing half-deleted comes back."""
    store.delete(staged_facts(upload))
    for key in list(store.list(staged_papers(upload))):
        store.delete(key)


def waiting(store: Store) -> list[str]:
    """The ids of all uploads of which something is in the store."""
    return sorted({key.split("/")[1] for key in store.list(STAGING)})
