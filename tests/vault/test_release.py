"""Release: what a custodian approved is what the partner gets, whatever crashes, repeats or cheats in between."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from evidence.errors import EvidenceError
from evidence.identity import signing_key
from evidence.release import Denial, Revocation
from evidence.signed import sign
from evidence.verify import verify
from tests.vault.making import (
    Person,
    approval,
    approve,
    ask,
    download,
    enrol,
    give,
    new_vault,
    offered,
    person,
    released,
    report,
    running,
)
from tests.vault.media import PHOTO
from vault import bundles, enrolment, release
from vault.approving import CaseKeys, OfferedObject
from vault.errors import NotReady, RequestRefused, VaultError
from vault.instance import Vault
from vault.opening import AgeOpener


@pytest.fixture
def custodian() -> Person:
    return person("custodian")


@pytest.fixture
def partner() -> Person:
    return person("lawyer")


@pytest.fixture
def folder(tmp_path: Path, custodian: Person) -> Path:
    new_vault(tmp_path / "vault", custodian)
    return tmp_path / "vault"


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def opens(vault: Vault, partner: Person, request: str, target: Path) -> None:
    download(vault, partner, request, target)

    class File:
        size = target.stat().st_size

        def read(self, offset: int, length: int) -> bytes:
            with target.open("rb") as file:
                file.seek(offset)
                return file.read(length)

    checked = verify(File(), vault.trust, AgeOpener([partner.identity]))
    assert checked.ok, checked.checks


def test_a_second_approval_is_refused_and_changes_nothing(
    folder: Path, custodian: Person, partner: Person, tmp_path: Path
) -> None:
    with running(folder) as vault:
        made = report(vault, PHOTO)
        enrol(vault, custodian, partner)
        request = ask(vault, partner, made.case)
        approve(vault, custodian, partner, request, made.case)
        with pytest.raises(RequestRefused):
            give(vault, custodian, request, approval(vault, custodian, partner, request, made.case))
        opens(vault, partner, request, tmp_path / "bundle.zip")


def test_the_answer_of_an_approval_that_was_never_recorded_is_not_released(
    folder: Path, custodian: Person, partner: Person, tmp_path: Path
) -> None:
    with running(folder) as vault:
        made = report(vault, PHOTO, keep_place=True)
        enrol(vault, custodian, partner)
        request = ask(vault, partner, made.case)
        first = approval(vault, custodian, partner, request, made.case)
        killed = replace(vault, sequencer=Broken())  # type: ignore[arg-type]  # dies after the answer was stored
        with pytest.raises(KilledError):
            give(killed, custodian, request, first)
        second = approval(
            vault, custodian, partner, request, made.case, keep=lambda each: not each.key.endswith("withheld.age")
        )
        assert give(vault, custodian, request, second)
        bundles.seal(vault, request, lambda *_: "")
        opens(vault, partner, request, tmp_path / "bundle.zip")
        assert b"withheld" not in (tmp_path / "bundle.zip").read_bytes()
        assert [each.sealed for each in released(vault, partner, request).answers] == [second.answer]


class KilledError(Exception):
    """The process ends here."""


class Broken:
    """A sequencer before which the process was killed."""

    def record_and_wait(self, _: object) -> int:
        raise KilledError


def test_two_approvers_at_once_get_one_bundle(folder: Path, custodian: Person, partner: Person, tmp_path: Path) -> None:
    with running(folder) as vault:
        made = report(vault, PHOTO)
        enrol(vault, custodian, partner)
        request = ask(vault, partner, made.case)
        give(vault, custodian, request, approval(vault, custodian, partner, request, made.case))
        threads = [Thread(target=bundles.seal, args=(vault, request, lambda *_: "")) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        opens(vault, partner, request, tmp_path / "bundle.zip")


def test_a_crash_between_the_event_and_the_files_is_made_good(
    folder: Path, custodian: Person, partner: Person, tmp_path: Path
) -> None:
    with running(folder) as vault:
        made = report(vault, PHOTO)
        enrol(vault, custodian, partner)
        request = ask(vault, partner, made.case)
        give(vault, custodian, request, approval(vault, custodian, partner, request, made.case))

        def crash(*_: str) -> str:
            raise MemoryError

        with pytest.raises(MemoryError):
            bundles.seal(vault, request, crash)
    with running(folder) as vault:
        with pytest.raises(NotReady):
            bundles.open_content(vault, request, partner.line.name)
        assert bundles.pending(vault) == [request]
        bundles.seal(vault, request, lambda *_: "")
        assert bundles.pending(vault) == []
        opens(vault, partner, request, tmp_path / "bundle.zip")


@pytest.mark.parametrize("what", ["denied", "revoked"])
def test_what_comes_before_the_seal_wins(folder: Path, custodian: Person, partner: Person, what: str) -> None:
    key = signing_key(custodian.identity.secret)
    with running(folder) as vault:
        made = report(vault, PHOTO)
        enrol(vault, custodian, partner)
        request = ask(vault, partner, made.case)
        give(vault, custodian, request, approval(vault, custodian, partner, request, made.case))
        if what == "denied":
            document = Denial(vault.trust.origin, request, "no", now()).to_json()
            release.deny(vault, custodian.line, request, sign(document, custodian.line, key))
        else:
            document = Revocation(vault.trust.origin, partner.line.name, now()).to_json()
            enrolment.revoke(vault, custodian.line, sign(document, custodian.line, key))
        with pytest.raises(NotReady):
            bundles.seal(vault, request, lambda *_: "")
        with pytest.raises(VaultError):
            bundles.open_content(vault, request, partner.line.name)


@pytest.mark.parametrize("swap", ["media", "withheld.age", "statement", "record.age"])
def test_a_custodian_answers_with_no_key_of_another_case(folder: Path, custodian: Person, swap: str) -> None:
    with running(folder) as vault:
        asked = report(vault, PHOTO, statement="about the first", keep_place=True)
        other = report(vault, PHOTO, statement="about the second", keep_place=True)
        mine = offered(vault, custodian, asked.case)
        theirs = {each.name: each for each in offered(vault, custodian, other.case)}
        CaseKeys(asked.case, mine, custodian.identity)
        for whole in (False, True):  # the stanzas alone, and the whole object under this case's name
            forged = [
                _forged(each, theirs[each.name], whole=whole) if each.name.startswith(swap) else each for each in mine
            ]
            with pytest.raises(EvidenceError):
                CaseKeys(asked.case, forged, custodian.identity)


def _forged(mine: OfferedObject, theirs: OfferedObject, *, whole: bool) -> OfferedObject:
    if whole:
        return replace(theirs, key=mine.key, exhibit=mine.exhibit)
    return replace(mine, stanzas=theirs.stanzas)
