"""A server that serves whatever log it is given, true or not, to the real `amparo audit`."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from tests.evidence.claims import TRUST, Log, hours
from tests.service import Done, amparo, succeed
from vault.clock import SystemClock

NOW: Final = hours(1)
PAGE: Final = 100  # events


class LogServer(ThreadingHTTPServer):
    """Serves `log`; its events as `served`, if that is set, and `answer` instead of any page, if that is.

    `strangers` are positions at which the vault's database is said to hold something else.
    """

    log: Log
    served: Sequence[bytes] | None = None
    answer: bytes | None = None
    strangers: frozenset[int] = frozenset()
    folder: Path

    @classmethod
    @contextmanager
    def running(cls, folder: Path, log: Log) -> Iterator["LogServer"]:
        """A server on loopback, and in `folder` what its auditor has: a key and the trust anchor."""
        with cls(("127.0.0.1", 0), _Answers) as server:
            server.log, server.folder, server.asked = log, folder, []
            succeed("keygen", "auditor", "-o", folder / "auditor.key")
            (folder / "trust.json").write_bytes(TRUST.encode())
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    asked: list[str]
    """The paths that were asked for."""

    def audit(self, *options: str | Path, with_key: bool = True, now: datetime = NOW) -> Done:
        """`amparo audit --json`, made at the time `now`."""
        key: list[str | Path] = ["-i", self.folder / "auditor.key"] if with_key else []
        address = f"http://127.0.0.1:{self.server_port}"
        with patch.object(SystemClock, "now", lambda _: now):
            return amparo("audit", address, "--trust", self.folder / "trust.json", "--json", *key, *options)

    def page(self, start: int, size: int) -> dict[str, Any]:
        """What the vault would answer."""
        bodies = self.log.bodies if self.served is None else self.served
        events = [
            {"event": body.decode(), "database": place not in self.strangers}
            for place, body in enumerate(bodies[:size])
            if start <= place < start + PAGE
        ]
        return {"start": start, "events": events}


class _Answers(BaseHTTPRequestHandler):
    server: LogServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.server.asked.append(url.path)
        data: bytes | None
        if url.path.startswith("/log/"):
            data = self.server.log.files.get(url.path.removeprefix("/log/"))
        elif self.server.answer is not None:
            data = self.server.answer
        else:
            query = {name: int(value) for name, (value,) in parse_qs(url.query).items()}
            data = json.dumps(self.server.page(**query)).encode()
        self.send_response(200 if data is not None else 404)
        if data is None:
            data = json.dumps({"type": "urn:amparo:problem:not-found", "title": "None.", "detail": "None."}).encode()
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
