import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.event import Event, EventType
from evidence.exhibit import ExhibitRecord, parse_withheld, record_commitment
from evidence.ids import Receipt
from evidence.receipt import original_commitment, receipt_secret
from evidence.segments import restore
from redaction.errors import UnsupportedMedia
from tests.vault.making import Person, new_vault, person, report, running
from tests.vault.media import FILM, PHOTO
from vault.age.identities import decrypt
from vault.errors import NothingToSeal, UnknownReceipt
from vault.exhibits import Received
from vault.instance import Vault
from vault.intake import look_up, take_in
from vault.sequencer import stored_events
from vault.spool import Spool


@pytest.fixture
def custodian() -> Person:
    return person("custodian")


@pytest.fixture
def vault(tmp_path: Path, custodian: Person) -> Iterator[Vault]:
    new_vault(tmp_path / "vault", custodian)
    with running(tmp_path / "vault") as vault:
        yield vault


def opened(vault: Vault, custodian: Person, *keys: str) -> bytes:
    """What a custodian reads, with nothing but an age identity."""
    return decrypt(b"".join(vault.store.read(key) for key in keys), [custodian.identity])


def media(vault: Vault, custodian: Person, exhibit: str) -> bytes:
    return opened(vault, custodian, f"exhibits/{exhibit}/media.header", f"exhibits/{exhibit}/media.payload")


def events(vault: Vault) -> list[Event]:
    return [Event.parse(body) for body in stored_events(vault.store, vault.sequencer.nodes()[0])]


def test_custodian_opens_the_redacted_media_and_a_record_that_fits_it(vault: Vault, custodian: Person) -> None:
    made = report(vault, PHOTO)
    exhibit = str(made.exhibits[0]["exhibit"])
    data = media(vault, custodian, exhibit)
    document = opened(vault, custodian, f"exhibits/{exhibit}/record.age")
    record = ExhibitRecord.parse(document)
    assert hashlib.sha256(data).digest() == record.media_sha256
    assert record.media_sha256.hex() == made.exhibits[0]["sha256"]
    assert len(data) == PHOTO.stat().st_size
    assert data != PHOTO.read_bytes()
    assert events(vault)[-1].detail["record"] == record_commitment(document).hex()
    secret = receipt_secret(made.receipt, vault.trust.receipt_salt)
    assert record.original_commitment == original_commitment(secret, hashlib.sha256(PHOTO.read_bytes()).digest())


def test_kept_places_restore_the_original_and_are_not_kept_unasked(vault: Vault, custodian: Person) -> None:
    kept, forgotten = report(vault, FILM, keep_place=True), report(vault, FILM)
    exhibit = str(kept.exhibits[0]["exhibit"])
    record = ExhibitRecord.parse(opened(vault, custodian, f"exhibits/{exhibit}/record.age"))
    digest, segments = parse_withheld(opened(vault, custodian, f"exhibits/{exhibit}/withheld.age"))
    original = b"".join(restore([media(vault, custodian, exhibit)], record.withheld, segments))
    assert original == FILM.read_bytes()
    assert hashlib.sha256(original).digest() == digest
    assert not vault.store.exists(f"exhibits/{forgotten.exhibits[0]['exhibit']}/withheld.age")


def test_log_covers_everything_when_the_source_is_told(vault: Vault) -> None:
    made = report(vault, PHOTO, FILM, statement="words")
    seen = [event for event in events(vault) if event.case == made.case]
    assert [event.type for event in seen] == [
        EventType.CASE_OPENED,
        EventType.STATEMENT_SEALED,
        EventType.EXHIBIT_SEALED,
        EventType.EXHIBIT_SEALED,
    ]
    assert {(event.time.minute, event.time.second) for event in seen} == {(0, 0)}


def test_nothing_in_the_clear_holds_what_the_source_sent(vault: Vault) -> None:
    original = hashlib.sha256(PHOTO.read_bytes()).hexdigest().encode()
    made = report(vault, PHOTO, statement="a statement that is nobody else's business", keep_place=True)
    exhibit_sha256 = str(made.exhibits[0]["sha256"]).encode()
    needles = (b"nobody else", original, bytes.fromhex(original.decode()), exhibit_sha256, made.receipt.encode())
    vault.sequencer.stop()  # which deletes partial tiles as the log grows
    files = [path for path in vault.settings.folder.rglob("*") if path.is_file()]
    found = {(path.name, needle) for path in files for needle in needles if needle in path.read_bytes()}
    assert found == set()


def test_receipt_shows_the_case_again_and_adds_to_it(vault: Vault) -> None:
    first = report(vault, PHOTO)
    again = look_up(vault, first.receipt)
    assert (again.case, again.exhibits, again.statement) == (first.case, first.exhibits, False)
    with Spool(vault.settings.spool) as spool:
        spool.write(FILM.read_bytes())
        spool.finish()
        received = Received(spool, hashlib.sha256(FILM.read_bytes()).digest())
        more = take_in(vault, [received], "more", channel="web-form", receipt=first.receipt)
    assert (more.case, [each["number"] for each in more.exhibits]) == (first.case, [2])
    assert [each["number"] for each in look_up(vault, first.receipt).exhibits] == [1, 2]
    assert look_up(vault, first.receipt).statement


def test_wrong_receipt_is_nobodys(vault: Vault) -> None:
    report(vault, PHOTO)
    with pytest.raises(UnknownReceipt):
        look_up(vault, Receipt("0" * 16))


def test_unaccepted_file_is_named_by_its_place_and_the_others_are_sealed(vault: Vault) -> None:
    made = report(vault, b"just text", PHOTO, b"")
    assert made.refused == (1, 3)
    assert [each["number"] for each in made.exhibits] == [1]


def test_nothing_and_nothing_acceptable_are_refused_without_a_trace(vault: Vault) -> None:
    before = list(vault.store.list())
    with pytest.raises(NothingToSeal):
        report(vault, statement=" \n")
    with pytest.raises(UnsupportedMedia):
        report(vault, b"just text")
    assert list(vault.store.list()) == before


def test_file_that_cannot_be_read_to_its_end_is_sealed_whole(vault: Vault, custodian: Person) -> None:
    cut = FILM.read_bytes()[:-100]
    made = report(vault, cut, keep_place=True)
    assert made.exhibits[0]["outcome"] == "unstripped"
    assert made.exhibits[0]["removed"] == []
    assert media(vault, custodian, str(made.exhibits[0]["exhibit"])) == cut


def test_every_custodian_can_open_what_is_sealed(tmp_path: Path) -> None:
    one, two = person("one"), person("two", hybrid=True)
    new_vault(tmp_path / "v", one, two)
    with running(tmp_path / "v") as vault:
        exhibit = str(report(vault, PHOTO).exhibits[0]["exhibit"])
        assert media(vault, one, exhibit) == media(vault, two, exhibit)
        stranger = person("three")
        with pytest.raises(Exception, match="no identity"):
            media(vault, stranger, exhibit)
