"""While strangers flood the vault, the page does the work that is asked for, and says that it is getting ready."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Response

from api.proof_of_work import solve
from api.work import BITS
from tests import media
from tests.browser.sender import Sender
from tests.service import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASES_PER_HOUR = 40  # a quarter of them at once


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A vault that strangers have almost filled for this hour."""
    made = World.make(tmp_path_factory.mktemp("flooded"))
    settings = made.vault / "vault.toml"
    kept = [line for line in settings.read_text().splitlines() if not line.startswith("cases_per_hour ")]
    settings.write_text("\n".join([*kept, f"cases_per_hour = {CASES_PER_HOUR}", ""]))
    try:
        made.service.start()
        with made.client() as client:
            for _ in range(CASES_PER_HOUR // 4 - 2):
                client.post("/api/cases", {})
        yield made
    finally:
        made.service.kill()


def test_the_page_does_the_work_that_a_flooded_vault_asks_for(sender: Sender, world: World, tmp_path: Path) -> None:
    asked = httpx.post(world.address + "/api/cases", json={}, trust_env=False)
    assert (asked.status_code, asked.json()["bits"]) == (429, BITS)  # the most that is ever asked for
    answers: list[Response] = []
    sender.tab.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it cannot wrap a builtin
    file = tmp_path / "a.jpg"
    file.write_bytes(media.noise())
    sender.open()
    sender.tab.evaluate(
        """() => { window.said = []; const part = document.querySelector('[data-part=saying]');
        new MutationObserver(() => said.push(part.textContent)).observe(part, { childList: true }); }"""
    )
    sender.choose(file)
    sender.wait_kept(1, patience=60_000)
    opening = [answer.status for answer in answers if "/api/cases" in answer.url]
    assert opening == [429, 201]
    assert sender.tab.evaluate("said")[0].startswith("Getting ready.")
    done = next(answer for answer in answers if answer.status == 201).request.headers["amparo-work"]
    challenge, _, solution = done.rpartition(":")
    assert solution == solve(challenge, BITS)  # the worker tries each number once, in order: no hash is for nothing
    sender.phone.require_no_trace()
