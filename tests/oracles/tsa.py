"""A real timestamp authority (RFC 3161): `openssl ts` behind a small HTTP server on loopback."""

import contextlib
import http.server
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.oracles.require import tool

_CONFIG: Final = """
[ tsa ]
default_tsa = one
[ one ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class Tsa:
    """Where it answers, and its root certificate. `spoil` changes what it is about to answer."""

    folder: Path
    url: str = ""
    answering: bool = True
    asked: int = 0
    spoil: Callable[[bytes], bytes] = field(default=lambda reply: reply)

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def reply(self, query: bytes) -> bytes:
        """What `openssl ts` answers."""
        (self.folder / "query").write_bytes(query)
        command = ["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]
        openssl(self.folder, *command)
        return (self.folder / "reply").read_bytes()


def openssl(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run a command of openssl there, successfully."""
    return subprocess.run([tool("openssl"), *map(str, words)], cwd=folder, check=True, capture_output=True, timeout=60)


def accepts(root: Path, reply: Path, message: Path, at: int | None = None) -> bool:
    """Whether `openssl ts -verify` accepts a reply over a file."""
    words = ["ts", "-verify", "-data", message, "-in", reply, "-CAfile", root]
    words += ["-attime", str(at)] if at is not None else []
    done = subprocess.run([tool("openssl"), *map(str, words)], check=False, capture_output=True, timeout=60)
    return done.returncode == 0 and b"Verification: OK" in done.stdout + done.stderr


def make(folder: Path, days: int = 3650) -> Tsa:
    """A root of its own and a certificate for stamping."""
    folder.mkdir(parents=True)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
    (folder / "leaf.cnf").write_text(
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"
    )
    new_key = ["-newkey", "rsa:2048", "-nodes", "-batch"]
    openssl(
        folder,
        "req",
        "-x509",
        *new_key,
        "-keyout",
        "root.key",
        "-out",
        "root.pem",
        "-days",
        "7300",
        "-subj",
        f"/CN=root of {folder.name}",
    )
    openssl(folder, "req", *new_key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", f"/CN=stamps of {folder.name}")
    signing = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", str(days), "-extfile", "leaf.cnf"]
    openssl(folder, "x509", "-req", "-in", "tsa.csr", *signing, "-out", "tsa.pem")
    return Tsa(folder)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Tsa]:
    """A new authority that answers."""
    tsa = make(folder)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            tsa.asked += 1
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if not tsa.answering:
                self.send_error(503)
                return
            reply = tsa.spoil(tsa.reply(query))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        tsa.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield tsa
        server.shutdown()
