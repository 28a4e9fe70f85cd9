"""A real PostgreSQL server on loopback, for as long as the tests run."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.oracles.require import missing
from tests.service import free_port

_DEBIAN: Final = Path("/usr/lib/postgresql")  # programs of the server are not on the PATH there
_SECONDS: Final = 60.0


@dataclass
class Server:
    """One cluster with its server. Its only user is `amparo`, without a password."""

    folder: Path
    port: int
    programs: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = ["-k", str(self.folder), "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        with (self.folder / "said").open("ab") as said:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *options],
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                **_as_user(),
            )
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self.folder / "said").read_text()
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: end every session and stop; SIGKILL and SIGQUIT: as in a crash."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    @contextlib.contextmanager
    def follower(self) -> Iterator["Server"]:
        """A second server that has every commit before its client hears of it, and may take over (`promote`)."""
        folder = Path(tempfile.mkdtemp(prefix="pg-"))
        try:
            if os.geteuid() == 0:
                shutil.chown(folder, "postgres", "postgres")
            source = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "amparo"]
            copying = ["-D", str(folder / "data"), "-R", "-X", "stream", "-c", "fast"]
            subprocess.run(
                [self.programs / "pg_basebackup", *source, *copying], check=True, cwd=folder, timeout=120, **_as_user()
            )
            follower = Server(folder, free_port(), self.programs)
            follower.start()
            with self.connect("postgres") as connection:
                connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
                connection.execute("SELECT pg_reload_conf()")
            try:
                yield follower
            finally:
                follower.stop(signal.SIGQUIT)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def promote(self) -> None:
        """Follow no more: from here on this server is the one that is written to."""
        with self.connect("postgres") as connection:
            connection.execute("SELECT pg_promote()")

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"vault_{secrets.token_hex(6)}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://amparo@127.0.0.1:{self.port}/{name}"

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """A stock connection, to look behind the back of what is tested."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="amparo", dbname=database, autocommit=True, connect_timeout=5
        )


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A new cluster with a started server (about 3 s); skips where PostgreSQL is not installed."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: its socket lies there
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", "amparo", "-A", "trust", "-E", "UTF8", "--locale=C"],
            check=True,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            timeout=120,
            **_as_user(),
        )
        server = Server(folder, free_port(), programs)
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)  # at once: nobody needs what it would still write
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(_DEBIAN.glob("*/bin"), key=lambda each: int(each.parent.name), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return missing("the PostgreSQL server")


def _as_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
