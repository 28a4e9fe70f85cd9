"""More than the vault takes: the person sees a page that says so, not a broken connection."""

import contextlib
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from api.early_answer import DRAIN_BYTES
from tests.browser.phone import REAL, Phone
from tests.oracles import require
from tests.service import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILE_BYTES: Final = 2_000_000
REPORT_BYTES: Final = 5_000_000
PHOTO: Final = REAL / "train.jpg"  # 3.5 MB
TITLE: Final = "This is more than the vault takes at once."


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A vault that takes little."""
    require.folder(REAL)
    made = World.make(tmp_path_factory.mktemp("small"))
    settings = made.vault / "vault.toml"
    text = re.sub(r"(?m)^file_bytes = .*$", f"file_bytes = {FILE_BYTES}", settings.read_text())
    settings.write_text(re.sub(r"(?m)^report_bytes = .*$", f"report_bytes = {REPORT_BYTES}", text))
    try:
        made.service.start()
        yield made
    finally:
        made.service.kill()


def endless(folder: Path) -> Path:
    """A file that is longer than what is read past, and takes no room."""
    path = folder / "long.jpg"
    with path.open("wb") as file:
        file.write(PHOTO.read_bytes())
        file.truncate(4 * DRAIN_BYTES)
    return path


def test_small_limits_are_said_before_choosing(phone: Phone) -> None:
    phone.open()
    assert "All together at most 5 MB" in phone.words
    assert "One file: at most 2 MB" in phone.words


def test_one_file_too_long_is_said_in_plain_words(phone: Phone, world: World) -> None:
    phone.send([PHOTO], "words")
    assert phone.heading == TITLE
    assert "Nothing was kept" in phone.words
    assert not (world.vault / "store" / "cases").exists()
    phone.require_no_trace()


def test_files_that_are_too_long_together_are_said_in_plain_words(phone: Phone) -> None:
    phone.send([PHOTO, PHOTO])
    assert phone.heading == TITLE
    phone.require_no_trace()


def test_a_film_longer_than_the_server_reads_past_still_ends_on_the_page(phone: Phone, tmp_path: Path) -> None:
    phone.send([endless(tmp_path)])
    assert phone.heading == TITLE
    phone.require_no_trace()


def test_a_length_over_the_limit_is_answered_before_anything_of_the_body_is_sent(world: World) -> None:
    head = (
        "POST /report HTTP/1.1\r\nHost: vault\r\nAccept: text/html\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {REPORT_BYTES + 1}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", world.service.port), timeout=20) as line:
        line.sendall(head.encode())
        answer = b""
        while b"</html>" not in answer:
            received = line.recv(65536)
            assert received, answer
            answer += received
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def test_what_goes_on_without_end_is_cut_off(world: World) -> None:
    head = (
        "POST /report HTTP/1.1\r\nHost: vault\r\nAccept: text/html\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {1 << 40}\r\n\r\n"
    )
    sent = 0
    with (
        socket.create_connection(("127.0.0.1", world.service.port), timeout=20) as line,
        contextlib.suppress(BrokenPipeError, ConnectionResetError),
    ):
        line.sendall(head.encode())
        while sent < 2 * DRAIN_BYTES:
            line.sendall(bytes(1 << 20))
            sent += 1 << 20
    assert DRAIN_BYTES <= sent < 2 * DRAIN_BYTES
