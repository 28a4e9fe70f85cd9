"""Where it takes two of three custodians, each of them alone, with the server's whole disk, opens no media.

Promise 1 for custodians, and promise 8: any two release, and whoever of them was missing or wrong is named.
"""

import contextlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests import media
from tests.oracles.age import program_decrypt, typage_decrypt
from tests.promises.forging import files_of
from tests.service import Person, World, amparo
from tests.traces import files
from vault.age import header as age_header
from vault.age.errors import AgeError
from vault.age.identities import encode_identity, open_header
from vault.age.stream import Decryptor
from vault.quorum import SHARE_TYPE, ShareStanza, media_context

pytestmark = pytest.mark.slow
AGE: Final = b"age-encryption.org/v1\n"
STATEMENT: Final = "they took her phone and hit her"


@dataclass(frozen=True)
class Scene:
    """A vault with a quorum of two of three and one case in it. `photo` is what was sent."""

    world: World
    case: str
    photo: bytes
    classic: Person

    @property
    def custodians(self) -> tuple[Person, ...]:
        return (self.world.custodian, *self.world.fellows)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("quorum")
    with World.running(folder, fellows=2, quorum=2) as world:
        classic = Person.new(folder, "classic", classic=True)
        world.enrol(classic, "partner")
        photo = media.real("train.jpg")
        case = world.report([("a.jpg", photo)], STATEMENT, keep_place=True)["case"]
        yield Scene(world, case, photo, classic)


def test_each_single_custodian_with_the_whole_disk_opens_no_media(scene: Scene) -> None:
    stored = {path: path.read_bytes() for path in files([scene.world.vault])}
    payloads = [data for path, data in stored.items() if path.name == "media.payload"]
    payloads += [_payload(data) for path, data in stored.items() if path.name == "withheld.age"]
    assert len(payloads) == 2
    for custodian in scene.custodians:
        keys = _keys(custodian, scene.case, stored)
        assert len(keys) > 10
        for key, payload in itertools.product(keys, payloads):
            with pytest.raises(AgeError):
                Decryptor(key).update(payload + bytes(1 << 17))


def test_each_single_custodian_reads_statements_and_records(scene: Scene) -> None:
    # The counterproof: what the keys above do not open, they do not for want of the others' shares.
    sealed = [path.read_bytes() for path in files([scene.world.vault]) if path.suffix == ".age"]
    for custodian in scene.custodians:
        plain = [_opened(data, custodian) for data in sealed]
        assert any(each.endswith(STATEMENT.encode()) for each in plain)
        assert sum(b'"amparo/exhibit/1"' in each for each in plain) == 1


def test_any_two_release_it_and_stock_tools_open_what_comes_out(scene: Scene, tmp_path: Path) -> None:
    world = scene.world
    for number, (first, second) in enumerate(itertools.combinations(scene.custodians, 2)):
        partner = scene.classic if number else world.partner
        request = world.ask(scene.case, f"court {number}", partner)
        said = world.as_custodian("approve", request, "--with-place", custodian=first).out
        assert f"1 of 2 approved ({first.name}), still needed: 1" in said
        assert amparo(*_download(world, partner, request, tmp_path / "early.zip")).code == 1
        world.as_custodian("approve", request, "--with-place", custodian=second)
        bundle, out = tmp_path / f"{number}.zip", tmp_path / f"out-{number}"
        assert amparo(*_download(world, partner, request, bundle), "--trust", world.trust_file).code == 0
        done = world.open(bundle, out, partner)
        assert done.code == 0, done.out + done.err
        (opened,) = out.glob("E01.*")
        sealed = files_of(bundle)["data/E01/media.age"]
        if partner is scene.classic:
            assert program_decrypt(sealed, partner.key) == opened.read_bytes()
        else:
            assert typage_decrypt(sealed, encode_identity(partner.identity)) == opened.read_bytes()
        assert len(opened.read_bytes()) == len(scene.photo)
    assert world.audit().code == 0


def test_a_review_shows_what_one_custodian_may_see_and_says_what_not(scene: Scene, tmp_path: Path) -> None:
    done = scene.world.as_custodian("review", scene.case, "-o", tmp_path / "review", custodian=scene.world.fellows[0])
    assert sorted(path.name for path in (tmp_path / "review").iterdir()) == ["E01.record.json", "statement-1.txt"]
    assert "its media takes 2 custodians and was not opened" in done.out
    with scene.world.client(scene.world.custodian) as client:
        key = next(
            each["key"]
            for each in client.get(f"/api/custodian/cases/{scene.case}")["objects"]
            if "media" in each["key"]
        )
    path = f"{scene.world.address}/api/custodian/cases/{scene.case}/objects/{key}"
    answer = httpx.get(path, auth=scene.world.custodian.auth, trust_env=False)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:amparo:problem:takes-quorum")


def test_who_approves_something_else_than_the_others_is_told_so(scene: Scene) -> None:
    request = scene.world.ask(scene.case, "another court")
    scene.world.as_custodian("approve", request, "--with-place")
    key, server = scene.world.fellows[0].key, scene.world.address
    words = ("custodian", "-i", key, "--server", server, "--trust", scene.world.trust_file, "approve", request)
    done = amparo(*words)
    assert done.code == 2
    assert "the custodians who approved before you chose other objects" in done.err
    listed = next(
        each for each in json.loads(scene.world.as_custodian("requests", "--json").out) if each["request"] == request
    )
    assert (listed["state"], listed["approvals"], listed["approved_by"], listed["quorum"]) == (
        "approved",
        1,
        ["custodian"],
        2,
    )


def test_no_header_with_shares_leaves_the_vault(scene: Scene, tmp_path: Path) -> None:
    world = scene.world
    request = world.ask(scene.case, "the last court")
    for custodian in scene.custodians[:2]:
        world.as_custodian("approve", request, custodian=custodian)
    world.as_partner("download", request, "-o", tmp_path / "bundle.zip")
    assert SHARE_TYPE.encode() not in (tmp_path / "bundle.zip").read_bytes()
    for each in ("release", "content"):
        path = f"{world.address}/api/partner/requests/{request}/{each}"
        assert SHARE_TYPE.encode() not in httpx.get(path, auth=world.partner.auth, trust_env=False).content


def test_an_approval_moves_less_than_ten_kilobytes_for_each_exhibit(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways, with post-quantum keys, of pictures with all their metadata withheld and the place kept."""
    moved = []
    for count in (2, 6):
        photos = [(f"{number}.jpg", media.real("train.jpg") + bytes(number)) for number in range(count)]
        request = scene.world.ask(scene.world.report(photos, STATEMENT, keep_place=True)["case"], "court")
        answers = _answers(monkeypatch)
        scene.world.as_custodian("approve", request, "--with-place")
        moved.append(sum(each.num_bytes_downloaded + len(each.request.content) for each in answers))
    assert 1000 < (moved[1] - moved[0]) / 4 < 10_000
    assert moved[0] < 30_000


def _answers(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Response]:
    """What the command line is answered from now on."""
    answers, send = list[httpx.Response](), httpx.Client.send

    def recorded(self: httpx.Client, request: httpx.Request, **arguments: Any) -> httpx.Response:
        answers.append(send(self, request, **arguments))
        return answers[-1]

    monkeypatch.setattr(httpx.Client, "send", recorded)
    return answers


def _download(world: World, partner: Person, request: str, target: Path) -> tuple[str | Path, ...]:
    return ("partner", "-i", partner.key, "--server", world.address, "download", request, "-o", target)


def _payload(data: bytes) -> bytes:
    return data[age_header.parse(data).length :]


def _opened(data: bytes, custodian: Person) -> bytes:
    with contextlib.suppress(AgeError):
        key, length = open_header(data[: 1 << 20], [custodian.identity])
        decryptor = Decryptor(key)
        return decryptor.update(data[length:]) + decryptor.finish()
    return b""


def _keys(custodian: Person, case: str, stored: dict[Path, bytes]) -> set[bytes]:
    """Every 16 bytes that this custodian gets out of any stanza of any object, and what could be meant for a key."""
    identity, keys = custodian.identity, set[bytes]()
    objects = [(path, data) for path, data in stored.items() if data.startswith(AGE)]
    names = {str(path).partition("/store/")[2].removesuffix(".header") for path, _ in objects}
    for _, data in objects:
        with contextlib.suppress(AgeError):
            keys.add(open_header(data[: 1 << 20], [identity])[0])
        for stanza in age_header.parse(data[: 1 << 20]).stanzas:
            if stanza.type != SHARE_TYPE:
                continue
            parsed = ShareStanza.parse(stanza)
            keys |= {each[at : at + 16] for each in parsed.commitments for at in (0, 16)}
            for name in names:
                share = identity.unseal(parsed.share, parsed.body, parsed.info(media_context(case, name)))
                keys |= set() if share is None else {share[:16], share[1:]}
    return keys
