"""A real Ceph with its S3 gateway on loopback, for as long as the tests run."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from minio import Minio

from tests.oracles.require import folder, tool
from tests.paths import SHARED

BUCKET: Final = "evidence"
_PROGRAMS: Final = ("ceph-mon", "ceph-mgr", "ceph-osd", "ceph", "radosgw", "radosgw-admin")


@dataclass(frozen=True)
class Gateway:
    """Where it listens and lies, and the keys of its one user; `BUCKET` exists."""

    host: str
    folder: Path
    access_key: str
    secret_key: str = field(repr=False)

    def client(self) -> Minio:
        """A stock client, to look at the store behind the back of what is tested."""
        return Minio(self.host, self.access_key, self.secret_key, secure=False, region="us-east-1")

    def url(self, prefix: str = "", bucket: str = BUCKET) -> str:
        """What the settings would say."""
        return f"s3://{bucket}/{prefix}?endpoint=http://{self.host}"

    def new_user(self, name: str) -> "Gateway":
        """The same gateway for another user, who may do nothing yet."""
        made = replace(self, access_key=f"{name}-access", secret_key=f"{name}-secret")
        keys = ["--access-key", made.access_key, "--secret-key", made.secret_key]
        command = ["radosgw-admin", "-c", str(self.folder / "ceph.conf"), "-n", "client.rgw", "user", "create"]
        subprocess.run(
            [*command, "--uid", name, "--display-name", name, *keys],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
        return made

    def storage_node(self, number: int) -> int:
        """The process that keeps a part of the objects; with three of them each is kept twice."""
        return int((self.folder / "run" / f"osd.{number}.pid").read_text())


@contextlib.contextmanager
def running(osds: int = 1) -> Iterator[Gateway]:
    """Start (about 15 s) and stop it; skips where Ceph is not installed."""
    for program in _PROGRAMS:
        tool(program)
    services = folder(SHARED / "services")
    where = Path(tempfile.mkdtemp(prefix="ceph-"))  # short: Ceph's sockets lie below it
    try:
        port = _free_port()
        said_file = where / "said"
        # To a file: the daemons inherit the output, so a pipe would not end before they do.
        with said_file.open("wb") as output:
            command = [str(services / "ceph-up"), str(where), str(osds), str(port)]
            environment = _prompt_gateway(where, port)
            subprocess.run(command, check=True, stdout=output, stderr=output, timeout=200, env=environment)
        said = dict(line.split("=", 1) for line in said_file.read_text().splitlines())
        gateway = Gateway(f"127.0.0.1:{port}", where, said["S3_ACCESS_KEY"], said["S3_SECRET_KEY"])
        gateway.client().make_bucket(BUCKET)
        yield gateway
    finally:
        for pid_file in (where / "run").glob("*.pid"):  # at once: nobody needs what they would still write
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.kill(int(pid_file.read_text()), signal.SIGKILL)
        shutil.rmtree(where, ignore_errors=True)


def _prompt_gateway(where: Path, port: int) -> dict[str, str]:
    """The environment in which the gateway answers without Nagle's algorithm, which holds small bodies for 40 ms."""
    frontend = f"beast endpoint=127.0.0.1:{port} tcp_nodelay=1"
    program = where / "programs" / "radosgw"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {tool("radosgw")} "$@" --rgw-frontends "{frontend}"\n')
    program.chmod(0o700)
    return {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}


def _free_port() -> int:
    """A port of which port + 20000 and + 20001 (the monitor's) are free too."""
    for port in range(9400, 9999, 7):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for number in (port, port + 20000, port + 20001):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", number))
            return port
    raise RuntimeError("no free port for Ceph")
