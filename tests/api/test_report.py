"""What a source is told after a report, and when coming back with the receipt."""

import hashlib
from typing import Final

import httpx
import pytest

from tests import media
from tests.service import JSON, World

HTML: Final = {"Accept": "text/html"}
MEMBERS: Final = {"exhibit", "number", "media_type", "bytes", "sha256", "removed", "outcome"}


def seen(world: World, receipt: str) -> httpx.Response:
    headers = {**JSON, "Authorization": f"Receipt {receipt}"}
    return httpx.get(world.address + "/api/receipt", headers=headers, trust_env=False)


def test_a_report_is_answered_with_a_case_a_receipt_and_its_exhibits(world: World) -> None:
    photo = media.noise()
    answer = world.report([("a.jpg", photo), ("b.jpg", media.real("test_exif.jpg"))], "what happened")
    assert set(answer) >= {"case", "receipt", "exhibits"}
    assert [set(each) for each in answer["exhibits"]] == [MEMBERS, MEMBERS]
    plain, placed = answer["exhibits"]
    assert (plain["number"], plain["media_type"], plain["bytes"]) == (1, "image/jpeg", len(photo))
    assert (plain["removed"], plain["outcome"]) == ([], "clean")
    assert plain["sha256"] == hashlib.sha256(photo).hexdigest()
    assert any("gps" in what.lower() for what in placed["removed"])


def test_the_receipt_shows_the_same_again(world: World) -> None:
    answer = world.report([("a.jpg", media.noise())], "what happened")
    again = seen(world, answer["receipt"])
    told = {name: answer[name] for name in ("case", "exhibits", "consent")}
    assert again.json() == {**told, "uploads": []}
    fours = " ".join(answer["receipt"][at : at + 4] for at in range(0, 16, 4))
    assert seen(world, fours).json() == again.json()


def test_a_receipt_adds_to_its_case(world: World) -> None:
    first = world.report([("a.jpg", media.noise())])
    second = world.report([("b.jpg", media.noise())], "more", receipt=first["receipt"])
    assert (second["case"], [each["number"] for each in second["exhibits"]]) == (first["case"], [2])
    exhibits = seen(world, first["receipt"]).json()["exhibits"]
    assert exhibits == [*first["exhibits"], *second["exhibits"]]


def test_a_statement_alone_is_a_case(world: World) -> None:
    answer = world.report(statement="what happened")
    assert answer["exhibits"] == []
    assert seen(world, answer["receipt"]).json()["case"] == answer["case"]


@pytest.mark.parametrize("statement", ["", "   \n"])
def test_nothing_is_no_case(world: World, statement: str) -> None:
    sent = httpx.post(world.address + "/report", data={"statement": statement}, files=[], headers=JSON, trust_env=False)
    assert sent.status_code == 400


def test_a_file_of_another_kind_is_told_by_its_place_and_the_rest_is_kept(world: World) -> None:
    answer = world.report([("a.txt", b"plain words"), ("b.jpg", media.noise())])
    assert len(answer["exhibits"]) == 1
    assert answer["refused"] == [1]


def test_a_browser_gets_a_page_with_the_same_receipt_words(world: World) -> None:
    files = [("files", ("a.jpg", media.noise()))]
    page = httpx.post(
        world.address + "/report", data={"statement": "x"}, files=files, headers=HTML, trust_env=False, timeout=60
    )
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "no-store" in page.headers["cache-control"]


@pytest.mark.parametrize("receipt", ["0", "123", "abcdefghijklmnop"])
def test_a_mistyped_receipt_is_refused(world: World, receipt: str) -> None:
    assert seen(world, receipt).status_code in {400, 404}
