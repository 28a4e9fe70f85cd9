"""A signature counts for the address it was made for, and a stranger's body is not even read."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from api.client import Signature
from api.signatures import BODY_LIMIT, message
from evidence.identity import signing_key
from tests.api.serving import Served, answered, answered_head, head, served
from tests.vault.making import Person, person

PEOPLE, REQUESTS = "/api/custodian/people", "/api/custodian/requests"


@pytest.fixture(scope="module")
def custodian() -> Person:
    return person("custodian")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, custodian: Person) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("signed") / "vault", custodian) as running:
        yield running


def signed_headers(service: Served, who: Person, method: str, path: str, body: bytes = b"") -> list[str]:
    """The header lines of a signature for one address."""
    request = httpx.Request(method, service.address + path, content=body)
    next(Signature(who.line, signing_key(who.identity.secret)).auth_flow(request))
    wanted = ("signature", "signature-input", "content-digest")
    return [f"{name}: {request.headers[name]}" for name in wanted if name in request.headers]


def got(service: Served, path: str, host: str, lines: list[str]) -> tuple[int, bytes]:
    text = "\r\n".join((f"GET {path} HTTP/1.1", f"Host: {host}", *lines, "Connection: close", "", ""))
    return answered(service.connect(text.encode()))


def test_signature_counts_for_its_own_address(service: Served, custodian: Person) -> None:
    host = f"127.0.0.1:{service.port}"
    assert got(service, PEOPLE, host, signed_headers(service, custodian, "GET", PEOPLE))[0] == 200
    assert got(service, REQUESTS, host, signed_headers(service, custodian, "GET", PEOPLE))[0] == 401


@pytest.mark.parametrize(
    "behind", ["#", "?x=", "/api/custodian/people#", "/api/custodian/people?", "\\", "%23", "@x", " "]
)
def test_host_that_is_more_than_a_host_moves_no_signature(service: Served, custodian: Person, behind: str) -> None:
    host = f"127.0.0.1:{service.port}{behind}"
    status, answer = got(service, REQUESTS, host, signed_headers(service, custodian, "GET", PEOPLE))
    assert status in {400, 401}
    assert b'"partner"' not in answer


@pytest.mark.parametrize(
    "host", ["vault.example", "vault.example:8000", "127.0.0.1", "[::1]:80", "abc.onion", "amparo_api:8"]
)
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert message("GET", host, "/a", "b=c", {}).url == f"http://{host}/a?b=c"


@pytest.mark.parametrize(
    "host",
    ["", "a b", "a/b", "a?b", "a#b", "a@b", "a:", "a:b", "a:123456", "[::1", "::1", "[g]", "é", "a\n", ".a", "a,b"],
)
def test_nothing_else_is_a_host(host: str) -> None:
    with pytest.raises(ValueError, match="not as HTTP has them"):
        message("GET", host, "/a", "", {})


@pytest.mark.parametrize(("path", "query"), [("a", ""), ("/a#b", ""), ("/a?b", ""), ("/a", "b#c"), ("http://x/", "")])
def test_path_and_query_hold_nothing_but_themselves(path: str, query: str) -> None:
    with pytest.raises(ValueError, match="not as HTTP has them"):
        message("GET", "vault.example", path, query, {})


def answer_before_the_body(connection: socket.socket) -> int:
    """The status that comes although no byte of the body was sent."""
    with connection:
        return answered_head(connection)


def test_body_of_a_stranger_is_not_waited_for(service: Served) -> None:
    unsigned = service.connect(head("/api/partner/requests", 30_000_000))
    assert answer_before_the_body(unsigned) == 401
    lines = signed_headers(service, person("stranger"), "POST", "/api/partner/requests", b"x")
    assert answer_before_the_body(service.connect(head("/api/partner/requests", 30_000_000, *lines))) == 401


def test_body_of_a_person_has_a_limit_that_only_approvals_exceed(service: Served, custodian: Person) -> None:
    auth = Signature(custodian.line, signing_key(custodian.identity.secret))
    long = json.dumps({"signed": "x" * BODY_LIMIT}).encode()
    with httpx.Client(base_url=service.address, auth=auth, trust_env=False) as client:
        assert client.post(PEOPLE, content=long).status_code == 413
        assert client.post(f"{REQUESTS}/{'0' * 32}/approval", content=long).status_code in {400, 404}
