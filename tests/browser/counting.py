"""A door in front of the service that counts what goes in, so that a test sees what a connection really carried."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

_BUFFER: Final = 1 << 18  # bytes


@dataclass
class Counter:
    """`address` is where to go in; `received` counts the bytes that went towards the service."""

    address: str
    received: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, size: int) -> None:
        with self.lock:
            self.received += size


@contextlib.contextmanager
def counting(port: int) -> Iterator[Counter]:
    """Lead every connection on to `port` of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        counter = Counter(f"http://127.0.0.1:{door.getsockname()[1]}")
        threading.Thread(target=_take, args=(door, port, counter), daemon=True).start()
        yield counter
        door.shutdown(socket.SHUT_RDWR)


def _take(door: socket.socket, port: int, counter: Counter) -> None:
    with contextlib.suppress(OSError):
        while True:
            outer, _ = door.accept()
            threading.Thread(target=_join, args=(outer, port, counter), daemon=True).start()


def _join(outer: socket.socket, port: int, counter: Counter) -> None:
    """Carry both ways until either end is gone."""
    with contextlib.suppress(OSError), outer, socket.create_connection(("127.0.0.1", port)) as inner:
        back = threading.Thread(target=_carry, args=(inner, outer, lambda _: None), daemon=True)
        back.start()
        _carry(outer, inner, counter.count)
        back.join()


def _carry(source: socket.socket, target: socket.socket, count: Callable[[int], None]) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_BUFFER):
            count(len(data))
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
