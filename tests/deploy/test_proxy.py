"""Uploads go through a real nginx with our file: they arrive, and nginx keeps nothing of them or of who sent them."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests import media
from tests.oracles import require
from tests.paths import ROOT
from tests.service import World
from tests.tus import Tus

pytestmark = pytest.mark.slow

CONFIGURATION: Final = ROOT / "deploy" / "proxy" / "nginx.conf"
PHOTO: Final = media.noise(1400)  # about 1.8 MB, more than any buffer of nginx
TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
AGENT: Final = "recognisable-agent/1.0"


@dataclass(frozen=True)
class Proxy:
    folder: Path
    address: str

    @property
    def kept(self) -> bytes:
        """Everything that nginx wrote."""
        files = [
            path for path in self.folder.rglob("*") if path.is_file() and path.suffix not in {".pem", ".conf", ".pid"}
        ]
        return b"".join(path.read_bytes() for path in files)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("world"))
    try:
        made.service.start()
        yield made
    finally:
        made.service.kill()


@pytest.fixture(scope="module")
def proxy(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx with our file; only places, ports and certificate are those of the test."""
    nginx = require.tool("nginx")
    folder = tmp_path_factory.mktemp("nginx")
    subject = ["-subj", "/CN=vault.example.org", "-days", "2", "-nodes", "-newkey", "rsa:2048"]
    made = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(["openssl", "req", "-x509", *subject, *made], check=True, capture_output=True)
    port = free_port()
    text = CONFIGURATION.read_text()
    for ours, here in (
        ("/etc/ssl/amparo/", f"{folder}/"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{free_port()}"),
        ("127.0.0.1:8000", f"127.0.0.1:{world.service.port}"),
        ("pid /run/nginx.pid", f"pid {folder}/nginx.pid"),
    ):
        assert text.count(ours) >= 1
        text = text.replace(ours, here)
    temporary = "".join(f"{name}_temp_path {folder}/{name};\n    " for name in TEMPORARY)
    (folder / "nginx.conf").write_text(text.replace("access_log off;", f"access_log off;\n    {temporary}", 1))
    with (folder / "said.txt").open("wb") as said:
        running = subprocess.Popen(
            [nginx, "-c", str(folder / "nginx.conf"), "-g", "daemon off;"], stdout=said, stderr=said
        )
        try:
            address = f"https://127.0.0.1:{port}"
            for _ in range(100):
                with contextlib.suppress(httpx.TransportError):
                    assert httpx.get(address + "/health", verify=False, trust_env=False).status_code == 200  # noqa: S501 - a certificate of this test
                    break
                time.sleep(0.1)
            for name in TEMPORARY:
                (folder / name).rmdir()  # now nothing can wait on disk: who tries answers with an error
            yield Proxy(folder, address)
        finally:
            running.terminate()
            running.wait(10)


def send(address: str) -> httpx.Response:
    files = {"files": ("at-home.jpg", PHOTO)}
    headers = {"Accept": "application/json", "User-Agent": AGENT}
    return httpx.post(address + "/report", files=files, headers=headers, verify=False, trust_env=False, timeout=60)  # noqa: S501 - a certificate of this test


def test_a_photo_arrives_and_nothing_of_it_is_kept_on_the_way(proxy: Proxy, world: World) -> None:
    answer = send(proxy.address)
    assert answer.status_code == 200, answer.text
    assert answer.json()["exhibits"][0]["outcome"] == "clean"
    kept = proxy.kept
    assert PHOTO[50_000:50_032] not in kept
    assert b"127.0.0.1" not in kept
    assert AGENT.encode() not in kept
    assert AGENT.encode() not in world.service.said.read_bytes()


def test_a_resumable_upload_goes_through(proxy: Proxy, world: World) -> None:
    opened = httpx.post(proxy.address + "/api/cases", json={}, verify=False, trust_env=False, timeout=60).json()  # noqa: S501 - a certificate of this test
    assert opened["uploads"].startswith("/uploads")
    tus = Tus(world.address, opened["receipt"], opened["case"])
    path = tus.begin(len(PHOTO))
    common = {"Tus-Resumable": "1.0.0", "Authorization": f"Receipt {tus.receipt}"}
    piece = {**common, "Content-Type": "application/offset+octet-stream"}
    with httpx.Client(base_url=proxy.address, verify=False, trust_env=False, timeout=60) as client:  # noqa: S501 - a certificate of this test
        for start in (0, len(PHOTO) // 2):
            half = PHOTO[start : start + (len(PHOTO) // 2 if start == 0 else len(PHOTO))]
            answer = client.patch(path, content=half, headers={**piece, "Upload-Offset": str(start)})
            assert answer.status_code == 204, answer.text
    assert len(tus.seen()["exhibits"]) == 1
    assert proxy.kept.count(PHOTO[50_000:50_032]) == 0


def test_an_outage_of_the_service_writes_no_address_anywhere(proxy: Proxy, world: World) -> None:
    world.service.kill()
    try:
        assert send(proxy.address).status_code == 502
    finally:
        world.service.start()
    assert b"127.0.0.1" not in proxy.kept
