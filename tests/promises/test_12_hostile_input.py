"""Malformed, endless, lying and nested input gets a clear answer that repeats nothing, and the service goes on."""

import contextlib
import secrets
import socket
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests import media
from tests.service import JSON, World

pytestmark = pytest.mark.slow
CANARY: Final = "canary-6b1f0e9d27c4a853"
FORM: Final = {**JSON, "Content-Type": "multipart/form-data; boundary=XX"}


def part(name: str, data: bytes, extra: str = "") -> bytes:
    head = f'--XX\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def photo(data: bytes) -> bytes:
    return part("files", data, f'; filename="{CANARY}.jpg"')


END: Final = b"--XX--\r\n"
FORMS: Final = {
    "empty": (b"", 400),
    "noise": (secrets.token_bytes(5000), 400),
    "no end": (part("statement", CANARY.encode()), 400),
    "no disposition": (f"--XX\r\nX: {CANARY}\r\n\r\nx\r\n".encode() + END, 400),
    "endless header": (b'--XX\r\nContent-Disposition: form-data; name="a"\r\nX: ' + b"x" * 100_000, 400),
    "nothing in it": (END, 400),
    "unknown choice": (part("keep_place", CANARY.encode()) + part("statement", b"x") + END, 400),
    "not a photo": (photo(CANARY.encode() * 100) + END, 415),
    "too many files": (photo(b"x") * 51 + END, 413),
    "long statement": (part("statement", CANARY.encode() * 20_000) + END, 413),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_bad_form_gets_a_problem_that_repeats_nothing(world: World, name: str) -> None:
    body, status = FORMS[name]
    answer = httpx.post(world.address + "/report", content=body, headers=FORM, trust_env=False, timeout=60)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail"}
    assert CANARY not in answer.text
    _require_well(world)


@pytest.mark.parametrize(
    ("request_line", "headers"),
    [
        ("POST /report HTTP/1.1", "Content-Length: 99999999999999999999\r\n"),
        ("POST /report HTTP/1.1", "Content-Length: -5\r\n"),
        ("POST /report HTTP/1.1", f"Content-Length: {CANARY}\r\n"),
        ("POST /report HTTP/1.1", "Content-Length: 5\r\nContent-Length: 6\r\n"),
        ("POST /report HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        (f"GET /{CANARY}\x00 HTTP/1.1", ""),
        ("GET / HTTP/9.9", ""),
        (CANARY, ""),
        ("GET / HTTP/1.1", "X: " + "x" * 200_000 + "\r\n"),
    ],
)
def test_a_bad_request_is_refused_and_repeats_nothing(world: World, request_line: str, headers: str) -> None:
    with socket.create_connection(("127.0.0.1", world.service.port), timeout=10) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(f"{request_line}\r\nHost: x\r\n{headers}\r\n".encode())
            connection.shutdown(socket.SHUT_WR)
        answer = _read(connection)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert CANARY.encode() not in answer
    _require_well(world)


def test_a_source_who_goes_away_half_way_leaves_nothing(world: World) -> None:
    before = set(world.objects())
    head = part("statement", CANARY.encode()) + photo(bytes(3_000_000))
    request = (
        f"POST /report HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM['Content-Type']}\r\nContent-Length: 9000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", world.service.port), timeout=10) as connection:
        connection.sendall(request.encode() + head)
    _require_well(world)
    assert set(world.objects()) == before


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff",
        b"\xff\xd8" + b"\xff\xe1\x00\x02" * 20_000,
        b"\xff\xd8\xff\xe1\xff\xff" + bytes(100),
        b"\x00\x00\x00\x18ftypmp42" + bytes(12) + b"\x00\x00\x00\x01moov" + b"\xff" * 8,
        b"\x00\x00\x00\x18ftypmp42" + bytes(12) + b"\x00\x00\x00\x08moov" * 10_000,
        b"\x00\x00\x00\x18ftypmp42" + bytes(12) + b"".join((8 * (999 - n)).to_bytes(4) + b"moov" for n in range(999)),
    ],
    ids=["cut", "segments", "lying segment", "lying box", "many boxes", "nested boxes"],
)
def test_a_lying_file_is_sealed_or_refused(world: World, data: bytes) -> None:
    answer = httpx.post(
        world.address + "/report", files=[("files", ("a", data))], headers=JSON, trust_env=False, timeout=60
    )
    assert answer.status_code in {200, 415}
    if answer.status_code == 200:
        # What could be made of it is sealed, whole or with what is not understood blanked.
        assert {each["outcome"] for each in answer.json()["exhibits"]} <= {"unstripped", "clean"}
    _require_well(world)


def test_cut_files_of_the_corpus_are_all_answered(world: World) -> None:
    for name in media.PLACES:
        data = media.real(name)[:200_000]
        for end in (2, 13, 100, 1000, 50_000):
            answer = world.report([("a", data[:end]), ("b", media.noise(16))], "x")
            assert answer["exhibits"][-1]["outcome"] == "clean"


def test_signed_bodies_that_are_no_documents_are_refused(world: World) -> None:
    for body in (b"", b"[]", b"{}", b'{"signed": 1}', b"\xff\xfe", b'{"signed":' + b"[" * 5000, b"1" * 100_000):
        answer = httpx.post(
            world.address + "/api/custodian/people", content=body, auth=world.custodian.auth, trust_env=False
        )
        assert answer.status_code in {400, 413}
        assert answer.json()["type"] in {"urn:amparo:problem:malformed-request", "urn:amparo:problem:too-large"}


@pytest.mark.parametrize(
    "path",
    ["/log/tile/../../vault.toml", "/log/tile/%2e%2e/%2e%2e/log.key", "/log/tile/0//000", "/log/tile//etc/passwd"],
)
def test_no_path_leads_out_of_the_log(world: World, path: str) -> None:
    with socket.create_connection(("127.0.0.1", world.service.port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert _read(connection).startswith(b"HTTP/1.1 404")


def test_the_service_never_said_a_word_of_it(world: World) -> None:
    assert CANARY not in Path(world.service.said).read_text()


def _read(connection: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(OSError):
        while piece := connection.recv(65536):
            answer += piece
    return answer


def _require_well(world: World) -> None:
    assert httpx.get(world.address + "/health", trust_env=False).status_code == 200
