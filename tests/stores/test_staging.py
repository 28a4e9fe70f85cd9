"""What waits of unfinished uploads, over every store: pieces are whole, in order, and the newest request's count."""

import secrets
from typing import Final

import pytest

from evidence.ids import CaseNumber, Receipt
from tests.oracles.age import pyrage_decrypt
from vault import staging, staging_keys
from vault.age.identities import encode_identity, identity_from_secret
from vault.age.recipients import seal_header
from vault.errors import Altered, UploadGone
from vault.staging import Facts, Piece
from vault.store.protocol import Store

SECRET: Final = bytes(range(32))
RECEIPT: Final = Receipt("1234567890123456")
UPLOAD: Final = staging_keys.upload_id(SECRET)
FILE_KEY: Final = bytes(range(16))
FACTS: Final = Facts(
    upload=UPLOAD,
    case=CaseNumber("K7QM-2XD4"),
    channel="live",
    keep_place=True,
    length=staging.UNKNOWN_LENGTH,
    proof=staging_keys.receipt_proof(SECRET, RECEIPT),
    lock=staging_keys.lock(SECRET, RECEIPT, FILE_KEY),
    key=bytes(32),
)
CUSTODIAN: Final = identity_from_secret(secrets.token_bytes(32), hybrid=False)


@pytest.fixture
def begun(store: Store) -> Store:
    staging.begin(store, FACTS, seal_header(FILE_KEY, [CUSTODIAN.recipient]))
    return store


def add(store: Store, offset: int, ticket: int, data: bytes) -> None:
    staging.add(store, Piece(UPLOAD, offset, ticket), FILE_KEY, data)


def arrived(store: Store, received: int | None = None) -> bytes:
    return b"".join(staging.plaintext(store, staging.pieces(store, UPLOAD, received), FILE_KEY))


def test_pieces_come_back_in_order_and_one_by_one_with_another_age(begun: Store) -> None:
    parts = [b"a" * 70_000, b"b", b"c" * 65_536]
    offset = 0
    for ticket, part in enumerate(parts, 1):
        add(begun, offset, ticket, part)
        offset += len(part)
    assert arrived(begun) == arrived(begun, offset) == b"".join(parts)
    header = staging.custodians_header(begun, UPLOAD)
    chain = staging.pieces(begun, UPLOAD, offset)
    identity = encode_identity(CUSTODIAN)
    assert [pyrage_decrypt(header + begun.read(piece.key), identity) for piece in chain] == parts


def test_of_two_pieces_at_one_offset_the_newer_request_s_counts(begun: Store) -> None:
    add(begun, 0, 3, b"newer")
    add(begun, 0, 2, b"older, and longer")
    add(begun, 5, 10, b"!")
    assert arrived(begun, 6) == b"newer!"
    assert arrived(begun, 5) == b"newer"


def test_a_gap_is_no_upload(begun: Store) -> None:
    add(begun, 0, 1, b"12345")
    add(begun, 6, 1, b"7")
    assert arrived(begun) == b"12345"
    with pytest.raises(Altered):
        staging.pieces(begun, UPLOAD, 7)
    begun.put(Piece(UPLOAD, 5, 1).key, b"no payload")
    with pytest.raises(Altered):
        staging.pieces(begun, UPLOAD, 7)


def test_a_changed_piece_does_not_open(begun: Store) -> None:
    add(begun, 0, 1, b"12345")
    sealed = bytearray(begun.read(Piece(UPLOAD, 0, 1).key))
    sealed[-1] ^= 1
    begun.put(Piece(UPLOAD, 0, 1).key, bytes(sealed))
    with pytest.raises(Altered):
        arrived(begun)


def test_what_is_known_is_kept_and_its_length_may_come_later(begun: Store) -> None:
    assert staging.facts_of(begun, UPLOAD) == FACTS
    staging.tell_length(begun, FACTS, 77)
    assert staging.facts_of(begun, UPLOAD).length == 77
    assert staging.waiting(begun) == [UPLOAD]


def test_of_what_is_removed_nothing_stays(begun: Store) -> None:
    add(begun, 0, 1, b"12345")
    staging.remove(begun, UPLOAD)
    assert list(begun.list()) == staging.waiting(begun) == []
    with pytest.raises(UploadGone):
        staging.facts_of(begun, UPLOAD)


def test_facts_of_another_upload_are_refused(begun: Store) -> None:
    begun.put(f"staging/{'0' * 32}/upload.json", FACTS.encode())
    with pytest.raises(Altered):
        staging.facts_of(begun, "0" * 32)
