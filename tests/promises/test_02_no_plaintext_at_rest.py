"""Nothing that a source sends is on a disk in clear, while it arrives, after it is sealed, or after any crash.

Looked for: every run of 64 bytes of the files, the known places in every spelling, file names, the statement's words,
the receipt, and what a browser tells of itself. Looked in: everything under the vault's folder (store, database and its
journal, spool), or in its bucket and on the disk of its database's server; files without a name that the process holds
open, its folder for temporary files, and what it prints.
"""

import base64
import contextlib
import hashlib
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests import media
from tests.service import World
from tests.traces import files, runs, spellings, words
from tests.tus import OCTETS, Tus

pytestmark = pytest.mark.slow

MIB: Final = 1 << 20
BOUNDARY: Final = "a-boundary-of-this-test"


@dataclass(frozen=True)
class Sent:
    """A report and all that must leave no trace of it."""

    answer: Any
    plaintexts: list[bytes]
    words: list[bytes]


@pytest.fixture(scope="module")
def sent(world: World) -> Sent:
    """Photos and videos with known places, and one photo of noise with a long comment, under telling names."""
    canary = secrets.token_hex(8)
    contents = [media.real(name) for name in media.PLACES] + [media.noise(600, secrets.token_hex(30_000).encode())]
    named = [(f"{canary}-at-home-{number}.jpg", data) for number, data in enumerate(contents)]
    statement = f"the officer {canary}-statement hit her near the station"
    browser = {
        "User-Agent": f"{canary}-agent",
        "Referer": f"http://{canary}-referer.invalid/",
        "Accept-Language": f"x-{canary}",
        "X-Forwarded-For": "203.0.113.77",
        "Cookie": f"{canary}-cookie=1",
    }
    answer = world.report(named, statement, keep_place=True, headers=browser)
    assert len(answer["exhibits"]) == 4
    receipt = str(answer["receipt"])
    again = world.report([("second.jpg", media.noise())], receipt=receipt, headers=browser)
    assert again["case"] == answer["case"]
    fours = [receipt[at : at + 4] for at in range(0, 16, 4)]
    told = [canary, "203.0.113.77", "near the station", receipt, " ".join(fours), "-".join(fours)]
    places = [spelt for place in media.PLACES.values() for spelt in spellings(*place)]
    return Sent(answer, contents, [each.encode() for each in told] + places)


def test_no_word_or_place_is_in_any_file_of_the_vault(world: World, sent: Sent, tmp_path: Path) -> None:
    assert words([*files([world.vault]), *world.elsewhere(tmp_path)], sent.words) == []


def test_no_run_of_a_file_is_in_any_file_of_the_vault(world: World, sent: Sent, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.write_bytes(b"?" * 17 + sent.plaintexts[0][5000:5064])
    assert runs([planted], sent.plaintexts) == [str(planted)]  # the search itself works
    assert runs([*files([world.vault]), *world.elsewhere(tmp_path)], sent.plaintexts) == []


def test_the_plain_hash_of_an_original_is_nowhere(world: World, sent: Sent, tmp_path: Path) -> None:
    # It would let anybody who has the redacted file try places until the hash fits.
    digests = [hashlib.sha256(each) for each in sent.plaintexts[:3]]
    needles = [digest.digest() for digest in digests] + [digest.hexdigest().encode() for digest in digests]
    assert words([*files([world.vault]), *world.elsewhere(tmp_path)], needles) == []


def test_the_service_says_nothing_of_what_it_was_sent(world: World, sent: Sent) -> None:
    world.report([("x.jpg", media.noise())], "once more")
    said = world.service.said.read_text().splitlines()
    assert all(line.startswith("amparo serves ") for line in said)
    assert words([world.service.said], [*sent.words, b"127.0.0.1 ", b"GET", b"POST", b"/report"]) == []


@pytest.mark.parametrize("moment", ["half-way", "killed"])
def test_an_upload_that_is_under_way_leaves_no_trace(world: World, moment: str) -> None:
    began, name = time.time(), f"under-way-{secrets.token_hex(8)}.jpg"
    photo = media.noise(32) + secrets.token_bytes(24 * MIB)
    with _half_sent(world, name, photo, 20 * MIB):
        held = _open_files(world.service.pid)
        assert any(str(world.vault) in str(entry.readlink()) for entry in held), "the spool is in use"
        if moment == "half-way":
            assert runs(held, [photo[:MIB]]) == []
        else:
            world.service.kill()
        places = [*files([world.vault]), world.service.said, *files([world.service.temporary]), *_new_elsewhere(began)]
        assert runs(places, [photo[:MIB]]) == []
        assert words(places, [name.encode()]) == []
    if moment == "killed":
        assert list((world.vault / "spool").iterdir()) == []
        world.service.start()


@pytest.mark.parametrize("moment", ["waiting", "under way", "killed", "sealed"])
def test_a_resumable_upload_leaves_no_trace(world: World, moment: str, tmp_path: Path) -> None:
    tus, began, name = Tus.case_at(world.address), time.time(), f"resumed-{secrets.token_hex(8)}.jpg"
    photo = media.noise(1500)
    path, half = tus.begin(len(photo), filename=name), len(photo) // 2
    tus.patch(path, 0, photo[:half])
    if moment in {"under way", "killed"}:
        with _hanging(tus, path, photo, half):
            _wait_until_stored(tus, half + 100_000)
            held = _open_files(world.service.pid)
            if moment == "killed":
                world.service.kill()
            assert runs(held, [photo[: MIB // 2]]) == []
    elif moment == "sealed":
        assert tus.patch(path, half, photo[half:]).headers["amparo-exhibit"]
    places = [*files([world.vault]), world.service.said, *files([world.service.temporary]), *_new_elsewhere(began)]
    places += world.elsewhere(tmp_path)
    assert runs(places, [photo[:MIB]]) == []
    secret = path.rsplit("/", 1)[-1].encode()
    fours = " ".join(tus.receipt[at : at + 4] for at in range(0, 16, 4))
    raw = base64.urlsafe_b64decode(secret + b"=")
    told = [name.encode(), tus.receipt.encode(), fours.encode(), secret, raw, raw.hex().encode()]
    assert words(places, told) == []
    if moment == "killed":
        world.service.start()


@contextlib.contextmanager
def _hanging(tus: Tus, path: str, photo: bytes, offset: int) -> Iterator[None]:
    """A request that goes on with an upload, and stops before its end."""
    host, port = tus.address.removeprefix("http://").split(":")
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: {host}:{port}\r\nTus-Resumable: 1.0.0\r\nContent-Type: {OCTETS}\r\n"
        f"Authorization: Receipt {tus.receipt}\r\nUpload-Offset: {offset}\r\nContent-Length: {len(photo) - offset}\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"{head}\r\n".encode() + photo[offset:-1000])
        yield


def _wait_until_stored(tus: Tus, size: int) -> None:
    deadline = time.monotonic() + 30
    while tus.seen()["uploads"][0]["offset"] < size and time.monotonic() < deadline:
        time.sleep(0.1)
    assert tus.seen()["uploads"][0]["offset"] >= size


@contextlib.contextmanager
def _half_sent(world: World, name: str, photo: bytes, half: int) -> Iterator[None]:
    """A report of which the service has read the first part; the connection stays open meanwhile."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    length = len(head) + len(photo) + len(tail)
    request = (
        f"POST /report HTTP/1.1\r\nHost: 127.0.0.1:{world.service.port}\r\nContent-Length: {length}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", world.service.port)) as connection:
        connection.sendall(request + head + photo[:half])
        _wait_until_spooled(world, half // 2)
        yield


def _wait_until_spooled(world: World, size: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for entry in _open_files(world.service.pid):
            with contextlib.suppress(OSError):
                if "spool" in str(entry.readlink()) and entry.stat().st_size >= size:
                    return
        time.sleep(0.05)
    raise AssertionError("the service does not read")


def _open_files(pid: int) -> list[Path]:
    """What the process holds open, nameless files too; sockets and pipes apart."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if entry.is_file():
                found.append(entry)
    return found


def _new_elsewhere(since: float) -> Iterator[Path]:
    """Files at the top of the folders where programs leave what they should not, since a moment (Unix time)."""
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 - looked at, not used
        for path in Path(folder).iterdir():
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_mtime >= since - 1 and path.stat().st_size < 64 * MIB:
                    yield path
