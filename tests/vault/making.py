"""Make people, vaults, cases and releases as the product does, so that tests have something to look at."""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path

from evidence.identity import PublicLine, public_line, signing_key
from evidence.release import Approval, Enrolment, ReleasedObject, Request, objects_digest
from evidence.signed import SignedDocument, sign
from tests.vault.media import FILM, PHOTO
from vault import bundles, enrolment, release, viewing
from vault.age.identities import KeyIdentity, identity_from_secret, render_identity_file
from vault.age.recipients import parse_recipient
from vault.answers import Answer
from vault.approving import CaseKeys, OfferedObject
from vault.assembling import Assembly, Content, Release, keys_of
from vault.exhibits import Received
from vault.instance import Vault, open_vault
from vault.intake import Report, take_in
from vault.sealing import seal_bytes
from vault.setup import NewVault, create
from vault.spool import Spool


@dataclass(frozen=True)
class Person:
    """An identity and its public line."""

    identity: KeyIdentity
    line: PublicLine

    def write(self, folder: Path) -> Path:
        """Key file and public line, as `amparo keygen` writes them."""
        path = folder / self.line.name
        path.write_text(render_identity_file(self.identity, "2026-11-24T12:00:00Z"))
        path.chmod(0o600)
        (folder / f"{self.line.name}.pub").write_text(f"{self.line}\n")
        return path


def person(name: str, *, hybrid: bool = False) -> Person:
    identity = identity_from_secret(secrets.token_bytes(32), hybrid=hybrid)
    return Person(identity, public_line(name, identity.recipient_text, identity.secret))


_DATABASE: ContextVar[Callable[[], str]] = ContextVar("database", default=str)


@contextmanager
def databases(new: Callable[[], str]) -> Iterator[None]:
    """Meanwhile every new vault has its database at the URL that `new` gives; the empty one is SQLite in its folder."""
    token = _DATABASE.set(new)
    try:
        yield
    finally:
        _DATABASE.reset(token)


def new_vault(folder: Path, *custodians: Person, quorum: int = 1) -> None:
    lines = [each.line for each in custodians]
    create(folder, NewVault(lines, quorum, origin="vault.example/log", database=_DATABASE.get()(), cadence=0.05))


@contextmanager
def running(folder: Path) -> Iterator[Vault]:
    """An opened vault whose sequencer works."""
    vault = open_vault(folder)
    vault.sequencer.start()
    try:
        yield vault
    finally:
        vault.close()


def report(vault: Vault, *files: Path | bytes, statement: str = "", keep_place: bool = False) -> Report:
    """What a source sends, as a web form would bring it."""
    spools = []
    for each in files:
        data = each if isinstance(each, bytes) else each.read_bytes()
        spool = Spool(vault.settings.spool)
        spool.write(data)
        spool.finish()
        spools.append(Received(spool, hashlib.sha256(data).digest()))
    try:
        return take_in(vault, spools, statement, channel="web-form", keep_place=keep_place)
    finally:
        for received in spools:
            received.spool.close()


def enrol(vault: Vault, custodian: Person, who: Person, role: str = "partner") -> None:
    document = Enrolment(vault.trust.origin, role, who.line, vault.now()).to_json()
    enrolment.enrol(vault, custodian.line, sign(document, custodian.line, signing_key(custodian.identity.secret)))


def ask(vault: Vault, partner: Person, case: str, purpose: str = "a hearing") -> str:
    document = Request(vault.trust.origin, case, purpose, vault.now()).to_json()
    return release.ask(vault, partner.line, sign(document, partner.line, signing_key(partner.identity.secret)))


def offered(vault: Vault, custodian: Person, case: str) -> list[OfferedObject]:
    """A case as the custodian's computer gets it."""
    return [OfferedObject(**asdict(each)) for each in viewing.sealed_objects(vault, case, custodian.line)]


@dataclass(frozen=True)
class Approved:
    """A custodian's approval, and what comes with it."""

    signed: SignedDocument
    objects: list[ReleasedObject]
    answer: bytes


def approval(
    vault: Vault,
    custodian: Person,
    partner: Person,
    request: str,
    case: str,
    *,
    keep: Callable[[OfferedObject], bool] = lambda _: True,
    change: Callable[[Answer], Answer] = lambda answer: answer,
) -> Approved:
    """What a custodian's computer sends: an answer for every object that `keep` wants, which `change` may falsify."""
    objects = offered(vault, custodian, case)
    keys, chosen = CaseKeys(case, objects, custodian.identity), [each for each in objects if keep(each)]
    released, answer = keys.released(chosen), change(keys.answer(request, custodian.line.key_id, chosen))
    sealed = seal_bytes(answer.encode(), [parse_recipient(partner.line.recipient)])
    document = Approval(
        vault.trust.origin,
        request,
        case,
        partner.line.key_id,
        objects_digest(released),
        hashlib.sha256(sealed).digest(),
        vault.now(),
    )
    signed = sign(document.to_json(), custodian.line, signing_key(custodian.identity.secret))
    return Approved(signed, released, sealed)


def give(vault: Vault, custodian: Person, request: str, approved: Approved) -> bool:
    """Have the vault take an approval; whether the quorum is met."""
    keys = {each.key: each.key_commitment for each in approved.objects}
    return release.approve(vault, custodian.line, request, approved.signed, keys, approved.answer)


def approve(vault: Vault, custodian: Person, partner: Person, request: str, case: str) -> None:
    """Answer for every object of the case, sign, and seal the bundle once the quorum is met."""
    if give(vault, custodian, request, approval(vault, custodian, partner, request, case)):
        bundles.seal(vault, request, lambda *_: "How to open this bundle.\n")


def released(vault: Vault, partner: Person, request: str) -> Release:
    """What the vault tells the partner's tool."""
    return Release.from_json(bundles.release_document(vault, request, partner.line.name))


def download(vault: Vault, partner: Person, request: str, target: Path) -> None:
    """The bundle, as the partner's command stores it."""
    told = released(vault, partner, request)
    bundles.downloaded(vault, request, partner.line.name, "answers")
    assembly = Assembly(told, keys_of(told, partner.identity).keys, partner.identity.recipient)
    with target.open("x+b") as file:
        assembly.write(file, content_of(vault, partner, request), lambda _: None)


def content_of(vault: Vault, partner: Person, request: str) -> Content:
    """The parts, as the partner's command reads them from the vault."""
    reader = bundles.open_content(vault, request, partner.line.name)

    @contextmanager
    def content(start: int) -> Iterator[Iterator[bytes]]:
        yield reader.chunks(start, reader.size - start)

    return content


@dataclass(frozen=True)
class Furnished:
    """A vault with one case of two exhibits and a statement, released to one partner."""

    folder: Path
    custodian: Person
    partner: Person
    report: Report
    request: str


def furnished(folder: Path) -> Furnished:
    custodian, partner = person("custodian"), person("lawyer")
    new_vault(folder, custodian)
    with running(folder) as vault:
        made = report(vault, PHOTO, FILM, statement="It happened at noon.", keep_place=True)
        enrol(vault, custodian, partner)
        request = ask(vault, partner, made.case)
        approve(vault, custodian, partner, request, made.case)
    return Furnished(folder, custodian, partner, made, request)
