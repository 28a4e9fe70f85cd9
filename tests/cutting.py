"""A bad network: a TCP proxy that cuts connections after so many bytes, and counts what was sent."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_PIECE = 16 * 1024


class Network:
    """Passes connections on to a port of this machine. `sent` counts the bytes from clients, heads included."""

    def __init__(self, target: int, cuts: Sequence[int]) -> None:
        """The n-th connection that carries so much is cut after `cuts[n]` bytes from its client."""
        self._target, self._cuts = target, list(cuts)
        self._guard = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.sent = 0
        self.cut = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def cuts_left(self) -> int:
        return len(self._cuts)

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _carry(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()  # the service is being started anew
            return
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        carried = 0
        with contextlib.suppress(OSError):
            while data := client.recv(_PIECE):
                with self._guard:
                    self.sent += len(data)
                    carried += len(data)
                    cut = bool(self._cuts) and carried >= self._cuts[0]
                    if cut:
                        self._cuts.pop(0)
                        self.cut += 1
                server.sendall(data)
                if cut:
                    break
        for each in (server, client):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        back.join()
        for each in (server, client):
            each.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_PIECE):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def network(target: int, cuts: Sequence[int] = ()) -> Iterator[Network]:
    """A network to the service on port `target`."""
    made = Network(target, cuts)
    threading.Thread(target=made.run, daemon=True).start()
    try:
        yield made
    finally:
        made.close()
