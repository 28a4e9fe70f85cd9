"""A real vault with its people, and its real service as a process of its own, for tests that look from outside.

`World.make` makes the keys and the vault with the commands that people use; `World.serve` starts `amparo serve` on a
free port. Everything lies under one folder; `Service.vault` is all that the server owns.
"""

import contextlib
import io
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.cli.keys import load_identity, load_public
from api.cli.main import main
from api.cli.memory import private_environment
from api.cli.vaults import credentials
from api.client import Client, Signature
from evidence.identity import PublicLine, signing_key
from evidence.trust import Trust
from tests.paths import ROOT
from tests.traces import files
from vault.age.identities import KeyIdentity
from vault.instance import open_vault

ORIGIN: Final = "vault.invalid/log"
JSON: Final = {"Accept": "application/json"}
START_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Done:
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def amparo(*words: str | Path) -> Done:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(word) for word in words])
    return Done(code, out.getvalue(), err.getvalue())


def succeed(*words: str | Path) -> Done:
    """Run a command that must exit 0."""
    done = amparo(*words)
    assert done.code == 0, done.err
    return done


@dataclass(frozen=True)
class Person:
    """Somebody with a key file."""

    name: str
    key: Path

    @classmethod
    def new(cls, folder: Path, name: str, *, classic: bool = False) -> "Person":
        key = folder / f"{name}.key"
        succeed("keygen", name, "-o", key, *(["--classic"] if classic else []))
        return cls(name, key)

    @property
    def public(self) -> Path:
        return self.key.with_name(self.key.name + ".pub")

    @property
    def line(self) -> PublicLine:
        return load_public(self.public)

    @property
    def identity(self) -> KeyIdentity:
        return load_identity(self.key)[0]

    @property
    def signing_key(self) -> Ed25519PrivateKey:
        return signing_key(self.identity.secret)

    @property
    def auth(self) -> httpx.Auth:
        """Signs requests as this person."""
        return Signature(self.line, self.signing_key)


@dataclass
class Service:
    """`amparo serve` as a process. `said` is where its standard output and error go, outside the vault's folder.

    `launcher` is the module that is run, with what it takes before the command.
    """

    vault: Path
    said: Path
    port: int = 0
    workers: int = 1
    launcher: tuple[str, ...] = ("api.cli.main",)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def temporary(self) -> Path:
        """The folder that the process is told to use for temporary files."""
        return self.said.with_name("temporary")

    def start(self, *, healthy: bool = True) -> None:
        """Start, and wait until it answers (and, if `healthy`, says that it is well)."""
        self.port = self.port or free_port()
        command = [sys.executable, "-m", *self.launcher, "serve", str(self.vault), "--port", str(self.port)]
        command += ["--workers", str(self.workers)] if self.workers > 1 else []
        self.temporary.mkdir(exist_ok=True)
        environment = {**private_environment(), "TMPDIR": str(self.temporary)}
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=said, stderr=said, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.said.read_text()
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(self.address + "/health", trust_env=False)
                if answer.is_success or not healthy:
                    return
            time.sleep(0.05)
        raise AssertionError("the service does not answer")

    def kill(self) -> None:
        """As a power cut would: at once, nothing is finished."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As systemd would."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, number)
        if self.process is not None:
            self.process.wait(60)
        self.process = None


@dataclass
class World:
    """A vault with its custodian, and people who may be enrolled. `service` runs between `start` and `stop`.

    `fellows` are the other custodians, where there are several; `disks` are folders on which others keep what the vault
    stores, where it does not lie in its own folder alone.
    """

    folder: Path
    custodian: Person
    partner: Person
    auditor: Person
    service: Service
    fellows: tuple[Person, ...] = ()
    disks: tuple[Path, ...] = ()

    @classmethod
    def make(
        cls,
        folder: Path,
        *,
        classic: bool = False,
        database: str = "",
        store: str = "",
        cadence: float = 0.05,
        policy: Path | None = None,
        fellows: int = 0,
        quorum: int = 1,
        vault: Path | None = None,
    ) -> "World":
        """Keys and a new vault; the service is not started, nobody is enrolled.

        `classic`: the custodian's key; `database`: the URL of an empty one, instead of SQLite in the vault's folder;
        `store`: the URL of one, instead of a directory there; `vault`: its folder, if it shall lie elsewhere;
        `cadence`: seconds, few, so that nobody who tests waits for the next checkpoint; `policy`: of log witnesses.
        """
        custodian, partner = Person.new(folder, "custodian", classic=classic), Person.new(folder, "partner")
        auditor = Person.new(folder, "auditor", classic=True)
        vault = vault or folder / "vault"
        others = tuple(Person.new(folder, f"fellow-{number}") for number in range(1, fellows + 1))
        succeed(
            "init",
            vault,
            "--custodian",
            *(each.public for each in (custodian, *others)),
            "--quorum",
            str(quorum),
            "--origin",
            ORIGIN,
            "--cadence",
            str(cadence),
            *(["--policy", str(policy)] if policy else []),
            *(["--db", database] if database else []),
            *(["--store", store] if store else []),
        )
        return cls(folder, custodian, partner, auditor, Service(vault, folder / "said.txt"), others)

    @classmethod
    @contextlib.contextmanager
    def started(
        cls,
        folder: Path,
        *,
        fellows: int = 0,
        quorum: int = 1,
        database: str = "",
        store: str = "",
        disks: tuple[Path, ...] = (),
    ) -> Iterator["World"]:
        """A new vault with its service, nobody enrolled."""
        world = cls.make(folder, fellows=fellows, quorum=quorum, database=database, store=store)
        world.disks = disks
        try:
            world.service.start()
            yield world
        finally:
            world.service.kill()

    @classmethod
    @contextlib.contextmanager
    def running(cls, folder: Path, **made: Any) -> Iterator["World"]:
        """A new vault with its service, the partner and the auditor enrolled; `made` as for `started`."""
        with cls.started(folder, **made) as world:
            world.enrol(world.partner, "partner")
            world.enrol(world.auditor, "auditor")
            yield world

    @property
    def vault(self) -> Path:
        return self.service.vault

    @property
    def trust_file(self) -> Path:
        return self.vault / "trust.json"

    @property
    def trust(self) -> Trust:
        return Trust.parse(self.trust_file.read_bytes())

    @property
    def address(self) -> str:
        return self.service.address

    def objects(self) -> list[str]:
        """The keys of everything in the store."""
        with contextlib.closing(open_vault(self.vault, credentials=credentials())) as vault:
            return list(vault.store.list())

    def elsewhere(self, folder: Path) -> Iterator[Path]:
        """Files of others that keep what the vault stores; a bucket's objects are copied to a new folder below this."""
        with contextlib.closing(open_vault(self.vault, credentials=credentials())) as vault:
            if vault.settings.store.startswith("s3:"):
                copy = folder / f"bucket-{secrets.token_hex(4)}"
                copy.mkdir()
                for number, key in enumerate(vault.store.list()):
                    path = copy / str(number)
                    path.write_bytes(vault.store.read(key))
                    yield path
        yield from files(self.disks)

    def client(self, person: Person | None = None) -> Client:
        """Our own client, signing as `person`."""
        return Client(self.address, None if person is None else person.auth)

    def enrol(self, person: Person, role: str) -> None:
        self.as_custodian("enrol", person.public, "--role", role)

    def report(
        self,
        files: Sequence[tuple[str, bytes]] = (),
        statement: str = "",
        *,
        keep_place: bool = False,
        receipt: str = "",
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Send a report as a program would; what `POST /report` answers. `files` are file names and contents."""
        sent = httpx.post(
            self.address + "/report",
            files=[
                ("statement", (None, statement)),
                ("keep_place", (None, "yes" if keep_place else "no")),
                *[("files", (name, data, "application/octet-stream")) for name, data in files],
            ],
            headers={**JSON, **({"Authorization": f"Receipt {receipt}"} if receipt else {}), **(headers or {})},
            timeout=120,
            trust_env=False,
        )
        assert sent.status_code == 200, sent.text
        return sent.json()

    def as_custodian(self, *words: str | Path, custodian: Person | None = None) -> Done:
        who = custodian or self.custodian
        return succeed("custodian", "-i", who.key, "--server", self.address, "--trust", self.trust_file, *words)

    def as_partner(self, *words: str | Path, partner: Person | None = None) -> Done:
        return succeed("partner", "-i", (partner or self.partner).key, "--server", self.address, *words)

    def ask(self, case: str, purpose: str = "court", partner: Person | None = None) -> str:
        """A partner asks for a case; the request's id."""
        return str(self.as_partner("request", case, "--purpose", purpose, "--json", partner=partner).json["request"])

    def release(
        self, case: str, bundle: Path, *options: str, purpose: str = "court", partner: Person | None = None
    ) -> str:
        """Ask, approve, download to `bundle`; the request's id."""
        request = self.ask(case, purpose, partner)
        self.as_custodian("approve", request, *options)
        self.as_partner("download", request, "-o", bundle, partner=partner)
        return request

    @contextlib.contextmanager
    def standing_log(self) -> Iterator[None]:
        """Inside, no checkpoint can be published, because something else stands in its place."""
        checkpoint = self.vault / "store" / "log" / "checkpoint"
        before = checkpoint.read_bytes()
        checkpoint.unlink()
        (checkpoint / "in-the-way").mkdir(parents=True)
        try:
            yield
        finally:
            (checkpoint / "in-the-way").rmdir()
            checkpoint.rmdir()
            checkpoint.write_bytes(before)

    def open(self, bundle: Path, folder: Path, partner: Person | None = None) -> Done:
        """`amparo open`, as the partner."""
        return amparo("open", bundle, "-i", (partner or self.partner).key, "-o", folder, "--trust", self.trust_file)

    def audit(self, *options: str | Path, with_key: bool = True) -> Done:
        """`amparo audit`, as the auditor."""
        key = ["-i", str(self.auditor.key)] if with_key else []
        return amparo("audit", self.address, "--trust", self.trust_file, *key, *options)

    def events(self) -> list[dict[str, Any]]:
        """Every event that the vault serves to its auditor."""
        with self.client(self.auditor) as client:
            size = int(client.get_bytes("/log/checkpoint").split(b"\n")[1])
            page = client.get("/api/audit/events", start=0, size=size)["events"]
        return [json.loads(each["event"]) for each in page]


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
