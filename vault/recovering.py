"""The day the server is gone: custodians put the keys of media together from the store alone.

Each works on their own computer with a copy of the store, and nobody hands over a key: what travels are parts of file
keys, sealed to the custodian who joins them. The result are plain age headers; stock `age` does the rest.

Like `opening`, never loaded by the service.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.constant_time import bytes_eq

from evidence.errors import EvidenceError
from evidence.exhibit import ExhibitRecord, header_length, key_commitment
from vault.age import header as age_header
from vault.age.errors import AgeError
from vault.age.identities import KeyIdentity, decrypt
from vault.age.recipients import Recipient, seal_header
from vault.age.stream import payload_size
from vault.answers import Answer
from vault.errors import StoreError
from vault.interrupted_record import InterruptedRecord, parse_record
from vault.quorum import media_context
from vault.sealing import HEADER, header_of, media_key
from vault.shares import Combined, Part, combine, part_of
from vault.store.protocol import Store

PURPOSE: Final = "recovery"
"""Stands in an answer where it is for no request."""
FAULTS: Final = (AgeError, EvidenceError, StoreError)
"""What a damaged object raises: the others are worth going on for."""
Unreadable = Callable[[str], object]
"""Told of each damaged object, by its place in the store."""
_EXHIBITS: Final = "exhibits/"
_RECORD: Final = "/record.age"


@dataclass(frozen=True, slots=True)
class Found:
    """An object that takes the quorum (media, or what was withheld of it), by the record of its exhibit."""

    key: str
    record: ExhibitRecord | InterruptedRecord

    @property
    def is_media(self) -> bool:
        """Whether it is the media."""
        return self.key == media_key(self.record.exhibit)

    @property
    def commitment(self) -> bytes | None:
        """What the record commits to of the object's file key."""
        return self.record.media_key if self.is_media else self.record.withheld_key

    @property
    def stretches(self) -> tuple[tuple[int, int], ...]:
        """Offset and length of each age payload in `media.payload`: one, or the pieces of an interrupted upload."""
        if not isinstance(self.record, InterruptedRecord):
            return ((0, self.record.payload_bytes),)
        stretches, offset = [], 0
        for size in map(payload_size, self.record.pieces):
            stretches.append((offset, size))
            offset += size
        return tuple(stretches)


def objects(store: Store, identity: KeyIdentity, unreadable: Unreadable) -> Iterator[Found]:
    """Every object of the store that takes the quorum and is still there, by the records that this identity opens."""
    for key in store.list(_EXHIBITS):
        if not key.endswith(_RECORD):
            continue
        try:
            record = parse_record(decrypt(store.read(key), [identity]))
        except FAULTS:
            unreadable(key)
            continue
        media, withheld = media_key(record.exhibit), key.removesuffix(_RECORD) + "/withheld.age"
        if store.exists(media + HEADER):
            yield Found(media, record)
        if record.withheld_key is not None and store.exists(withheld):
            yield Found(withheld, record)


def own_parts(store: Store, identity: KeyIdentity, unreadable: Unreadable) -> dict[str, Part]:
    """The identity's part of the key of every object that takes the quorum."""
    found = {}
    for each in objects(store, identity, unreadable):
        try:
            stanzas = age_header.parse(header_of(store, each.key)).stanzas
            found[each.key] = part_of(stanzas, identity, media_context(each.record.case, each.key))
        except FAULTS:
            unreadable(each.key)
    return found


def join(found: Found, answers: Mapping[str, Answer]) -> Combined:
    """The file key of one object of several custodians' answers, by name; SharesMissing when they do not suffice.

    Right is the key to which the exhibit's record commits. The header's HMAC is not asked: it would fail for one
    damaged stanza, whose owner others can stand in for.
    """
    parts = {name: each.parts[found.key] for name, each in answers.items() if found.key in each.parts}
    return combine(parts, lambda key: found.commitment is not None and bytes_eq(key_commitment(key), found.commitment))


def reheaded(store: Store, found: Found, file_key: bytes, recipient: Recipient) -> tuple[str, bytes]:
    """Name and bytes of what the recipient needs: a header for `media.payload`, or the whole of a small object."""
    header = seal_header(file_key, [recipient])
    if found.is_media:
        return found.key + HEADER, header
    sealed = store.read(found.key)
    return found.key, header + sealed[header_length(sealed) :]


def opened_answer(sealed: bytes, identity: KeyIdentity) -> Answer:
    """A fellow custodian's shares; AgeError when they are not to this identity, EvidenceError when they are none."""
    return Answer.parse(decrypt(sealed, [identity]))
