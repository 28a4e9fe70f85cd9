"""A service that is told to end finishes what is under way, takes nothing new, and ends by itself."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import media
from tests.service import JSON, World

pytestmark = pytest.mark.slow

PHOTO = media.noise(400)


def slowly(body: bytes, told: threading.Event) -> Any:
    """The body of a request, whose second half goes out only after the service was told to end."""
    yield body[: len(body) // 2]
    assert told.wait(30)
    time.sleep(1)
    yield body[len(body) // 2 :]


def test_an_upload_under_way_is_answered_and_kept_and_nothing_new_is_taken(tmp_path: Path) -> None:
    with World.running(tmp_path) as world:
        address, told, answers = world.address, threading.Event(), list[httpx.Response]()
        whole = httpx.Request(
            "POST", f"{address}/report", files={"files": ("a.jpg", PHOTO, "image/jpeg")}, headers=JSON
        )
        head, body = dict(whole.headers), whole.read()

        def send() -> None:
            answers.append(
                httpx.post(f"{address}/report", content=slowly(body, told), headers=head, trust_env=False, timeout=60)
            )

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(1)  # the first half has arrived
        os.kill(world.service.pid, signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{address}/health", trust_env=False, timeout=2)
        told.set()
        sender.join(60)
        assert answers[0].status_code == 200
        receipt = answers[0].json()["receipt"]
        world.service.stop()
        world.service.start()
        headers = {**JSON, "Authorization": f"Receipt {receipt}"}
        seen = httpx.get(f"{world.address}/api/receipt", headers=headers, trust_env=False).json()
        assert [each["sha256"] for each in seen["exhibits"]] == [
            each["sha256"] for each in answers[0].json()["exhibits"]
        ]
