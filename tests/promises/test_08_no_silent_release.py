"""Every enrolment, request, approval, download and view is in the log, and without valid approvals no bundle verifies.

Whoever changes a bit of a bundle produces one that does not open. What a lying server can try with approvals is in
`test_08_forged_approvals`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests import media
from tests.oracles.age import program_decrypt
from tests.promises.forging import failed, files_of, flipped, made_good, zipped
from tests.service import Done, Person, World

pytestmark = pytest.mark.slow
STATEMENT: Final = "they asked for money"


@dataclass(frozen=True)
class Case:
    """A case that was released to the partner, and what its bundle opened to."""

    number: str
    request: str
    bundle: Path


@pytest.fixture(scope="module")
def released(world: World, tmp_path_factory: pytest.TempPathFactory) -> Case:
    number = world.report([("a.jpg", media.real("test_exif.jpg"))], STATEMENT, keep_place=True)["case"]
    bundle = tmp_path_factory.mktemp("released") / "bundle.zip"
    return Case(number, world.release(number, bundle, "--with-place"), bundle)


@pytest.fixture(scope="module")
def other(world: World, tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Another enrolled partner."""
    person = Person.new(tmp_path_factory.mktemp("other"), "other")
    world.enrol(person, "partner")
    return person


Opened = Callable[[bytes], Done]


@pytest.fixture
def opened(world: World, tmp_path: Path) -> Opened:
    """Opens a bundle's bytes as the partner; nothing must have been written when it fails."""

    def run(data: bytes) -> Done:
        bundle, out = tmp_path / "bundle.zip", tmp_path / "out"
        bundle.write_bytes(data)
        done = world.open(bundle, out)
        if done.code != 0:
            assert done.code == 1
            assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.zip"]
        return done

    return run


# What is in the log


def test_everything_that_people_do_is_in_the_log(world: World, tmp_path: Path) -> None:
    auditor, partner = Person.new(tmp_path, "auditor-2"), Person.new(tmp_path, "partner-2")
    world.enrol(auditor, "auditor")
    world.enrol(partner, "partner")
    case = world.report([("a.jpg", media.noise())], STATEMENT)["case"]
    denied = world.ask(case, partner=partner)
    world.as_custodian("deny", denied, "--reason", "not theirs")
    request = world.release(case, tmp_path / "bundle.zip", purpose="appeal", partner=partner)
    world.as_partner("download", request, "-o", tmp_path / "again.zip", partner=partner)
    world.as_custodian("review", case, "-o", tmp_path / "review")
    world.as_custodian("revoke", partner.name)
    world.as_custodian("revoke", auditor.name)
    events = world.events()
    of_case = [(event["type"], event["actor"]["id"]) for event in events if event["case"] == case]
    assert of_case[:3] == [("case.opened", "intake"), ("statement.sealed", "intake"), ("exhibit.sealed", "intake")]
    views = [each for each in of_case if each[0] in {"case.viewed", "exhibit.viewed"}]
    assert [each for each in of_case[3:] if each not in views] == [
        ("release.requested", "partner-2"),
        ("release.denied", "custodian"),
        ("release.requested", "partner-2"),
        ("release.approved", "custodian"),
        ("bundle.sealed", "vault"),
        *[("bundle.downloaded", "partner-2")] * 4,
    ]
    downloads = [event["detail"]["what"] for event in events if event["detail"].get("what") and event["case"] == case]
    assert downloads == ["answers", "content"] * 2
    assert set(views) == {("case.viewed", "custodian"), ("exhibit.viewed", "custodian")}
    names = [(event["type"], event["detail"].get("name")) for event in events]
    for kind, person in [("partner", "partner-2"), ("auditor", "auditor-2")]:
        assert (f"{kind}.enrolled", person) in names
        assert (f"{kind}.revoked", person) in names
    assert world.audit().code == 0


def test_a_download_that_breaks_off_is_in_the_log(world: World, released: Case) -> None:
    def downloads() -> int:
        return sum(event["type"] == "bundle.downloaded" for event in world.events())

    before = downloads()
    path = f"{world.address}/api/partner/requests/{released.request}/content"
    headers = {"Range": "bytes=0-9"}
    answer = httpx.get(path, headers=headers, auth=world.partner.auth, trust_env=False)
    assert (answer.status_code, len(answer.content)) == (206, 10)
    assert downloads() == before + 1


def test_an_auditor_s_reading_is_in_the_log(world: World) -> None:
    before = [event for event in world.events() if event["type"] == "events.read"]
    after = [event for event in world.events() if event["type"] == "events.read"]
    assert len(after) == len(before) + 1
    assert after[-1]["actor"] == {"role": "auditor", "id": "auditor"}


# What opens


def test_a_released_case_opens_and_holds_what_was_sent(opened: Opened, released: Case, tmp_path: Path) -> None:
    assert opened(released.bundle.read_bytes()).code == 0
    out = tmp_path / "out"
    assert (out / "statement-1.txt").read_text().endswith(f"\n\n{STATEMENT}")
    sums = dict(line.split("  ")[::-1] for line in (out / "SHA256SUMS").read_text().splitlines())
    found = {str(path.relative_to(out)): path for path in out.rglob("*") if path.is_file()}
    assert set(sums) == set(found) - {"SHA256SUMS"}
    assert all(
        hashlib.sha256(path.read_bytes()).hexdigest() == sums[name] for name, path in found.items() if name in sums
    )


def test_a_partner_with_a_classic_key_needs_stock_tools_only(world: World, tmp_path: Path) -> None:
    partner = Person.new(tmp_path, "classic", classic=True)
    world.enrol(partner, "partner")
    photo = media.noise()
    case = world.report([("a.jpg", photo)], STATEMENT)["case"]
    world.release(case, tmp_path / "bundle.zip", partner=partner)
    files = files_of(tmp_path / "bundle.zip")
    assert program_decrypt(files["data/E01/media.age"], partner.key) == photo
    assert program_decrypt(files["data/statement-1.txt.age"], partner.key).endswith(STATEMENT.encode())


def test_nobody_else_opens_it(world: World, released: Case, other: Person, tmp_path: Path) -> None:
    done = world.open(released.bundle, tmp_path / "out", partner=other)
    assert (done.code, failed(done).split()[0]) == (1, "key")
    assert not (tmp_path / "out").exists()


# Bits that were changed


def test_a_changed_byte_in_any_file_is_found(opened: Opened, released: Case) -> None:
    files = files_of(released.bundle)
    assert len(files) > 10
    for path in files:
        done = opened(zipped(released.request, {**files, path: flipped(files[path])}))
        assert "bag" in failed(done).split(), path


def test_a_changed_byte_is_found_behind_manifests_that_fit(opened: Opened, released: Case) -> None:
    files = files_of(released.bundle)
    for path in files:
        if path.startswith("data/"):
            for at in (100, len(files[path]) - 1):
                done = opened(zipped(released.request, made_good({**files, path: flipped(files[path], at)})))
                assert failed(done), path


def test_a_changed_byte_in_the_frame_of_the_zip_is_found(opened: Opened, released: Case) -> None:
    data = released.bundle.read_bytes()
    directory = data.index(b"PK\1\2")
    places = [*range(0, 60, 7), *range(directory, len(data), 97), *range(len(data) - 22, len(data), 3)]
    for at in places:
        assert failed(opened(flipped(data, at))), at


@pytest.mark.parametrize("change", ["shortened", "lengthened", "doubled", "empty"])
def test_a_bundle_of_another_length_is_refused(opened: Opened, released: Case, change: str) -> None:
    data = released.bundle.read_bytes()
    forged = {"shortened": data[:-1], "lengthened": data + b"\0", "doubled": data + data, "empty": b""}[change]
    assert failed(opened(forged)).startswith("archive")


def test_a_file_too_many_or_too_few_is_found(opened: Opened, released: Case) -> None:
    files = files_of(released.bundle)
    added = {**files, "data/E02/media.age": files["data/E01/media.age"]}
    assert "bag" in failed(opened(zipped(released.request, added)))
    assert failed(opened(zipped(released.request, made_good(added))))
    unknown = {**files, "data/E01/readme.exe": b"x"}
    assert "bag" in failed(opened(zipped(released.request, made_good(unknown))))
    for path in files:
        less = {name: data for name, data in files.items() if name != path}
        assert failed(opened(zipped(released.request, less))), path
        # The manifests are written anew, and the read-me is for people: without it everything can still be checked.
        if path not in {"manifest-sha256.txt", "tagmanifest-sha256.txt", "README.txt"}:
            assert failed(opened(zipped(released.request, made_good(less)))), path


def test_another_request_s_name_on_the_folder_is_found(opened: Opened, released: Case) -> None:
    forged = zipped("R-000000000000", files_of(released.bundle))
    assert "custody" in failed(opened(forged)).split()


def test_papers_of_another_bundle_do_not_fit(
    world: World, opened: Opened, released: Case, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bundle = tmp_path_factory.mktemp("second") / "bundle.zip"
    case = world.report([("a.jpg", media.noise())], STATEMENT)["case"]
    world.release(case, bundle)
    ours, theirs = files_of(released.bundle), files_of(bundle)
    for path in ours.keys() & theirs.keys():
        if ours[path] != theirs[path] and path.startswith("data/") and path != "data/report.html.age":
            done = opened(zipped(released.request, made_good({**ours, path: theirs[path]})))
            assert failed(done), path
