"""Whoever is asked elsewhere keeps nobody waiting, sends nobody on, and fills no memory."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from vault.outgoing import Answer, post

SECONDS = 0.6


@contextlib.contextmanager
def server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answers one request by `speak`."""
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                speak(connection)
                over.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        over.set()
    thread.join()


def dripping(start: bytes) -> Callable[[socket.socket], None]:
    """A byte now and then, each long before anybody gives up on the next."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(200):
            connection.sendall(b"x")
            time.sleep(SECONDS / 6)

    return speak


def whole(head: bytes, body: bytes = b"") -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(
        b"HTTP/1.1 " + head + b"\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )


def test_a_whole_answer_is_given_as_it_came() -> None:
    with server(whole(b"409 Conflict\r\ncontent-type: text/x.tlog.size", b"7\n")) as address:
        assert post(address, b"ask", "text/plain", 30) == Answer(409, "text/x.tlog.size", b"7\n")


@pytest.mark.parametrize(
    "speak",
    [
        dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nx-header: "),
        dripping(b""),
        lambda _: None,
    ],
    ids=["body", "header", "status", "nothing"],
)
def test_whoever_answers_slowly_is_left(speak: Callable[[socket.socket], None]) -> None:
    began = time.monotonic()
    with server(speak) as address:
        with pytest.raises(httpx.HTTPError):
            post(address, b"ask", "text/plain", SECONDS)
        assert time.monotonic() - began < 10


def test_a_long_answer_is_none() -> None:
    with server(whole(b"200 OK", bytes(100_000))) as address, pytest.raises(httpx.HTTPError):
        post(address, b"ask", "text/plain", 30)


def test_nobody_is_sent_on_to_another_address() -> None:
    with server(whole(b"307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/")) as address:
        assert post(address, b"ask", "text/plain", 30).status == 307
