"""No address, agent, language or moment of a source is kept: times in events go to the hour, answers set no cookie."""

import re
import sqlite3
from typing import Any, Final

import httpx
import pytest

from tests import media
from tests.service import JSON, World
from tests.traces import files
from tests.tus import Tus

pytestmark = pytest.mark.slow
AS_A_BROWSER: Final = {"Accept": "text/html", "User-Agent": "TellTale/9", "Accept-Language": "es-MX,zz;q=0.1"}


@pytest.fixture(scope="module")
def answer(world: World) -> Any:
    return world.report([("a.jpg", media.noise())], "what happened", headers=AS_A_BROWSER | JSON)


def test_no_answer_sets_a_cookie_or_names_the_program(world: World, answer: Any) -> None:
    receipt = str(answer["receipt"])
    answers = [
        httpx.get(world.address + "/", headers=AS_A_BROWSER, trust_env=False),
        httpx.get(world.address + "/receipt", headers=AS_A_BROWSER, trust_env=False),
        httpx.post(world.address + "/receipt", data={"receipt": receipt}, headers=AS_A_BROWSER, trust_env=False),
        httpx.post(world.address + "/report", data={}, headers=AS_A_BROWSER, trust_env=False),
        httpx.get(world.address + "/nothing", headers=AS_A_BROWSER, trust_env=False),
        httpx.get(world.address + "/api/receipt", headers={"Authorization": f"Receipt {receipt}"}, trust_env=False),
    ]
    for each in answers:
        assert "set-cookie" not in each.headers
        assert "server" not in each.headers
        assert each.headers["referrer-policy"] == "no-referrer"


def test_what_belongs_to_one_source_is_never_cached(world: World, answer: Any) -> None:
    receipt = str(answer["receipt"])
    shown = httpx.post(world.address + "/receipt", data={"receipt": receipt}, headers=AS_A_BROWSER, trust_env=False)
    told = httpx.get(world.address + "/api/receipt", headers={"Authorization": f"Receipt {receipt}"}, trust_env=False)
    for each in (shown, told):
        assert each.status_code == 200
        assert "no-store" in each.headers["cache-control"]


def test_events_that_a_source_caused_tell_the_hour_only(world: World, answer: Any) -> None:
    times = [event["time"] for event in world.events() if event["case"] == answer["case"]]
    assert len(times) == 3
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:00:00Z", time) for time in times)


def test_the_database_tells_the_hour_only(world: World, answer: Any) -> None:
    connection = sqlite3.connect(f"file:{world.vault / 'vault.db'}?mode=ro", uri=True)
    rows = connection.execute('select * from cases where "case" = ?', (answer["case"],)).fetchall()
    connection.close()
    times = re.findall(r"\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d", str(rows))
    assert len(times) == 1
    assert all(time.endswith(":00:00") for time in times)


def test_of_uploads_and_of_work_only_the_hour_is_kept(world: World) -> None:
    tus = Tus.case_at(world.address)
    path = tus.begin(1000, filename="at-home.jpg", filetype="image/jpeg")
    tus.patch(path, 0, media.noise()[:500])
    connection = sqlite3.connect(f"file:{world.vault / 'vault.db'}?mode=ro", uri=True)
    rows = connection.execute('select expires from uploads where "case" = ?', (tus.case,)).fetchall()
    work = connection.execute("select expires from nonces where key_id = 'work'").fetchall()
    connection.close()
    assert [expires % 3600 for (expires,) in [*rows, *work]] == [0] * (1 + len(work))
    shown = tus.seen()["uploads"][0]["expires"]
    assert shown.endswith(":00:00Z")


def test_nothing_of_the_browser_is_in_any_file(world: World, answer: Any) -> None:
    assert answer
    for asked in ("/?lang=sw", "/help?lang=sw", "/leave?lang=sw", "/manifest.webmanifest"):
        page = httpx.get(world.address + asked, headers=AS_A_BROWSER, trust_env=False)
        assert page.is_success
    for path in [*files([world.vault]), world.service.said]:
        data = path.read_bytes()
        assert b"TellTale" not in data, path.name
        assert b"es-MX" not in data, path.name
        assert b"lang=sw" not in data, path.name


def test_no_address_is_a_page_of_its_own_with_a_receipt_in_it(world: World) -> None:
    page = httpx.get(world.address + "/receipt", headers=AS_A_BROWSER, trust_env=False).text
    assert re.search(r"<form[^>]*method=.?post", page, re.IGNORECASE)
