"""An approval counts for one request, one partner and exactly the objects and headers that it names.

The whole server lies here: it edits its database, moves approvals, forges events and signs them with the log's key.
"""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from evidence.canonical import Json
from evidence.event import EventType, Role
from evidence.exhibit import key_commitment
from evidence.identity import PublicLine
from evidence.release import Approval, Enrolment
from evidence.signed import sign
from tests import media
from tests.promises.forging import failed
from tests.promises.lying import Liar
from tests.service import Done, Person, Service, World, amparo
from vault.age.files import encrypt
from vault.age.recipients import parse_recipient
from vault.instance import open_vault

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Stage:
    """A vault with one case, released once to the partner, and the liar who now runs it."""

    world: World
    liar: Liar
    case: str
    request: str

    @property
    def keys(self) -> dict[str, bytes]:
        """What the partner got with the true release."""
        return dict(self.liar.keys(self.request, self.world.partner))

    def bundle(self, request: str, keys: dict[str, bytes] | None = None) -> bytes:
        """What the liar makes of a request now."""
        return self.liar.bundle(request, self.world.partner, keys or self.keys)

    def opened(self, data: bytes, folder: Path) -> Done:
        """Open a bundle as the partner; nothing is written when it fails."""
        bundle, out = folder / f"{secrets.token_hex(4)}.zip", folder / "out"
        bundle.write_bytes(data)
        done = self.world.open(bundle, out)
        assert done.code == 0 or not out.exists()
        return done


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str, str]:
    """A stopped vault, its one case, and the request under which it was released."""
    folder = tmp_path_factory.mktemp("before")
    with World.running(folder) as world:
        case = world.report([("a.jpg", media.noise())], "what happened")["case"]
        request = world.release(case, folder / "bundle.zip")
        world.service.stop()
    return world, case, request


@pytest.fixture
def stage(before: tuple[World, str, str], tmp_path: Path) -> Iterator[Stage]:
    world, case, request = before
    copy = replace(world, folder=tmp_path, service=Service(tmp_path / "vault", tmp_path / "said.txt"))
    shutil.copytree(world.vault, copy.vault)
    vault = open_vault(copy.vault)
    vault.sequencer.start()
    try:
        yield Stage(copy, Liar(vault), case, request)
    finally:
        vault.close()
        copy.service.kill()


Forge = Callable[[Stage, str], None]


def _with_no_approval(_: Stage, __: str) -> None:
    """The database says so; the log holds none."""


def _with_an_approval_of_another_request(stage: Stage, request: str) -> None:
    stage.liar.record_approval(request, stage.case, stage.liar.approval_of(stage.request))


def _with_an_approval_by_somebody_who_is_no_custodian(stage: Stage, request: str) -> None:
    key = stage.world.auditor
    stage.liar.record_approval(request, stage.case, sign(_approval(stage, request), key.line, key.signing_key))


def _with_an_approval_by_the_partner(stage: Stage, request: str) -> None:
    key = stage.world.partner
    signed = sign(_approval(stage, request), key.line, key.signing_key)
    stage.liar.record_approval(request, stage.case, signed, actor=key.name)


def _with_an_approval_by_an_invented_custodian(stage: Stage, request: str) -> None:
    key = Person.new(stage.world.folder, "invented")
    detail: dict[str, Json] = {"name": key.name, "line": str(key.line)}
    stage.liar.record(EventType.CUSTODIAN_ADDED, Role.SYSTEM, "vault", detail)
    signed = sign(_approval(stage, request), key.line, key.signing_key)
    stage.liar.record_approval(request, stage.case, signed, actor=key.name)


def _approval(stage: Stage, request: str) -> dict[str, Json]:
    given = Approval.from_json(stage.liar.approval_of(stage.request).document)
    partner = stage.world.partner.line.key_id
    return Approval(given.origin, request, stage.case, partner, given.objects, given.answer, given.time).to_json()


@pytest.mark.parametrize(
    "forge",
    [
        _with_no_approval,
        _with_an_approval_of_another_request,
        _with_an_approval_by_somebody_who_is_no_custodian,
        _with_an_approval_by_the_partner,
        _with_an_approval_by_an_invented_custodian,
    ],
)
def test_a_bundle_without_a_valid_approval_does_not_open(stage: Stage, forge: Forge, tmp_path: Path) -> None:
    time.sleep(1.1)  # what is signed twice within a second is the same document
    request = stage.liar.ask(stage.world.partner, stage.case)
    stage.liar.copy_papers(stage.request, request)
    forge(stage, request)
    stage.liar.pretend_approved(request, like=stage.request)
    done = stage.opened(stage.bundle(request), tmp_path)
    assert failed(done).startswith("custody")


def test_an_auditor_sees_a_bundle_that_nobody_approved(stage: Stage) -> None:
    time.sleep(1.1)  # what is signed twice within a second is the same document
    request = stage.liar.ask(stage.world.partner, stage.case)
    stage.liar.copy_papers(stage.request, request)
    stage.liar.pretend_approved(request, like=stage.request)
    stage.bundle(request)
    stage.liar.vault.close()
    stage.world.service.start()
    done = stage.world.audit()
    assert done.code == 1
    assert failed(done) == "releases"
    assert "bundle.sealed: " in done.out


def test_an_approved_bundle_with_less_in_it_does_not_open(stage: Stage, tmp_path: Path) -> None:
    keys = stage.keys
    stage.liar.substitute(stage.request, [each for each in stage.liar.objects(stage.request) if "/media" in each.key])
    done = stage.opened(stage.bundle(stage.request, keys), tmp_path)
    assert failed(done).startswith("approvals")


def test_an_approved_bundle_under_another_key_does_not_open(stage: Stage, tmp_path: Path) -> None:
    keys, objects = stage.keys, stage.liar.objects(stage.request)
    place = next(index for index, each in enumerate(objects) if "statement" in each.key)
    keys[objects[place].key] = bytes(16)
    done = stage.opened(stage.bundle(stage.request, keys), tmp_path)
    assert failed(done).startswith("objects")
    objects[place] = replace(objects[place], key_commitment=key_commitment(bytes(16)))
    stage.liar.substitute(stage.request, objects)
    done = stage.opened(stage.bundle(stage.request, keys), tmp_path)
    assert failed(done).startswith("approvals")


def test_an_approved_bundle_with_another_payload_does_not_open(stage: Stage, tmp_path: Path) -> None:
    # A statement of the server's own, under the key of the source's.
    keys = stage.keys
    (key,) = [key for key in stage.liar.vault.store.list(f"cases/{stage.case}/") if "statement" in key]
    recipients = [parse_recipient(stage.world.partner.line.recipient)]
    stage.liar.vault.store.put(key, encrypt(b"nothing", keys[key], secrets.token_bytes(16), recipients))
    done = stage.opened(stage.bundle(stage.request, keys), tmp_path)
    assert failed(done).startswith("objects")


def test_the_bundle_that_was_approved_opens(stage: Stage, tmp_path: Path) -> None:
    # The counterproof: it is what was changed above that makes those fail.
    assert stage.opened(stage.bundle(stage.request), tmp_path).code == 0


def test_a_custodian_cannot_be_led_to_release_to_an_invented_partner(stage: Stage, tmp_path: Path) -> None:
    police = Person.new(tmp_path, "lawyer")
    stage.liar.pretend_enrolled(police.line)
    document = Enrolment(stage.liar.vault.trust.origin, "partner", police.line, stage.liar.vault.now())
    signed = sign(document.to_json(), police.line, police.signing_key)
    detail: dict[str, Json] = {"name": police.name, "signed": signed.to_json()}
    stage.liar.record(EventType.PARTNER_ENROLLED, Role.CUSTODIAN, "custodian", detail)
    time.sleep(1.1)  # what is signed twice within a second is the same document
    request = stage.liar.ask(police, stage.case)
    stage.liar.vault.close()
    stage.world.service.start()
    key, server = stage.world.custodian.key, stage.world.address
    done = amparo("custodian", "-i", key, "--server", server, "approve", request)
    assert done.code == 1, done.out
    assert "release.approved" not in [e["type"] for e in stage.world.events() if e["detail"].get("request") == request]
    audit = stage.world.audit()
    assert audit.code == 1
    assert "partner.enrolled: signed by nobody who was enrolled then" in audit.out


def test_a_custodian_cannot_be_led_to_wrap_keys_to_another_line_under_the_same_name(
    stage: Stage, tmp_path: Path
) -> None:
    time.sleep(1.1)  # what is signed twice within a second is the same document
    request = stage.liar.ask(stage.world.partner, stage.case)
    theirs, ours = Person.new(tmp_path, "impostor").line, stage.world.partner.line
    stage.liar.exchange(PublicLine(ours.name, theirs.recipient, ours.signing_key))
    stage.liar.vault.close()
    stage.world.service.start()
    key, server = stage.world.custodian.key, stage.world.address
    done = amparo("custodian", "-i", key, "--server", server, "approve", request)
    assert done.code == 1
    assert "release.approved" not in [e["type"] for e in stage.world.events() if e["detail"].get("request") == request]
