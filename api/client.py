"""The client of our own HTTP interface: signs requests as RFC 9421 has it, and turns problem documents into errors."""

import contextlib
import secrets
import time
from collections.abc import Generator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Self

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner
from http_message_signatures.algorithms import ED25519
from http_message_signatures.resolvers import MappingKeyResolver

from api.cli.failures import CheckFailed, WrongUse
from api.proof_of_work import solve
from api.signatures import COVERED, LABEL, NONCE_BYTES, TAG, message
from evidence.canonical import Json, encode
from evidence.identity import PublicLine

_WORK_TRIES: Final = 3
_MOST_BITS: Final = 20  # a server that asks for more shall not keep this computer busy
TIMEOUT: Final = httpx.Timeout(60.0, read=600.0)  # seconds; a large upload is sealed before the answer begins


class ServerError(CheckFailed):
    """The server answered with a problem, or not at all. `code` is the problem type's last word."""

    def __init__(self, code: str, title: str, hint: str) -> None:
        super().__init__(_plain(title), _plain(hint))
        self.code = code


class Signature(httpx.Auth):
    """Signs each request as one person."""

    requires_request_body = True

    def __init__(self, line: PublicLine, key: Ed25519PrivateKey) -> None:
        self._key_id = line.key_id
        self._signer = HTTPMessageSigner(
            signature_algorithm=ED25519,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={line.key_id: key}),
        )

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See httpx.Auth."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        signed = message(request.method, headers["host"], path, query, headers)
        self._signer.sign(
            signed,
            key_id=self._key_id,
            created=datetime.fromtimestamp(int(time.time()), UTC),
            nonce=secrets.token_hex(NONCE_BYTES),
            label=LABEL,
            tag=TAG,
            covered_component_ids=COVERED,
            body=request.content,
        )
        for name, value in signed.headers.items():
            if name.lower() in {"signature", "signature-input", "content-digest"}:
                request.headers[name] = value
        yield request


class Client:
    """Talks to one server. Use as a context manager."""

    def __init__(self, server: str, auth: httpx.Auth | None = None) -> None:
        self._http = httpx.Client(
            base_url=_address(server), auth=auth, timeout=TIMEOUT, trust_env=False, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._http.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None, **params: str | int) -> Any:
        """GET and parse JSON."""
        return self._send("GET", path, params=params or None, headers=dict(headers or {})).json()

    def get_bytes(self, path: str) -> bytes:
        """GET a small file; LookupError when there is none."""
        try:
            return self._send("GET", path).content
        except ServerError as error:
            if error.code == "not-found":
                raise LookupError(path) from None
            raise

    def post(self, path: str, document: Json, headers: Mapping[str, str] | None = None) -> Any:
        """POST canonical JSON and parse the answer."""
        own = {"Content-Type": "application/json", **(headers or {})}
        return self._send("POST", path, content=encode(document), headers=own).json()

    def post_form(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        """POST a form of texts (multipart, RFC 7578), and parse the answer."""
        parts = [(name, (None, value)) for name, value in fields.items()]
        return self._send("POST", path, files=parts, headers={"Accept": "application/json", **headers}).json()

    @contextlib.contextmanager
    def download(self, path: str, start: int = 0) -> Iterator[tuple[int, Iterator[bytes]]]:
        """GET a large file from `start` on: its remaining length, and its bytes."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            with self._http.stream("GET", path, headers=headers) as response:
                if response.is_error:
                    response.read()
                    raise _problem(response)
                yield int(response.headers.get("content-length", "0")), response.iter_bytes(1024 * 1024)
        except httpx.TransportError:
            raise _unreachable() from None

    def origin(self) -> str:
        """The vault's log name, from its checkpoint (not verified: it only says which vault a document is for)."""
        return self.get_bytes("/log/checkpoint").split(b"\n", 1)[0].decode()

    def request(
        self, method: str, path: str, headers: Mapping[str, str], content: Iterator[bytes] | bytes | None = None
    ) -> Mapping[str, str]:
        """Any request; the headers of its answer."""
        return self._send(method, path, headers=dict(headers), content=content).headers

    def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
            for _ in range(_WORK_TRIES):
                work = _work(response)
                if work is None:
                    break
                arguments["headers"] = {**(arguments.get("headers") or {}), "Amparo-Work": work}
                response = self._http.request(method, path, **arguments)
        except httpx.TransportError:
            raise _unreachable() from None
        if response.is_error:
            raise _problem(response)
        return response


def _work(response: httpx.Response) -> str | None:
    """The work that an answer asks for, done (`api.proof_of_work`); None when it asks for none, or for too much."""
    if response.status_code != 429:
        return None
    try:
        document = response.json()
        challenge, bits = str(document["challenge"]), int(document["bits"])
    except (ValueError, KeyError, TypeError):
        return None
    return f"{challenge}:{solve(challenge, bits)}" if 0 < bits <= _MOST_BITS else None


def _address(server: str) -> httpx.URL:
    """The vault's address, which needs its scheme; WrongUse when it is none."""
    with contextlib.suppress(httpx.InvalidURL):
        url = httpx.URL(server)
        if url.scheme in {"http", "https"} and url.host:
            return url
    raise WrongUse("the vault's address is not one", "write it whole, as in http://127.0.0.1:8000")


def _plain(sentence: str) -> str:
    """A sentence of a problem document as the command line writes it."""
    return sentence[:1].lower() + sentence[1:].removesuffix(".")


def _problem(response: httpx.Response) -> ServerError:
    try:
        document = response.json()
        return ServerError(str(document["type"]).rsplit(":", 1)[-1], str(document["title"]), str(document["detail"]))
    except (ValueError, KeyError, TypeError):
        return ServerError("no-problem-document", f"the server answered {response.status_code}", "check the address")


def _unreachable() -> ServerError:
    return ServerError("unreachable", "the server does not answer", "check the address and that the service runs")
