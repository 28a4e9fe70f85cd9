"""Whatever somebody does to a part of a bundle on its way: `verify` names it, and `open` writes nothing.

Once with the manifests as they were, and once with manifests, ZIP and CRCs made anew to fit; and what whoever knows the
partner's public key can do, who can seal papers of their own to it.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from evidence import verify as verification
from evidence.bag import DECLARATION_FILE, INFO, PAYLOAD_MANIFEST, TAG_MANIFEST
from evidence.bundle import APPROVALS, CASE, CHECKPOINT, EVENTS, README, REPORT
from evidence.bundle_stamps import FOLDER
from evidence.canonical import encode
from evidence.trust import Trust
from evidence.verify import Bundle
from tests.oracles import tsa
from tests.promises.forging import Memory, files_of, flipped, made_good, zipped
from tests.service import amparo
from tests.vault.making import (
    Person,
    approval,
    ask,
    download,
    enrol,
    give,
    new_vault,
    person,
    report,
    running,
)
from tests.vault.media import PHOTO
from vault.age.identities import decrypt
from vault.age.recipients import parse_recipient
from vault.bundles import seal
from vault.opening import AgeOpener
from vault.sealing import seal_bytes
from vault.timestamp_schedule import stamp

pytestmark = pytest.mark.slow

PAPERS: Final = (INFO, README, CASE, REPORT, EVENTS, APPROVALS)
"""What speaks of one request; of the same case's other bundles, too, none fits."""
STAMPS: Final = tuple(
    f"{FOLDER}{name}.{kind}" for name in ("one", "two") for kind in ("tsr", "pem", "checkpoint", "consistency")
)
RELEASED: Final = (
    *(f"data/E0{number}/{name}.age" for number in (1, 2) for name in ("media", "record.json", "withheld.json")),
    "data/statement-1.txt.age",
)
MANIFESTS: Final = (PAYLOAD_MANIFEST, TAG_MANIFEST)
PARTS: Final = (DECLARATION_FILE, *MANIFESTS, *PAPERS, CHECKPOINT, *STAMPS, *RELEASED)
Files = dict[str, bytes]


@dataclass(frozen=True)
class Scene:
    """The files of a bundle, of another case's and of the same case's second; `two` is no authority to the partner."""

    folder: Path
    partner: Person
    trust: Trust
    request: str
    ours: Files
    theirs: Files
    second: Files

    def names(self, files: Files) -> str:
        """What `verify` says is wrong, in all; `open` must agree, and write nothing."""
        data = zipped(self.request, files)
        checked = verification.verify(Memory(data), self.trust, AgeOpener([self.partner.identity]))
        (self.folder / "bundle.zip").write_bytes(data)
        out = self.folder / "out"
        words = ("open", self.folder / "bundle.zip", "-i", self.folder / self.partner.line.name, "-o", out)
        done = amparo(*words, "--trust", self.folder / "trust.json")
        assert (done.code, out.exists()) == ((0, True) if checked.ok else (1, False)), done.out + done.err
        if out.exists():
            shutil.rmtree(out)
        return _said(checked)

    def opened(self, path: str) -> bytes:
        return decrypt(self.ours[path], [self.partner.identity])

    def sealed(self, data: bytes) -> bytes:
        """Anybody can."""
        return seal_bytes(data, [parse_recipient(self.partner.line.recipient)])


def _said(checked: Bundle) -> str:
    return "\n".join(f"{each.number} {each.name}: {each.detail}" for each in checked.checks if not each.ok)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    custodian, partner = person("custodian"), person("lawyer")
    new_vault(folder / "vault", custodian)
    with tsa.running(folder / "one") as one, tsa.running(folder / "two") as two:
        for name, authority in (("one", one), ("two", two)):
            assert amparo("authority", folder / "vault", "add", name, authority.url, authority.root).code == 0
        with running(folder / "vault") as vault:
            enrol(vault, custodian, partner)
            cases, bundles = list[str](), []
            for place, word in enumerate(("noon", "night", "")):
                if word:
                    cases.append(report(vault, PHOTO, PHOTO, statement=word, keep_place=True).case)
                    for each in vault.trust.authorities:
                        stamp(vault, each)
                case = cases[place % 2]
                request = ask(vault, partner, case, f"hearing {place}")
                give(vault, custodian, request, approval(vault, custodian, partner, request, case))
                seal(vault, request, lambda request, case: f"The bundle of {request}, case {case}.\n")
                target = folder / f"{request}.zip"
                download(vault, partner, request, target)
                bundles.append((request, files_of(target)))
            trust = replace(vault.trust, authorities=vault.trust.authorities[:1])
    partner.write(folder)
    (folder / "trust.json").write_bytes(trust.encode())
    (request, ours), (_, theirs), (_, second) = bundles
    return Scene(folder, partner, trust, request, ours, theirs, second)


def test_the_bundle_as_it_is_passes_and_has_no_part_that_the_table_lacks(scene: Scene) -> None:
    assert scene.names(scene.ours) == ""
    assert scene.names(made_good(scene.ours)) == ""
    assert set(scene.ours) == set(PARTS)


def changed(scene: Scene, path: str) -> Files:
    return {**scene.ours, path: flipped(scene.ours[path])}


def swapped(scene: Scene, path: str) -> Files:
    return {**scene.ours, path: scene.theirs[path]}


def omitted(scene: Scene, path: str) -> Files:
    return {name: data for name, data in scene.ours.items() if name != path}


def doubled(scene: Scene, path: str) -> Files:
    """Under a name that some bundle could have."""
    return {**scene.ours, _neighbour(path): scene.ours[path]}


def _neighbour(path: str) -> str:
    for here, there in (("data/E01", "data/E03"), ("data/E02", "data/E09"), ("statement-1", "statement-2")):
        if here in path:
            return path.replace(here, there)
    for name in ("one", "two"):
        if f"/{name}." in path:
            return path.replace(f"/{name}.", "/three.")
    return f"{path}.age" if not path.endswith(".age") else path.removesuffix(".age")


TABLE: Final = [
    pytest.param(work, path, id=f"{work.__name__}-{path}")
    for work in (changed, swapped, omitted, doubled)
    for path in PARTS
    if work is not swapped or not path.endswith((DECLARATION_FILE, ".pem"))  # every bag of the vault has the same
]


@pytest.mark.parametrize(("work", "path"), TABLE)
def test_manifests_as_they_were(scene: Scene, work: Callable[[Scene, str], Files], path: str) -> None:
    said = scene.names(work(scene, path))
    assert said


@pytest.mark.parametrize(("work", "path"), [each for each in TABLE if each.values[1] not in MANIFESTS])
def test_manifests_made_anew(scene: Scene, work: Callable[[Scene, str], Files], path: str) -> None:
    said = scene.names(made_good(work(scene, path)))
    assert said


@pytest.mark.parametrize("path", PAPERS)
def test_the_second_bundle_of_the_same_case_lends_no_paper(scene: Scene, path: str) -> None:
    assert scene.names(made_good({**scene.ours, path: scene.second[path]}))


def _without_an_event(data: bytes) -> bytes:
    document = json.loads(data)
    del document["events"][-2]
    return encode(document)


def _without_an_object(data: bytes) -> bytes:
    document = json.loads(data)
    del document["objects"][-1]
    return encode(document)


FORGED: Final[dict[str, Callable[[bytes], bytes]]] = {
    REPORT: lambda data: data + b"<p>All is well.</p>",
    CASE: lambda data: data.replace(b'"number":2', b'"number":3'),
    EVENTS: _without_an_event,
    APPROVALS: _without_an_object,
}
"""What somebody who knows the partner's public key could seal to it in the place of a paper."""


@pytest.mark.parametrize("path", FORGED)
def test_a_paper_that_somebody_else_sealed_to_the_partner_is_named(scene: Scene, path: str) -> None:
    before = scene.opened(path)
    after = FORGED[path](before)
    assert after != before
    assert scene.names(made_good({**scene.ours, path: scene.sealed(after)}))
