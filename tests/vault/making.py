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
from evidence.signed import sign
from tests.vault.media import FILM, PHOTO
from vault import bundles, enrolment, release
from vault.age.identities import KeyIdentity, identity_from_secret, render_identity_file
from vault.age.recipients import parse_recipient
from vault.approving import CaseKeys, OfferedObject
from vault.exhibits import Received
from vault.instance import Vault, open_vault
from vault.intake import Report, take_in
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


def new_vault(folder: Path, *custodians: Person) -> None:
    lines = [each.line for each in custodians]
    create(folder, NewVault(lines, origin="vault.example/log", database=_DATABASE.get()(), cadence=0.05))


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


def approve(vault: Vault, custodian: Person, partner: Person, request: str, case: str) -> None:
    """Wrap every object of the case to the partner, sign, and seal the bundle."""
    recipient = parse_recipient(partner.line.recipient)
    sealed = release.sealed_objects(vault, case)
    keys = CaseKeys(case, [OfferedObject(**asdict(each)) for each in sealed], [custodian.identity])
    headers = {each.key: keys.wrap(each.key, recipient) for each in sealed}
    released = [ReleasedObject(each.key, each.sha256, hashlib.sha256(headers[each.key]).digest()) for each in sealed]
    approval = Approval(vault.trust.origin, request, case, partner.line.key_id, objects_digest(released), vault.now())
    signed = sign(approval.to_json(), custodian.line, signing_key(custodian.identity.secret))
    if release.approve(vault, custodian.line, request, signed, headers):
        bundles.seal(vault, request, lambda *_: "How to open this bundle.\n")


def download(vault: Vault, partner: Person, request: str, target: Path) -> None:
    """The bundle, as the partner's command stores it."""
    reader = bundles.open_bundle(vault, request, partner.line.name)
    bundles.downloaded(vault, request, partner.line.name)
    with target.open("xb") as file:
        for chunk in reader.chunks(0, reader.size):
            file.write(chunk)


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
