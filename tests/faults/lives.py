"""`amparo serve` that lives many times: each life is forked from a process that has loaded the program once.

Run as `python -m tests.faults.lives DIR PORT COUNTERS TRACE`. Each line on its standard input begins a life, whose
process it names on its standard output; when that life is over it says how.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.cli import serve
from api.cli.main import main
from api.cli.memory import private_environment
from tests.faults.steps import Counters, Steps
from tests.paths import ROOT
from tests.service import START_SECONDS, Service, free_port
from vault.instance import Vault

POLL_SECONDS: Final = 0.01
_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT


@dataclass
class Lives(Service):
    """Takes the place of a `Service`; `doomed` says at which step the next life, or the one under way, ends."""

    origin: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    life: int = 0

    @property
    def trace(self) -> Path:
        """Where every step is written, the deadly ones after an exclamation mark."""
        return self.said.with_name("steps.txt")

    @property
    def counters(self) -> Counters:
        return Counters(self.said.with_name("counters"))

    @property
    def pid(self) -> int:
        return self.life

    @property
    def alive(self) -> bool:
        """Whether the life that was begun last goes on."""
        if self.life:
            with contextlib.suppress(OSError):
                stat = Path(f"/proc/{self.life}/stat").read_text()
                return stat.rpartition(")")[2].split()[0] not in "ZX"
        return False

    def start(self, *, healthy: bool = True) -> None:
        """Begin a life, and wait until it answers, or is over because it was doomed."""
        self.port = self.port or free_port()
        if self.origin is None:
            self._begin()
        assert self.origin is not None
        assert self.origin.stdin is not None
        assert self.origin.stdout is not None
        self.origin.stdin.write(b"live\n")
        self.origin.stdin.flush()
        self.life = int(self.origin.stdout.readline())
        deadline = time.monotonic() + START_SECONDS
        while self.alive:
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(self.address + "/health", trust_env=False)
                if answer.is_success or not healthy:
                    return
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(POLL_SECONDS)
        self._over()

    def _begin(self) -> None:
        self.temporary.mkdir(exist_ok=True)
        words = [str(self.vault), str(self.port), str(self.said.with_name("counters")), str(self.trace)]
        with self.said.open("ab") as said:
            self.origin = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.lives", *words],
                cwd=ROOT,
                env={**private_environment(), "TMPDIR": str(self.temporary)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
            )

    def wait(self, seconds: float) -> bool:
        """Whether the life is over within that time."""
        deadline = time.monotonic() + seconds
        while self.alive and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if self.alive:
            return False
        self._over()
        return True

    def _end(self, number: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.life, number)
        if self.life:
            assert self.wait(60), "it does not end"

    def _over(self) -> None:
        if self.life:
            assert self.origin is not None
            assert self.origin.stdout is not None
            assert self.origin.stdout.readline().startswith(b"over")
            self.life = 0

    def close(self) -> None:
        """End the life and the process that gives it."""
        self.kill()
        if self.origin is not None:
            self.origin.kill()
            self.origin.communicate()
            self.origin = None


def run(folder: str, port: str, counters: str, trace: str) -> None:
    """What the process does that lives are forked from."""
    for _ in sys.stdin:
        life = os.fork()
        if life == 0:
            os.dup2(2, 1)
            _serve(folder, port, Steps(Counters(Path(counters)), os.open(trace, _APPEND, 0o600)))
        sys.stdout.write(f"{life}\n")
        sys.stdout.flush()
        _, status = os.waitpid(life, 0)
        sys.stdout.write(f"over {status}\n")
        sys.stdout.flush()


def _serve(folder: str, port: str, steps: Steps) -> NoReturn:

    def stepping(vault: Vault) -> FastAPI:
        app = create_app(vault)
        app.add_middleware(steps.answering)
        return app

    steps.install()
    setattr(serve, "create_app", stepping)  # noqa: B010 -- not one of the names that the module gives away
    os._exit(main(["serve", folder, "--port", port]))


if __name__ == "__main__":
    run(*sys.argv[1:])
