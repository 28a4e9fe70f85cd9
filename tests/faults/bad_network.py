"""A way to a service that gets slow, breaks, or answers that it is busy, as told while it runs."""

import contextlib
import random
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection
_BUSY: Final = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: 49\r\n\r\n"
    b"<Error><Code>SlowDown</Code><Message/></Error>   "
)


@dataclass
class Network:
    """Forwards connections to `target`. Each of the rest may be changed at any time.

    `delay`: seconds that each piece of an answer takes longer; `breaking`: how often, of the pieces of requests and
    answers, one is lost and the connection with it; `busy`: how often a request is answered 503 and not forwarded;
    `altering`: how often, of the pieces of bodies of requests, one has another last byte; `down`: no connection is
    taken.
    """

    target: tuple[str, int]
    delay: float = 0.0
    breaking: float = 0.0
    busy: float = 0.0
    altering: float = 0.0
    down: bool = False
    hurt: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(20261125))
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def host(self) -> str:
        """Where it listens, as `host:port`."""
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            if self.down:
                self._reset(client)
                return
            with socket.create_connection(self.target, timeout=30) as server:
                self._pass_on(client, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        while True:
            ready, _, _ = select.select([client, server], [], [], 0.5)
            if self.down or (ready and self.chance.random() < self.breaking):
                self._reset(client)
                return
            for each in ready:
                data = each.recv(65536)
                if not data:
                    return
                if each is client and _begins_request(data) and self.chance.random() < self.busy:
                    self._say_busy(client)
                    return
                if each is client and not _begins_request(data) and self.chance.random() < self.altering:
                    self.hurt += 1
                    data = data[:-1] + bytes([data[-1] ^ 1])
                if each is server and self.delay:
                    time.sleep(self.delay)
                (server if each is client else client).sendall(data)

    def _say_busy(self, client: socket.socket) -> None:
        self.hurt += 1
        client.sendall(_BUSY)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(5)
        while client.recv(65536):  # a reset would overtake the answer
            pass

    def _reset(self, client: socket.socket) -> None:
        self.hurt += 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def _begins_request(data: bytes) -> bool:
    return data.startswith((b"PUT ", b"GET ", b"POST ", b"DELETE ", b"HEAD "))


@contextlib.contextmanager
def network(host: str) -> Iterator[Network]:
    """A way to `host:port`, good until told otherwise."""
    name, port = host.split(":")
    way = Network((name, int(port)))
    thread = threading.Thread(target=way.run, daemon=True)
    thread.start()
    try:
        yield way
    finally:
        way.listener.shutdown(socket.SHUT_RDWR)
        way.listener.close()
        thread.join(5)
