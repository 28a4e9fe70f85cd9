"""A partner's door: ask, see how it stands, download whole or in ranges."""

from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from evidence.canonical import encode
from evidence.release import Request
from evidence.signed import sign
from tests import media
from tests.service import World, amparo
from vault.clock import SystemClock


@dataclass(frozen=True)
class Released:
    case: str
    request: str
    content: bytes


@pytest.fixture(scope="module")
def released(world: World, tmp_path_factory: pytest.TempPathFactory) -> Released:
    case = world.report([("a.jpg", media.noise())], "what happened")["case"]
    request = world.release(case, tmp_path_factory.mktemp("released") / "bundle.zip")
    path = f"{world.address}/api/partner/requests/{request}/content"
    return Released(case, request, httpx.get(path, auth=world.partner.auth, trust_env=False).content)


def ranged(world: World, released: Released, header: str) -> httpx.Response:
    path = f"{world.address}/api/partner/requests/{released.request}/content"
    return httpx.get(path, headers={"Range": header}, auth=world.partner.auth, trust_env=False)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 99), (10, 5000), (1000, 10**9), (7_000, 60_000)])
def test_a_range_is_a_part_of_the_whole(world: World, released: Released, first: int, last: int) -> None:
    answer = ranged(world, released, f"bytes={first}-{last}")
    size = len(released.content)
    end = min(last, size - 1)
    assert (answer.status_code, answer.content) == (206, released.content[first : end + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{end}/{size}"


def test_an_open_range_and_the_last_bytes(world: World, released: Released) -> None:
    assert ranged(world, released, "bytes=100-").content == released.content[100:]
    assert ranged(world, released, "bytes=-50").content == released.content[-50:]


@pytest.mark.parametrize("header", ["bytes=-", "lines=1-2", "bytes=1-2,5-6", "bytes=a-b", "x"])
def test_a_range_of_another_form_is_ignored(world: World, released: Released, header: str) -> None:
    answer = ranged(world, released, header)
    assert (answer.status_code, answer.content) == (200, released.content)


@pytest.mark.parametrize("header", ["bytes=999999999-", "bytes=5-4", "bytes=-0"])
def test_a_range_outside_is_refused(world: World, released: Released, header: str) -> None:
    assert ranged(world, released, header).status_code == 416


def test_a_download_goes_on_where_it_broke_off(world: World, released: Released, tmp_path: Path) -> None:
    whole = tmp_path / "whole.zip"
    world.as_partner("download", released.request, "-o", whole)
    (tmp_path / ".bundle.zip.partial").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    world.as_partner("download", released.request, "-o", tmp_path / "bundle.zip")
    assert (tmp_path / "bundle.zip").read_bytes()[:5000] == whole.read_bytes()[:5000]
    assert world.open(tmp_path / "bundle.zip", tmp_path / "out").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.zip", "out", "whole.zip"]


def test_a_bundle_is_not_there_before_it_is_approved_nor_after_a_denial(world: World, released: Released) -> None:
    request = world.ask(released.case, "appeal")
    path = f"{world.address}/api/partner/requests/{request}/content"
    for denied in (False, True):
        if denied:
            world.as_custodian("deny", request, "--reason", "no")
        answer = httpx.get(path, auth=world.partner.auth, trust_env=False)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:amparo:problem:not-ready")


def test_a_case_that_does_not_exist_cannot_be_asked_for(world: World) -> None:
    words = ("partner", "-i", world.partner.key, "--server", world.address, "request", "0000-0000", "--purpose", "x")
    done = amparo(*words)
    assert done.code == 1
    assert done.err.startswith("amparo: no open case has this number")


@pytest.mark.parametrize("change", ["origin", "signer", "purpose"])
def test_a_request_that_does_not_fit_its_sender_is_refused(world: World, released: Released, change: str) -> None:
    origin = "other.invalid/log" if change == "origin" else world.trust.origin
    document = Request(origin, released.case, " " if change == "purpose" else "court 2", SystemClock().now())
    signer = world.auditor if change == "signer" else world.partner
    signed = sign(document.to_json(), signer.line, signer.signing_key).to_json()
    with world.client() as client:
        assert client.origin() == world.trust.origin
    answer = httpx.post(
        f"{world.address}/api/partner/requests",
        content=encode({"signed": signed}),
        auth=world.partner.auth,
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:amparo:problem:not-acceptable")
