"""For every address and everybody who may knock, access is what the one table says; and a signature is used once.

Everybody: nobody in particular, a source with a receipt, each enrolled role, people whose enrolment ended, people who
were never enrolled, and a partner who asks for what is another's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from api.access import ACCESS, Pass
from tests import media
from tests.service import JSON, Person, World
from tests.tus import Tus

pytestmark = pytest.mark.slow
SIGNED: Final = frozenset({Pass.PARTNER, Pass.CUSTODIAN, Pass.AUDITOR})
KNOCKING: Final = (
    "nobody",
    "source",
    "wrong receipt",
    "custodian",
    "partner",
    "other partner",
    "auditor",
    "revoked partner",
    "revoked auditor",
    "stranger",
)
ROLES: Final[Mapping[str, Pass]] = {
    "custodian": Pass.CUSTODIAN,
    "partner": Pass.PARTNER,
    "other partner": Pass.PARTNER,
    "auditor": Pass.AUDITOR,
}


@dataclass(frozen=True)
class Scene:
    """A case that was released to the partner, and everybody who may knock."""

    world: World
    case: str
    receipt: str
    request: str
    people: Mapping[str, Person]

    def auth(self, who: str) -> httpx.Auth | None:
        return self.people[who].auth if who in self.people else None

    def headers(self, who: str) -> dict[str, str]:
        receipts = {"source": self.receipt, "wrong receipt": f"{(int(self.receipt) + 1) % 10**16:016d}"}
        return {**JSON, **({"Authorization": f"Receipt {receipts[who]}"} if who in receipts else {})}

    def knock(self, method: str, path: str, who: str) -> httpx.Response:
        """An empty but well-formed request for an address, its parameters filled in with what exists."""
        filled = path.replace("{case}", self.case).replace("{request}", self.request).replace("{exhibit}", "1")
        filled = filled.replace("{key:path}", f"cases/{self.case}/statement-1.age").replace("{path:path}", "0/000")
        if "{upload}" in filled:
            filled = filled.replace("/uploads/{upload}", Tus(self.world.address, self.receipt).begin(5))
        form = method == "POST" and Pass.RECEIPT in ACCESS[method, path] and not path.startswith("/api/")
        content = f"receipt={self.headers(who).get('Authorization', '')[8:]}" if form else "{}"
        return httpx.request(
            method,
            self.world.address + filled,
            content=content if method == "POST" else None,
            params={"size": 1} if "audit" in path else None,
            headers={"Tus-Resumable": "1.0.0", **self.headers(who)} if "uploads" in path else self.headers(who),
            auth=self.auth(who),
            trust_env=False,
            timeout=60,
        )


@pytest.fixture(scope="module")
def scene(world: World, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("people")
    people = {"custodian": world.custodian, "partner": world.partner, "auditor": world.auditor}
    for who in ("other partner", "revoked partner", "revoked auditor", "stranger"):
        people[who] = Person.new(folder, who.replace(" ", "-"), classic=True)
        if who != "stranger":
            world.enrol(people[who], who.split()[1])
        if who.startswith("revoked"):
            world.as_custodian("revoke", people[who].name)
    answer = world.report([("a.jpg", media.noise())], "what happened")
    request = world.release(answer["case"], folder / "bundle.zip")
    return Scene(world, answer["case"], answer["receipt"], request, people)


# A source who withdraws would end the case that the others ask for: test_11 does that in a vault of its own.
KNOCKS: Final = [
    (method, path, who)
    for method, path in sorted(ACCESS)
    for who in KNOCKING
    if not (path.endswith("withdraw") and who == "source")
]


@pytest.mark.parametrize(("method", "path", "who"), KNOCKS)
def test_access_is_what_the_table_says(scene: Scene, method: str, path: str, who: str) -> None:
    allowed = ACCESS[method, path]
    answer = scene.knock(method, path, who)
    is_problem = answer.content and "problem" in answer.headers["content-type"]
    problem = answer.json()["type"].rsplit(":", 1)[-1] if is_problem else ""
    if Pass.ANYONE in allowed:
        assert answer.status_code not in {401, 403}
    elif Pass.RECEIPT in allowed:
        if who == "source":
            assert answer.status_code not in {401, 403, 404}
        elif method == "HEAD":
            assert answer.status_code in {400, 404}
        else:
            assert (answer.status_code, problem) in {(404, "unknown-receipt"), (400, "malformed-identifier")}
    elif who not in ROLES:
        assert (answer.status_code, problem) == (401, "not-signed")
    elif ROLES[who] not in allowed:
        assert (answer.status_code, problem) == (403, "not-allowed")
    elif who == "other partner" and "{request}" in path:
        assert (answer.status_code, problem) == (404, "unknown-request")
    else:
        assert answer.status_code not in {401, 403, 404, 405, 500}


def test_every_role_is_in_the_table() -> None:
    used = {each for allowed in ACCESS.values() for each in allowed}
    assert used == set(Pass)
    for allowed in ACCESS.values():
        assert len(allowed & {Pass.ANYONE, Pass.RECEIPT}) + bool(allowed & SIGNED) == 1


def test_the_description_for_programs_names_no_address_that_the_table_does_not(scene: Scene) -> None:
    paths = httpx.get(scene.world.address + "/openapi.json", trust_env=False).json()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described <= {(method, path.replace(":path", "")) for method, path in ACCESS}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused_everywhere(scene: Scene, method: str) -> None:
    for path in {path for _, path in ACCESS if (method, path) not in ACCESS}:
        filled = path.replace("{case}", scene.case).replace("{request}", scene.request)
        answer = httpx.request(method, scene.world.address + filled, headers=JSON, trust_env=False)
        assert answer.status_code in {404, 405}, path


def test_a_partner_sees_only_their_own_requests(scene: Scene, tmp_path: Path) -> None:
    theirs = scene.people["other partner"]
    with scene.world.client(theirs) as client:
        assert client.get("/api/partner/requests") == []
    with scene.world.client(scene.world.partner) as client:
        assert [each["request"] for each in client.get("/api/partner/requests")] == [scene.request]
    assert list(tmp_path.iterdir()) == []


def test_all_wrong_receipts_get_the_same_answer(scene: Scene) -> None:
    address = scene.world.address + "/api/receipt"
    shapes = set()
    for receipt in ("0000000000000000", "9999999999999999", f"{(int(scene.receipt) + 1) % 10**16:016d}"):
        headers = {**JSON, "Authorization": f"Receipt {receipt}"}
        answer = httpx.get(address, headers=headers, trust_env=False)
        volatile = {name: value for name, value in answer.headers.items() if name != "date"}
        shapes.add((answer.status_code, answer.content, tuple(sorted(volatile.items()))))
    assert len(shapes) == 1
    assert next(iter(shapes))[0] == 404


def test_a_revocation_ends_access_at_once(scene: Scene, tmp_path: Path) -> None:
    leaving = Person.new(tmp_path, "leaving", classic=True)
    scene.world.enrol(leaving, "partner")
    request = scene.world.release(scene.case, tmp_path / "bundle.zip", partner=leaving)
    scene.world.as_custodian("revoke", "leaving")
    path = f"{scene.world.address}/api/partner/requests/{request}/content"
    assert httpx.get(path, auth=leaving.auth, trust_env=False).status_code == 401
