"""Requests of enrolled people count only as they were signed: whole, fresh, once, by an enrolled key."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import httpx
import pytest
from http_message_signatures import HTTPMessageSigner
from http_message_signatures.algorithms import ED25519
from http_message_signatures.resolvers import MappingKeyResolver

from api.signatures import COVERED, LABEL, TAG, Message
from tests.service import Person, World

NONCE: Final = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Asking:
    """A request of the auditor's, and every choice that goes into its signature."""

    method: str = "GET"
    path: str = "/api/audit/events"
    query: str = "size=1&start=0"
    body: bytes = b""
    age: int = 0
    nonce: str | None = NONCE
    tag: str = TAG
    covered: tuple[str, ...] = COVERED
    sign_body: bool = True
    host: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    """Headers added after signing."""

    def send(self, world: World, person: Person, then: "Asking | None" = None) -> httpx.Response:
        """Sign as this says, send as `then` says (the same by default)."""
        sent = then or self
        headers = self._signed(self.host or f"127.0.0.1:{world.service.port}", person)
        return httpx.request(
            sent.method,
            f"{world.address}{sent.path}?{sent.query}",
            content=sent.body,
            headers={**headers, **sent.changes},
            trust_env=False,
            timeout=30,
        )

    def _signed(self, host: str, person: Person) -> dict[str, str]:
        message = Message(self.method, f"http://{host}{self.path}?{self.query}", {"host": host})
        keys = MappingKeyResolver(public_keys={}, private_keys={person.line.key_id: person.signing_key})
        HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=keys).sign(
            message,
            key_id=person.line.key_id,
            created=datetime.fromtimestamp(int(time.time()) - self.age, UTC),
            nonce=self.nonce,
            label=LABEL,
            tag=self.tag,
            covered_component_ids=self.covered,
            body=self.body if self.sign_body else None,
        )
        return {name.lower(): value for name, value in message.headers.items() if name.lower() != "host"}


_counter: Final = iter(range(10**6))


@pytest.fixture
def asking() -> Asking:
    """A good request with a nonce of its own."""
    return Asking(nonce=f"{next(_counter):032x}")


def refused(answer: httpx.Response) -> bool:
    """Whether the answer is the one problem document of an unsigned request."""
    return answer.status_code == 401 and answer.json()["type"] == "urn:amparo:problem:not-signed"


def test_a_good_signature_is_accepted(world: World, asking: Asking) -> None:
    assert asking.send(world, world.auditor).status_code == 200


def test_a_signature_counts_once(world: World, asking: Asking) -> None:
    assert asking.send(world, world.auditor).status_code == 200
    assert refused(asking.send(world, world.auditor))


def test_a_signature_counts_once_even_for_a_restarted_service(world: World, asking: Asking) -> None:
    assert asking.send(world, world.auditor).status_code == 200
    world.service.kill()
    world.service.start()
    assert refused(asking.send(world, world.auditor))


@pytest.mark.parametrize("age", [70, 3600, -3600])
def test_a_stale_or_future_signature_is_refused(world: World, asking: Asking, age: int) -> None:
    assert refused(replace(asking, age=age).send(world, world.auditor))


@pytest.mark.parametrize("covered", [tuple(each for each in COVERED if each != left_out) for left_out in COVERED])
def test_a_signature_that_leaves_a_component_out_is_refused(
    world: World, asking: Asking, covered: tuple[str, ...]
) -> None:
    assert refused(replace(asking, covered=covered).send(world, world.auditor))


@pytest.mark.parametrize("nonce", [None, "", "short", "x" * 65])
def test_a_signature_without_a_proper_nonce_is_refused(world: World, asking: Asking, nonce: str | None) -> None:
    assert refused(replace(asking, nonce=nonce).send(world, world.auditor))


def test_a_signature_for_another_purpose_is_refused(world: World, asking: Asking) -> None:
    assert refused(replace(asking, tag="another/v1").send(world, world.auditor))


def test_a_signature_for_another_server_is_refused(world: World, asking: Asking) -> None:
    assert refused(replace(asking, host="another.invalid").send(world, world.auditor))


Change = Callable[[Asking], Asking]


@pytest.mark.parametrize(
    "change",
    [
        lambda good: replace(good, query="size=1&start=1"),
        lambda good: replace(good, query="start=0&size=1"),
        lambda good: replace(good, query=""),
        lambda good: replace(good, path="/api/custodian/people"),
        lambda good: replace(good, method="POST", path="/api/partner/requests"),
        lambda good: replace(good, body=b"{}"),
        lambda good: replace(good, changes={"content-digest": "sha-256=:" + "A" * 43 + "=:"}),
        lambda good: replace(good, changes={"signature": "amparo=:" + "A" * 86 + "==:"}),
        lambda good: replace(good, changes={"signature-input": "amparo=()"}),
        lambda good: replace(good, changes={"signature": "\x7f" * 40}),
    ],
)
def test_what_is_changed_after_signing_is_refused(world: World, asking: Asking, change: Change) -> None:
    assert asking.send(world, world.auditor, then=change(asking)).status_code in {401, 404}


def test_a_body_that_no_signature_covers_is_refused(world: World, asking: Asking) -> None:
    unsigned = replace(asking, method="POST", path="/api/partner/requests", body=b"{}", sign_body=False)
    assert refused(unsigned.send(world, world.partner))


def test_a_body_that_was_changed_is_refused(world: World, asking: Asking) -> None:
    good = replace(asking, method="POST", path="/api/partner/requests", body=b"{}")
    assert refused(good.send(world, world.partner, then=replace(good, body=b"[]")))


def test_a_body_as_it_was_signed_is_read(world: World, asking: Asking) -> None:
    good = replace(asking, method="POST", path="/api/partner/requests", body=b"{}")
    assert good.send(world, world.partner).status_code == 400


def test_a_key_that_nobody_enrolled_is_refused(
    world: World, asking: Asking, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Person.new(tmp_path_factory.mktemp("stranger"), "auditor", classic=True)
    assert refused(asking.send(world, stranger))


def test_a_refused_signature_does_not_use_up_the_nonce(world: World, asking: Asking) -> None:
    assert refused(asking.send(world, world.auditor, then=replace(asking, query="size=9")))
    assert asking.send(world, world.auditor).status_code == 200


def test_a_signed_body_over_the_limit_is_refused_while_it_arrives(world: World, asking: Asking) -> None:
    large = replace(asking, method="POST", path="/api/partner/requests", body=bytes(33 * 1024 * 1024))
    assert large.send(world, world.partner).status_code == 413
