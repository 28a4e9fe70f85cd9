"""What must be so after any fault: everything acknowledged is there, the log verifies, nothing is half done."""

import contextlib
import time
from collections.abc import Iterable
from typing import Any, Final

import httpx

from api.cli.vaults import credentials
from tests import media
from tests.faults.deeds import seen_with
from tests.service import JSON, World
from vault.fixity import check
from vault.instance import open_vault

SECONDS: Final = 60.0
PATIENCE: Final = 35.0


def send(world: World, seconds: float = 120.0, photo: bytes = b"") -> httpx.Response:
    """A report, whatever the answer is."""
    return httpx.post(
        world.address + "/report",
        files=[("statement", (None, "what happened")), ("files", ("a.jpg", photo or media.noise(48)))],
        headers=JSON,
        timeout=seconds,
        trust_env=False,
    )


def require_problem(answer: httpx.Response, *codes: str) -> None:
    """A clear refusal: one of these problems, what to do next, and when to come back."""
    problem = answer.json()
    assert problem["type"].rpartition(":")[2] in codes, problem
    assert problem["title"]
    assert problem["detail"]
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) > 0


def require_kept(world: World, told: Iterable[Any], *, audited: bool = True) -> None:
    """Every answer of 200 is still true, and all that the vault stores is as its log says.

    `audited` False: the test has looked at the audit itself, which does not pass.
    """
    for answer in told:
        seen = seen_with(world, answer["receipt"])
        assert seen["exhibits"] == answer["exhibits"]
    if audited:
        done = world.audit()
        assert done.code == 0, done.out + done.err
    with contextlib.closing(open_vault(world.vault, credentials=credentials())) as vault:
        assert check(vault).faults == []


def recovers(world: World) -> Any:
    """What a report is answered, once the service takes one again by itself; one that ended is started, as always."""
    deadline = time.monotonic() + SECONDS
    while True:
        if world.service.process is not None and world.service.process.poll() is not None:
            world.service.start()  # systemd would
        with contextlib.suppress(httpx.TransportError):
            answer = send(world, PATIENCE)
            if answer.status_code == 200 and answer.json().get("confirmed", True):
                return answer.json()
        assert time.monotonic() < deadline, "the service does not recover"
        time.sleep(0.2)
