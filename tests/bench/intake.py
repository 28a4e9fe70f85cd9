"""Intake throughput: a large MP4 through `POST /report` of a real service, against the ceiling of its primitives.

Baseline: SHA-256 three times and ChaCha20-Poly1305 once over the same bytes, in one thread, from memory.
"""

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from api.cli.main import main as amparo
from tests.oracles.require import tool

MIB = 1 << 20


def measure(folder: Path, mib: int) -> None:
    """Print one table."""
    video = large_video(folder, mib)
    size = video.stat().st_size
    ceiling = _ceiling(video)
    with running(folder) as (address, process):
        start = time.perf_counter()
        send(address, video)
        took = time.perf_counter() - start
        peak = _peak_kib(process)
    rate = size / MIB / took
    print("| intake | bytes | seconds | MiB/s | ceiling MiB/s | ratio to the ceiling | peak memory of the service |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| MP4 through POST /report | {size} | {took:.2f} | {rate:.0f} | {ceiling:.0f} | {rate / ceiling:.2f}"
        f" | {peak // 1024} MiB |\n"
    )


def large_video(folder: Path, mib: int) -> Path:
    """An MP4 of about `mib` MiB with a position in it: frames of noise, repeated."""
    ffmpeg = tool("ffmpeg")
    piece, listing, video = folder / "piece.mp4", folder / "list.txt", folder / "large.mp4"
    noise = "nullsrc=s=1920x1080,geq=random(1)*255:128:128"
    common = [ffmpeg, "-v", "error", "-y"]
    subprocess.run(
        [*common, "-f", "lavfi", "-i", noise, "-frames:v", "8", "-c:v", "mjpeg", "-q:v", "1", piece], check=True
    )
    listing.write_text("file piece.mp4\n" * max(1, mib * MIB // piece.stat().st_size))
    place = ["-metadata", "location=+52.2097-000.8955/"]
    subprocess.run([*common, "-f", "concat", "-i", listing, "-c", "copy", *place, video], check=True)
    return video


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A new vault in `folder` and the service over it: its address and process."""
    for words in (
        ["keygen", "custodian", "-o", str(folder / "custodian.key")],
        ["init", str(folder / "vault"), "--custodian", str(folder / "custodian.key.pub")],
    ):
        if amparo(words) != 0:
            raise RuntimeError("the vault could not be made")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "api.cli.main", "serve", str(folder / "vault"), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                if httpx.get(f"{address}/health", trust_env=False).is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        process.wait()


def send(address: str, video: Path) -> None:
    """Send one file as the page does."""
    with video.open("rb") as file:
        answer = httpx.post(
            f"{address}/report",
            files={"files": ("video.mp4", file)},
            headers={"Accept": "application/json"},
            timeout=600,
            trust_env=False,
        )
    answer.raise_for_status()


def _ceiling(video: Path) -> float:
    """MiB/s of the baseline; the file is read once before, so that both sides find it in the page cache."""
    chunks = [chunk for chunk in _read(video) if chunk]
    cipher, digests = ChaCha20Poly1305(os.urandom(32)), [hashlib.sha256() for _ in range(3)]
    start = time.perf_counter()
    for number, chunk in enumerate(chunks):
        for digest in digests:
            digest.update(chunk)
        cipher.encrypt(number.to_bytes(12, "big"), chunk, None)
    return sum(map(len, chunks)) / MIB / (time.perf_counter() - start)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(64 * 1024):
            yield chunk


def _peak_kib(process: "subprocess.Popen[bytes]") -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
