"""Uploads go through a real nginx with our file: they arrive, and nginx keeps nothing of them or of who sent them."""

import contextlib
import ssl
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
from tests.oracles.tsa import openssl
from tests.paths import ROOT
from tests.service import JSON, World, free_port
from tests.tus import Tus

pytestmark = pytest.mark.slow

CONFIGURATION: Final = ROOT / "deploy" / "proxy" / "nginx.conf"
PHOTO: Final = media.noise(1400)  # about 1.8 MB, more than any buffer of nginx
CERTIFICATE: Final = "fullchain.pem"
TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
AGENT: Final = "recognisable-agent/1.0"


@dataclass(frozen=True)
class Proxy:
    folder: Path
    client: httpx.Client

    @property
    def kept(self) -> bytes:
        """Everything that nginx wrote."""
        files = [
            path for path in self.folder.rglob("*") if path.is_file() and path.suffix not in {".pem", ".conf", ".pid"}
        ]
        return b"".join(path.read_bytes() for path in files)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.started(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def proxy(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx with our file; only places, ports and certificate are those of the test."""
    nginx = require.tool("nginx")
    folder = tmp_path_factory.mktemp("nginx")
    subject = ["-subj", "/CN=vault.example.org", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    openssl(
        folder, "req", "-x509", *subject, "-nodes", "-newkey", "rsa:2048", "-keyout", "key.pem", "-out", CERTIFICATE
    )
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
    trusted = ssl.create_default_context(cafile=folder / CERTIFICATE)
    base = f"https://127.0.0.1:{port}"
    with (
        (folder / "said.txt").open("wb") as said,
        httpx.Client(base_url=base, verify=trusted, trust_env=False, timeout=60) as client,
    ):
        running = subprocess.Popen(
            [nginx, "-c", str(folder / "nginx.conf"), "-g", "daemon off;"], stdout=said, stderr=said
        )
        try:
            for _ in range(100):
                with contextlib.suppress(httpx.TransportError):
                    assert client.get("/health").status_code == 200
                    break
                time.sleep(0.1)
            for name in TEMPORARY:
                (folder / name).rmdir()  # now nothing can wait on disk: who tries answers with an error
            yield Proxy(folder, client)
        finally:
            running.terminate()
            running.wait(10)


def send(proxy: Proxy) -> httpx.Response:
    files = {"files": ("at-home.jpg", PHOTO)}
    return proxy.client.post("/report", files=files, headers={**JSON, "User-Agent": AGENT})


def test_a_photo_arrives_and_nothing_of_it_is_kept_on_the_way(proxy: Proxy, world: World) -> None:
    answer = send(proxy)
    assert answer.status_code == 200, answer.text
    assert answer.json()["exhibits"][0]["outcome"] == "clean"
    kept = proxy.kept
    assert PHOTO[50_000:50_032] not in kept
    assert b"127.0.0.1" not in kept
    assert AGENT.encode() not in kept
    assert AGENT.encode() not in world.service.said.read_bytes()


def test_a_resumable_upload_goes_through(proxy: Proxy, world: World) -> None:
    opened = proxy.client.post("/api/cases", json={}).json()
    assert opened["uploads"].startswith("/uploads")
    tus = Tus(world.address, opened["receipt"], opened["case"])
    path = tus.begin(len(PHOTO))
    common = {"Tus-Resumable": "1.0.0", "Authorization": f"Receipt {tus.receipt}"}
    piece = {**common, "Content-Type": "application/offset+octet-stream"}
    middle = len(PHOTO) // 2
    for start, half in ((0, PHOTO[:middle]), (middle, PHOTO[middle:])):
        answer = proxy.client.patch(path, content=half, headers={**piece, "Upload-Offset": str(start)})
        assert answer.status_code == 204, answer.text
    assert len(tus.seen()["exhibits"]) == 1
    assert proxy.kept.count(PHOTO[50_000:50_032]) == 0


def test_an_outage_of_the_service_writes_no_address_anywhere(proxy: Proxy, world: World) -> None:
    world.service.kill()
    try:
        assert send(proxy).status_code == 502
    finally:
        world.service.start()
    assert b"127.0.0.1" not in proxy.kept
