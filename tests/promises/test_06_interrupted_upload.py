"""When an upload breaks off, what arrived is in the vault, sealed to the custodians.

It is whole as far as it came, and playable as far as its format allows.

Films are made by ffmpeg as phones and browsers make them; they are sent to about 60 %, then nobody comes back.
"""

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests import media
from tests.oracles import ffmpeg
from tests.oracles.age import program_decrypt
from tests.oracles.require import tool
from tests.service import World, amparo, succeed
from tests.tus import Tus

pytestmark = pytest.mark.slow
SECONDS: Final = 4
FILMS: Final[dict[str, tuple[str, list[str]]]] = {
    "streamed": (".mp4", ["-c:v", "libx264", "-g", "10", "-movflags", "frag_keyframe+empty_moov+default_base_moof"]),
    "recorded": (".webm", ["-c:v", "libvpx", "-g", "10", "-deadline", "realtime", "-live", "1"]),
    "index first": (".mp4", ["-c:v", "libx264", "-g", "10", "-movflags", "faststart"]),
    "index last": (".mp4", ["-c:v", "libx264", "-g", "10"]),
}
PLAYABLE: Final = ("streamed", "recorded", "index first")


@dataclass(frozen=True)
class Sent:
    """A film of which the first `arrived` bytes were sent to a case of its own."""

    film: bytes
    arrived: int
    extension: str
    tus: Tus
    path: str

    @property
    def part(self) -> bytes:
        return self.film[: self.arrived]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A vault that waits some seconds only, with a custodian whose key every version of age takes."""
    made = World.make(tmp_path_factory.mktemp("world"), classic=True)
    settings = made.vault / "vault.toml"
    lines = [line for line in settings.read_text().splitlines() if "_seconds" not in line]
    settings.write_text("\n".join([*lines, f"upload_seconds = {SECONDS}", f"live_seconds = {SECONDS}", ""]))
    try:
        made.service.start()
        made.enrol(made.partner, "partner")
        made.enrol(made.auditor, "auditor")
        yield made
    finally:
        made.service.kill()


@pytest.fixture(scope="module")
def sent(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sent]:
    """Every film, sent to 60 % in several parts, and the time for each run out."""
    folder, all_sent = tmp_path_factory.mktemp("films"), {}
    for name, (extension, options) in FILMS.items():
        film = _film(folder / f"{name}{extension}", options)
        arrived = len(film) * 6 // 10
        tus = Tus.case_at(world.address, statement=f"It is {name}.")
        live = name == "recorded"
        path = tus.begin(None, channel="live") if live else tus.begin(len(film))
        for start in range(0, arrived, 1 + arrived // 3):
            assert tus.patch(path, start, film[start : min(arrived, start + 1 + arrived // 3)]).status_code == 204
        all_sent[name] = Sent(film, arrived, extension, tus, path)
    for each in all_sent.values():
        _wait(each.tus)
    return all_sent


def _film(path: Path, options: list[str]) -> bytes:
    source = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=20:d=6,noise=alls=60:allf=t"]
    command = [tool("ffmpeg"), "-v", "error", *source, "-pix_fmt", "yuv420p", *options, str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def _wait(tus: Tus) -> list[Any]:
    """The exhibits of a case, once no upload is under way any more."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        seen = tus.seen()
        if not seen["uploads"]:
            return list(seen["exhibits"])
        time.sleep(0.2)
    raise AssertionError("the upload is still under way")


@pytest.mark.parametrize("name", FILMS)
def test_the_receipt_shows_what_arrived(sent: dict[str, Sent], name: str) -> None:
    (exhibit,) = sent[name].tus.seen()["exhibits"]
    assert (exhibit["outcome"], exhibit["bytes"], exhibit["number"]) == ("interrupted", sent[name].arrived, 1)
    assert sent[name].tus.head(sent[name].path).status_code in {404, 410}


@pytest.mark.parametrize("name", FILMS)
def test_a_custodian_gets_it_and_it_plays_as_far_as_it_goes(
    world: World, sent: dict[str, Sent], tmp_path: Path, name: str
) -> None:
    film = sent[name]
    done = world.as_custodian("review", film.tus.case, "-o", tmp_path / "case")
    part = tmp_path / "case" / f"E01{film.extension}"
    assert part.read_bytes() == film.part
    assert "never arrived whole" in done.out
    if name in PLAYABLE:
        whole = tmp_path / f"whole{film.extension}"
        whole.write_bytes(film.film)
        played, all_of_it = _pictures(part), _pictures(whole)
        assert played[:-2] == all_of_it[: len(played) - 2]  # the picture at the cut may be damaged
        assert len(played) >= len(all_of_it) * 4 // 10


def _pictures(path: Path) -> list[str]:
    """MD5 of every picture that ffmpeg can decode; it goes on as far as it can."""
    command = [tool("ffmpeg"), "-v", "quiet", "-i", str(path), "-map", "0:v", "-f", "framemd5", "-"]
    shown = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL).stdout.decode()
    return [line.split(",")[-1].strip() for line in shown.splitlines() if not line.startswith("#")]


def test_stock_age_opens_every_piece(world: World, sent: dict[str, Sent], tmp_path: Path) -> None:
    film = sent["streamed"]
    world.as_custodian("review", film.tus.case, "-o", tmp_path / "case")
    record = (tmp_path / "case" / "E01.record.json").read_text()
    sizes = [int(size) for size in record.partition('"pieces":[')[2].partition("]")[0].split(",")]
    folder = world.vault / "store" / "exhibits" / film.tus.seen()["exhibits"][0]["exhibit"]
    header, payload = (folder / "media.header").read_bytes(), (folder / "media.payload").read_bytes()
    opened, at = b"", 0
    for size in sizes:
        sealed = 16 + size + 16 * -(-size // 65536)
        opened += program_decrypt(header + payload[at : at + sealed], world.custodian.key)
        at += sealed
    assert at == len(payload)
    assert opened == film.part


def test_nothing_of_it_waits_any_more(world: World, sent: dict[str, Sent]) -> None:
    assert sent
    assert [path for path in (world.vault / "store").rglob("staging/*/*") if path.is_file()] == []


def test_it_is_not_released(world: World, sent: dict[str, Sent], tmp_path: Path) -> None:
    tus = sent["index first"].tus
    done = world.as_custodian("approve", world.ask(tus.case), "--include-unstripped", "--with-place")
    assert "not released, it never arrived whole" in done.out
    world.release(tus.case, tmp_path / "bundle.zip", purpose="a second look")
    assert world.open(tmp_path / "bundle.zip", tmp_path / "open").code == 0
    names = {path.name for path in (tmp_path / "open").iterdir()}
    assert not any(name.startswith("E01") for name in names)


def test_fixity_audit_and_rebuild_know_it(world: World, sent: dict[str, Sent]) -> None:
    before = {name: each.tus.seen() for name, each in sent.items()}
    done = amparo("fixity", world.vault)
    assert done.code == 0, done.out + done.err
    assert world.audit().code == 0
    world.service.stop()
    succeed("rebuild", world.vault)
    world.service.start()
    assert {name: each.tus.seen() for name, each in sent.items()} == before
    assert amparo("fixity", world.vault).code == 0


def test_fixity_finds_a_changed_byte_in_it(world: World, sent: dict[str, Sent]) -> None:
    exhibit = sent["index last"].tus.seen()["exhibits"][0]["exhibit"]
    payload = world.vault / "store" / "exhibits" / exhibit / "media.payload"
    good = payload.read_bytes()
    payload.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    try:
        assert amparo("fixity", world.vault).code == 1
    finally:
        payload.write_bytes(good)


def test_what_was_acknowledged_survives_a_kill_and_what_arrived_before_a_cut_is_kept(world: World) -> None:
    tus, data = Tus.case_at(world.address), _jpeg(3_000_000)
    path = tus.begin(len(data))
    tus.patch(path, 0, data[:1_000_000])
    world.service.kill()
    world.service.start()
    tus = Tus(world.address, tus.receipt, tus.case)
    assert tus.offset(path) == 1_000_000
    with pytest.raises(_Smashed):
        tus.patch(path, 1_000_000, _smashing(data[1_000_000:2_000_000]))
    (exhibit,) = _wait(tus)
    assert (exhibit["outcome"], exhibit["bytes"]) == ("interrupted", 2_000_000)


def test_an_upload_survives_the_loss_of_the_database(world: World) -> None:
    tus, data = Tus.case_at(world.address), media.noise(600)
    path, half = tus.begin(len(data)), len(data) // 2
    tus.patch(path, 0, data[:half])
    world.service.stop()
    succeed("rebuild", world.vault)
    world.service.start()
    tus = Tus(world.address, tus.receipt, tus.case)
    deadline = time.monotonic() + 20
    while tus.head(path).status_code == 404 and time.monotonic() < deadline:
        time.sleep(0.1)  # until the first sweep has found it
    assert tus.patch(path, half, data[half:]).headers["amparo-exhibit"] == "1"
    assert tus.seen()["exhibits"][0]["sha256"] == hashlib.sha256(data).hexdigest()


def test_withdrawal_takes_it_back(world: World) -> None:
    tus, data = Tus.case_at(world.address), _jpeg(100_000)
    tus.patch(tus.begin(len(data)), 0, data[:60_000])
    (exhibit,) = _wait(tus)
    body = b'{"exhibits": [1]}'
    answer = tus.send("POST", "/api/receipt/withdraw", {"Content-Type": "application/json"}, body)
    assert answer.status_code == 200
    assert tus.seen()["exhibits"] == []
    assert not (world.vault / "store" / "exhibits" / exhibit["exhibit"] / "media.header").exists()


def test_an_upload_of_which_nothing_came_leaves_nothing(world: World) -> None:
    tus = Tus.case_at(world.address)
    tus.begin(1000)
    assert _wait(tus) == []


class _Smashed(Exception):
    """The phone is gone."""


def _smashing(data: bytes) -> Iterator[bytes]:
    yield data
    time.sleep(0.5)
    raise _Smashed


def _jpeg(size: int) -> bytes:
    """The smallest picture, with noise behind it."""
    picture = media.noise()
    return picture + os.urandom(size - len(picture))


def test_the_oracle_plays(tmp_path: Path) -> None:
    """The comparison above can fail: a film cut in half plays half."""
    film = _film(tmp_path / "a.mp4", FILMS["streamed"][1])
    (tmp_path / "b.mp4").write_bytes(film[: len(film) // 2])
    assert 0 < len(_pictures(tmp_path / "b.mp4")) < len(_pictures(tmp_path / "a.mp4"))
    assert ffmpeg.streams(tmp_path / "a.mp4") == [("video", "h264")]
