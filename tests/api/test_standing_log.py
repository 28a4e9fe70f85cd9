"""While the public log stands still, no answer says of what was sealed meanwhile that the log shows it."""

import time

import httpx
import pytest

from tests import media
from tests.service import World
from tests.tus import Tus

pytestmark = pytest.mark.slow  # the service waits ten seconds for a log that fails

PHOTO = media.noise(300)
UNCONFIRMED = "Not confirmed yet"


def confirmed(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("amparo-confirmed") != "no")


def the_page(world: World, receipt: str) -> str:
    """What a source sees who comes back, without scripts."""
    form = {"receipt": receipt}
    return httpx.post(world.address + "/receipt", data=form, headers={"Accept": "text/html"}, trust_env=False).text


def eventually_moves(tus: Tus) -> None:
    deadline = time.monotonic() + 30
    while "confirmed" in tus.seen():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_every_way_of_asking_tells_that_it_waits_and_later_that_it_does_not(world: World) -> None:
    tus = Tus.case_at(world.address, statement="what happened")
    before = tus.begin(len(PHOTO))
    assert confirmed(tus.patch(before, 0, PHOTO))
    assert "confirmed" not in tus.seen()
    path = tus.begin(len(PHOTO))
    with world.standing_log():
        last = tus.patch(path, 0, PHOTO)
        assert (last.status_code, last.headers["amparo-exhibit"], confirmed(last)) == (204, "2", False)
        # The answer may be lost with the connection: whoever comes back asks, or sends nothing once more.
        again = [tus.head(path), tus.patch(path, len(PHOTO), b"")]
        assert [(answer.headers["amparo-exhibit"], confirmed(answer)) for answer in again] == [("2", False)] * 2
        whole = tus.create(len(PHOTO), PHOTO)
        assert (whole.status_code, whole.headers["amparo-exhibit"], confirmed(whole)) == (201, "3", False)
        assert confirmed(tus.head(before))  # of what the log showed already it is true all the time
        assert tus.seen()["confirmed"] is False
        assert UNCONFIRMED in the_page(world, tus.receipt)
    eventually_moves(tus)
    assert confirmed(tus.head(path))
    assert UNCONFIRMED not in the_page(world, tus.receipt)


def test_words_alone_wait_too(world: World) -> None:
    with world.standing_log():
        tus = Tus.case_at(world.address, statement="what happened")
        assert tus.seen()["confirmed"] is False
        assert UNCONFIRMED in the_page(world, tus.receipt)
    eventually_moves(tus)
    assert UNCONFIRMED not in the_page(world, tus.receipt)
