"""The service of a vault on a real socket, in a thread of this process: so that its limits can be set by a test."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.connections import ImpatientProtocol
from tests.vault.making import Person, new_vault
from vault.instance import open_vault

BOUNDARY = "----boundary"


class Served:
    """A running service: its app, and raw connections to it."""

    def __init__(self, app: FastAPI, port: int) -> None:
        self.app, self.port = app, port
        self.address = f"http://127.0.0.1:{port}"

    def connect(self, *data: bytes) -> socket.socket:
        """A connection on which `data` was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        for each in data:
            connection.sendall(each)
        return connection


@contextmanager
def served(
    folder: Path, *custodians: Person, protocol: type[ImpatientProtocol] = ImpatientProtocol
) -> Iterator[Served]:
    """A new vault in `folder` and its service."""
    new_vault(folder, *custodians)
    with serving(folder, protocol=protocol) as service:
        yield service


@contextmanager
def serving(folder: Path, *, protocol: type[ImpatientProtocol] = ImpatientProtocol) -> Iterator[Served]:
    """The service of the vault in `folder`."""
    app = create_app(open_vault(folder))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=protocol, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield Served(app, listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def head(path: str, length: int, *more: str, host: str = "vault.example") -> bytes:
    """The head of a POST whose body has `length` bytes."""
    lines = (f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {length}", *more)
    return "\r\n".join((*lines, "", "")).encode()


def form_head(length: int, *more: str) -> bytes:
    """The head of a report."""
    return head("/report", length, f"Content-Type: multipart/form-data; boundary={BOUNDARY}", *more)


def part(name: str, data: bytes, *, file: bool = False) -> bytes:
    """One part of a form."""
    disposition = f'form-data; name="{name}"' + ('; filename="x"' if file else "")
    return f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    """A whole form."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def answered(connection: socket.socket) -> tuple[int, bytes]:
    """Status and everything that came until the service ended the connection."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    connection.close()
    return int(received.split(b" ", 2)[1]) if received else 0, received


def answered_head(connection: socket.socket) -> int:
    """The status of an answer, without waiting for the connection's end."""
    received = b""
    while b"\r\n" not in received:
        piece = connection.recv(4096)
        if not piece:
            return 0
        received += piece
    return int(received.split(b" ", 2)[1])
