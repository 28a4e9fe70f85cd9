"""Uploads whose time ran out: crashes at any write, several sweeps at once, and what is refused of the result."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.canonical import Json
from evidence.errors import EvidenceError, SealError
from evidence.exhibit import key_commitment
from evidence.ids import CaseNumber, ExhibitId, Receipt
from tests import media
from tests.vault.making import Person, approve, ask, enrol, new_vault, offered, person, running
from vault import interruption, uploads
from vault.age.identities import open_header
from vault.age.stream import Encryptor
from vault.approving import CaseKeys
from vault.errors import RequestRefused, StoreUnavailable, UnknownUpload, UploadBusy, VaultError
from vault.fixity import check
from vault.holding import RESUMABLE, Asking, find, under_way
from vault.instance import Vault
from vault.intake import look_up, take_in
from vault.interrupted_record import InterruptedRecord, open_pieces, parse_record
from vault.sealing import header_of
from vault.shares import combine
from vault.staging import Phase
from vault.store.protocol import Store, StoreWriter
from vault.uploads import Hold

DATA: Final = media.noise() + bytes(range(256)) * 1024
MOMENT: Final = datetime(2026, 11, 25, 12, 30, 30, tzinfo=UTC)


class Later:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = MOMENT

    def now(self) -> datetime:
        return self.moment

    def synchronised(self) -> str:
        return "ntp"


class Dying:
    """A store that fails for good from the n-th write or deletion on."""

    def __init__(self, store: Store, after: int) -> None:
        self._store, self._left, self.died = store, after, False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.died = True
            raise StoreUnavailable("the store fails")

    def put(self, key: str, data: bytes, *, media_type: str = "application/octet-stream") -> None:
        self._count()
        self._store.put(key, data, media_type=media_type)

    def create(self, key: str, data: bytes) -> None:
        self._count()
        self._store.create(key, data)

    def write(self, key: str) -> StoreWriter:
        self._count()
        return self._store.write(key)

    def delete(self, key: str) -> None:
        self._count()
        self._store.delete(key)


@pytest.fixture
def custodian() -> Person:
    return person("custodian")


@pytest.fixture
def vault(tmp_path: Path, custodian: Person) -> Iterator[Vault]:
    new_vault(tmp_path / "vault", custodian)
    with running(tmp_path / "vault") as made:
        yield replace(made, clock=Later())  # type: ignore[arg-type] # `synchronised` returns a plain text


def begun(vault: Vault, receipt: Receipt, case: CaseNumber, *parts: bytes, length: int = 10**6) -> bytes:
    """An upload of which these parts arrived, each by a request of its own; its secret."""
    secret, _ = uploads.begin(vault, case, receipt, channel=RESUMABLE, keep_place=False, length=length)
    for part in parts:
        hold = held(vault, secret, receipt)
        hold.store(part, count=True)
        hold.release()
    return secret


def held(vault: Vault, secret: bytes, receipt: Receipt) -> Hold:
    asking = Asking(vault, find(vault, secret, receipt).upload)
    taken = asking.take()
    assert taken is not None
    return uploads.hold(vault, secret, receipt, taken, asking.ticket)


def new_case(vault: Vault) -> tuple[Receipt, CaseNumber]:
    opened = take_in(vault, (), "", channel=RESUMABLE, empty=True)
    return opened.receipt, opened.case


def pass_time(vault: Vault) -> None:
    assert isinstance(vault.clock, Later)
    vault.clock.moment += timedelta(seconds=vault.settings.upload_seconds + 3601)


def exhibits(vault: Vault, receipt: Receipt) -> list[dict[str, Json]]:
    return list(look_up(vault, receipt).exhibits)


def opened(vault: Vault, custodian: Person, case: str) -> bytes:
    """The case's only exhibit in clear, as a custodian's computer opens it."""
    objects = offered(vault, custodian, case)
    keys = CaseKeys(case, objects, custodian.identity)
    (record,) = keys.records.values()
    assert isinstance(record, InterruptedRecord)
    media = next(each for each in objects if each.name == "media")
    file_key, _ = open_header(header_of(vault.store, media.key), [custodian.identity])
    return b"".join(open_pieces(record, file_key, [vault.store.read(media.key + ".payload")]))


def test_what_arrived_becomes_an_exhibit_once_its_time_is_over(vault: Vault, custodian: Person) -> None:
    receipt, case = new_case(vault)
    secret = begun(vault, receipt, case, DATA[:100], DATA[100:70_000], DATA[70_000:])
    interruption.sweep(vault)
    assert [each.received for each in under_way(vault, case)] == [len(DATA)]
    pass_time(vault)
    interruption.sweep(vault)
    (shown,) = exhibits(vault, receipt)
    assert (shown["outcome"], shown["bytes"], shown["sha256"]) == ("interrupted", len(DATA), "")
    assert opened(vault, custodian, case) == DATA
    assert find(vault, secret, receipt).phase is Phase.INTERRUPTED
    found = check(vault)
    assert (found.faults, found.orphans) == ([], [])
    assert list(vault.store.list("staging/")) == []


def test_a_whole_file_that_was_never_sealed_is_kept_whole(vault: Vault, custodian: Person) -> None:
    receipt, case = new_case(vault)
    begun(vault, receipt, case, DATA, length=len(DATA))
    pass_time(vault)
    interruption.sweep(vault)
    assert opened(vault, custodian, case) == DATA


def test_a_crash_at_any_write_leaves_one_exhibit_and_nothing_beside_it(vault: Vault, custodian: Person) -> None:
    survived = 0
    for after in range(40):
        receipt, case = new_case(vault)
        begun(vault, receipt, case, DATA[:5000], DATA[5000:])
        pass_time(vault)
        dying = Dying(vault.store, after)
        with contextlib.suppress(VaultError):
            interruption.sweep(replace(vault, store=dying))  # type: ignore[arg-type] # passes all else on
        interruption.sweep(vault)
        assert [each["outcome"] for each in exhibits(vault, receipt)] == ["interrupted"], after
        assert opened(vault, custodian, case) == DATA
        assert list(vault.store.list("staging/")) == []
        survived += dying.died
        if not dying.died:
            break
    assert survived > 5  # it did die at each of the writes
    found = check(vault)
    assert (found.faults, found.orphans) == ([], [])


def test_sweeps_at_the_same_time_make_one_exhibit(vault: Vault, custodian: Person) -> None:
    cases = [new_case(vault) for _ in range(3)]
    for receipt, case in cases:
        begun(vault, receipt, case, DATA)
    pass_time(vault)
    threads = [threading.Thread(target=interruption.sweep, args=(vault,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for receipt, case in cases:
        assert len(exhibits(vault, receipt)) == 1
        assert opened(vault, custodian, case) == DATA


def test_who_comes_back_in_time_is_not_interrupted(vault: Vault) -> None:
    receipt, case = new_case(vault)
    secret = begun(vault, receipt, case, DATA[:1000])
    hold = held(vault, secret, receipt)
    assert isinstance(vault.clock, Later)
    vault.clock.moment += timedelta(seconds=vault.settings.upload_seconds - 61)
    hold.store(DATA[1000:2000], count=True)
    hold.release()
    vault.clock.moment += timedelta(seconds=120)
    interruption.sweep(vault)
    assert [each.received for each in under_way(vault, case)] == [2000]


def test_what_is_over_is_forgotten_in_the_end(vault: Vault) -> None:
    receipt, case = new_case(vault)
    secret = begun(vault, receipt, case, DATA[:1000])
    for _ in range(2):
        pass_time(vault)
        interruption.sweep(vault)
    with pytest.raises(UnknownUpload):
        find(vault, secret, receipt)
    assert len(exhibits(vault, receipt)) == 1


def test_a_request_that_lost_its_hold_counts_nothing_more(
    vault: Vault, custodian: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt, case = new_case(vault)
    secret = begun(vault, receipt, case)
    stale = held(vault, secret, receipt)
    stale.store(DATA[:1000], count=True)
    asking = Asking(vault, stale.upload.upload)
    assert asking.take() is None
    monkeypatch.setattr("vault.holding.PATIENCE_SECONDS", 0.0)
    taken = asking.take()
    assert taken is not None
    assert taken.received == 1000
    with pytest.raises(UploadBusy):
        stale.store(b"?" * 500, count=True)
    with pytest.raises(UploadBusy):
        stale.count()
    newer = uploads.hold(vault, secret, receipt, taken, asking.ticket)
    newer.store(DATA[1000:1200], count=True)
    newer.store(DATA[1200:], count=True)
    stale.release()  # changes nothing: it is not the holder any more
    newer.store(b"", count=True)
    newer.release()
    pass_time(vault)
    interruption.sweep(vault)
    assert opened(vault, custodian, case) == DATA


def test_an_approval_of_it_is_refused(vault: Vault, custodian: Person) -> None:
    receipt, case = new_case(vault)
    begun(vault, receipt, case, DATA)
    assert isinstance(vault.clock, Later)
    vault.clock.moment = datetime.now(UTC)
    pass_time(vault)
    interruption.sweep(vault)
    lawyer = person("lawyer")
    enrol(vault, custodian, lawyer)
    with pytest.raises(RequestRefused):
        approve(vault, custodian, lawyer, ask(vault, lawyer, case), case)


RECORDS: Final = st.builds(
    InterruptedRecord,
    exhibit=st.just(ExhibitId("0" * 32)),
    case=st.just(CaseNumber("K7QM-2XD4")),
    number=st.integers(1, 1000),
    received_at=st.just(MOMENT),
    clock=st.sampled_from(["ntp", "unsynchronised"]),
    channel=st.sampled_from(["resumable", "live"]),
    pieces=st.lists(st.integers(1, 2**40), min_size=1, max_size=20).map(tuple),
    payload_bytes=st.integers(0, 2**50),
    payload_sha256=st.binary(min_size=32, max_size=32),
    media_key=st.binary(min_size=32, max_size=32),
    tool=st.just("amparo 0.1.0"),
    nonce=st.binary(min_size=16, max_size=16),
)


@given(RECORDS)
def test_a_record_reads_as_it_was_written(record: InterruptedRecord) -> None:
    assert parse_record(record.encode()) == record


@given(RECORDS, st.data())
def test_a_changed_record_is_refused_or_another(record: InterruptedRecord, data: st.DataObject) -> None:
    encoded = bytearray(record.encode())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= 1 << data.draw(st.integers(0, 6))
    try:
        read = parse_record(bytes(encoded))
    except EvidenceError:
        return
    assert read != record
    assert read.encode() == bytes(encoded)


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=200_000), min_size=1, max_size=4),
    cuts=st.integers(1, 100_000),
    fault=st.sampled_from(["", "cut", "longer", "swapped", "bit"]),
)
@settings(max_examples=60)
def test_pieces_open_to_what_arrived_and_to_nothing_else(pieces: list[bytes], cuts: int, fault: str) -> None:
    key, payload = bytes(16), b""
    sealed = []
    for number, piece in enumerate(pieces):
        encryptor = Encryptor(key, number.to_bytes(16))
        sealed.append(encryptor.start() + encryptor.update(piece) + encryptor.finish())
    payload = b"".join(sealed)
    digest = hashlib.sha256(payload).digest()
    record = InterruptedRecord(
        ExhibitId("0" * 32), CaseNumber("K7QM-2XD4"), 1, MOMENT, "ntp", "live",
        tuple(map(len, pieces)), len(payload), digest, bytes(32), "amparo", bytes(16),
    )  # fmt: skip
    changed = {
        "": payload,
        "cut": payload[:-1],
        "longer": payload + b"?",
        "swapped": b"".join(reversed(sealed)),
        "bit": payload[:-1] + bytes([payload[-1] ^ 1]),
    }[fault]
    chunks = [changed[at : at + cuts] for at in range(0, len(changed), cuts)]
    if changed == payload:
        assert b"".join(open_pieces(record, key, chunks)) == b"".join(pieces)
    else:
        with pytest.raises(SealError):
            list(open_pieces(record, key, chunks))


def test_with_a_quorum_what_arrived_opens_with_shares_that_are_bound_to_the_exhibit(tmp_path: Path) -> None:
    custodians = [person("one"), person("two", hybrid=True), person("three")]
    new_vault(tmp_path / "vault", *custodians, quorum=2)
    with running(tmp_path / "vault") as plain:
        vault = replace(plain, clock=Later())  # type: ignore[arg-type] # `synchronised` returns a plain text
        receipt, case = new_case(vault)
        begun(vault, receipt, case, DATA[:5000], DATA[5000:])
        pass_time(vault)
        interruption.sweep(vault)
        parts = {}
        for each in custodians:
            objects = offered(vault, each, case)
            keys, key = (
                CaseKeys(case, objects, each.identity),
                next(each.key for each in objects if each.name == "media"),
            )
            assert keys.quorum(key) == 2
            (record,) = keys.records.values()
            parts[each.line.name] = keys.answer("", "", [each for each in objects if each.key == key]).parts[key]
        parts.pop("two")
        file_key = combine(parts, lambda key: key_commitment(key) == record.media_key).file_key
        assert isinstance(record, InterruptedRecord)
        assert b"".join(open_pieces(record, file_key, [vault.store.read(key + ".payload")])) == DATA
        assert check(vault).faults == []
