"""A witness as a process of its own: ours, or somebody else's."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from evidence.tlog.keys import VerifierKey
from tests.oracles import aics
from tests.paths import ROOT
from tests.service import free_port, succeed
from tests.witness.logs import Log


@dataclass
class WitnessProcess:
    """Where it answers, and with which keys. `stop` and `start` as often as wanted."""

    command: list[str]
    address: str
    vkeys: list[str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def keys(self) -> list[VerifierKey]:
        return [VerifierKey.parse(vkey) for vkey in self.vkeys]

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(self.address, trust_env=False)
                return
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process = None

    def submit(self, body: bytes) -> httpx.Response:
        return httpx.post(f"{self.address}/add-checkpoint", content=body, trust_env=False, timeout=30)


def add_log(folder: Path, log: Log | None = None, *, vkey: str = "", origin: str = "") -> None:
    """Have our witness in `folder` cosign a log."""
    words = ["--origin", origin] if origin else []
    succeed("witness", folder, "add", vkey or (log or Log()).signer.vkey, *words)


@contextlib.contextmanager
def ours(folder: Path, name: str = "example.com/witness") -> Iterator[WitnessProcess]:
    """`amparo witness`; it knows no log yet."""
    vkeys = succeed("witness", folder, "init", name).out.split("\n")[:2]
    port = free_port()
    command = [sys.executable, "-m", "api.cli.main", "witness", str(folder), "serve", "--port", str(port)]
    witness = WitnessProcess(command, f"http://127.0.0.1:{port}", vkeys)
    witness.start()
    try:
        yield witness
    finally:
        witness.kill()


@contextlib.contextmanager
def somebody_elses(folder: Path, origin: str, vkey: str) -> Iterator[WitnessProcess]:
    """`aics-witness`, for one log."""
    port, config = free_port(), folder / "witness.json"
    made = aics.run("aics-witness", "init", "-c", config, "--name", "other.example/w1", "--listen", f"127.0.0.1:{port}")
    assert made.returncode == 0, made.stderr
    added = aics.run("aics-witness", "add-log", "-c", config, "--origin", origin, "--vkey", vkey)
    assert added.returncode == 0, added.stderr
    command = [*aics.program("aics-witness"), "serve", "-c", str(config)]
    witness = WitnessProcess(command, f"http://127.0.0.1:{port}", [made.stdout.strip().split("\n")[0]])
    witness.start()
    try:
        yield witness
    finally:
        witness.kill()
