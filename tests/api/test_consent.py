"""A source says whom it lets have its case, and says otherwise later; partners and custodians are held to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests import media
from tests.service import JSON, Person, World, amparo

PHOTO: Final = media.noise(300)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.running(tmp_path_factory.mktemp("consent")) as made:
        yield made


def report(world: World, consent: str, **fields: str) -> Any:
    parts = {"statement": (None, "words"), "consent": (None, consent), **{k: (None, v) for k, v in fields.items()}}
    answer = httpx.post(world.address + "/report", files=parts, headers=JSON, trust_env=False, timeout=60)
    return answer.json()


def change(world: World, receipt: str, consent: str) -> httpx.Response:
    headers = {**JSON, "Authorization": f"Receipt {receipt}"}
    url = world.address + "/api/receipt/consent"
    return httpx.post(url, json={"consent": consent}, headers=headers, trust_env=False, timeout=60)


def refused(world: World, role: str, person: Person, *words: str | Path) -> None:
    done = amparo(role, "-i", person.key, "--server", world.address, *words)
    assert done.code == 1
    assert "the source of the case does not let this partner have it" in done.err.lower()


def test_the_usual_scope_needs_no_choice_and_makes_no_event(world: World) -> None:
    answer = world.report([("a.jpg", PHOTO)])
    assert answer["consent"] == "partner-lawyers"
    assert "code" not in answer
    assert [each for each in world.events() if each["type"] == "consent.given" and each["case"] == answer["case"]] == []


def test_only_the_lawyer_who_was_told_the_code_gets_the_case(world: World, tmp_path: Path) -> None:
    answer = report(world, "my-lawyer")
    refused(world, "partner", world.partner, "request", answer["case"], "--purpose", "court")
    wrong = "0000-0000-0000-0000"
    refused(world, "partner", world.partner, "request", answer["case"], "--purpose", "court", "--code", wrong)
    code = answer["code"].lower().replace("-", " ")
    asked = world.as_partner("request", answer["case"], "--purpose", "court", "--code", code, "--json")
    request = asked.json["request"]
    listed = world.as_custodian("requests")
    assert "its source allows: my-lawyer, and chose this partner" in listed.out
    assert world.as_custodian("approve", request).code == 0
    bundle = tmp_path / "case.zip"
    assert world.as_partner("download", request, "-o", bundle).code == 0
    assert world.open(bundle, tmp_path / "opened").code == 0


def test_a_limited_partner_asks_only_for_what_the_source_allows(world: World, tmp_path: Path) -> None:
    helper = Person.new(tmp_path, "helper", classic=True)
    assert world.as_custodian("enrol", helper.public, "--role", "partner", "--kind", "documentation").code == 0
    usual, wider = report(world, "")["case"], report(world, "documentation")["case"]
    refused(world, "partner", helper, "request", usual, "--purpose", "a report")
    assert world.as_partner("request", wider, "--purpose", "a report", partner=helper).code == 0


def test_what_was_asked_for_is_not_approved_once_the_source_says_no(world: World, tmp_path: Path) -> None:
    answer = world.report([("a.jpg", PHOTO)], "words")
    request = world.ask(answer["case"])
    assert change(world, answer["receipt"], "nothing-yet").json() == {"case": answer["case"], "consent": "nothing-yet"}
    refused(world, "custodian", world.custodian, "approve", request)
    assert change(world, answer["receipt"], "partner-lawyers").status_code == 200
    assert world.as_custodian("approve", request).code == 0
    assert change(world, answer["receipt"], "nothing-yet").status_code == 200
    refused(world, "partner", world.partner, "download", request, "-o", tmp_path / "case.zip")
    assert not (tmp_path / "case.zip").exists()


def test_the_code_can_be_read_again_with_the_receipt_and_stays_the_same(world: World) -> None:
    answer = report(world, "my-lawyer")
    change(world, answer["receipt"], "nothing-yet")
    assert change(world, answer["receipt"], "my-lawyer").json()["code"] == answer["code"]
    headers = {**JSON, "Authorization": f"Receipt {answer['receipt']}"}
    seen = httpx.get(world.address + "/api/receipt", headers=headers, trust_env=False).json()
    assert (seen["consent"], seen["code"]) == ("my-lawyer", answer["code"])


def test_the_code_is_in_no_event_and_nowhere_on_the_server(world: World) -> None:
    answer = report(world, "my-lawyer")
    told = str(world.events())
    plain = answer["code"].replace("-", "")
    for spelling in (answer["code"], plain):
        assert spelling not in told
        for path in world.vault.rglob("*"):
            assert not path.is_file() or spelling.encode() not in path.read_bytes()


def test_programs_choose_when_they_open_a_case(world: World) -> None:
    opened = httpx.post(world.address + "/api/cases", json={"consent": "my-lawyer"}, trust_env=False, timeout=60).json()
    assert opened["consent"] == "my-lawyer"
    assert opened["code"]


def test_the_command_line_changes_it_and_sends_nothing(world: World) -> None:
    answer = world.report([("a.jpg", PHOTO)])
    done = amparo(
        "upload", "--server", world.address, "--receipt", answer["receipt"], "--consent", "my-lawyer", "--json"
    )
    assert (done.code, done.json["consent"]) == (0, "my-lawyer")


@pytest.mark.parametrize("consent", ["everybody", "PARTNER-LAWYERS", "my-lawyer "])
def test_a_scope_that_is_none_is_refused_and_nothing_is_kept(world: World, consent: str) -> None:
    before = len(world.events())
    assert report(world, consent)["type"].endswith(":malformed-form")
    assert all(each["type"] != "case.opened" for each in world.events()[before:])


def test_the_page_changes_it_and_shows_the_code(world: World) -> None:
    answer = world.report([("a.jpg", PHOTO)])
    form = {"receipt": answer["receipt"], "consent": "my-lawyer"}
    page = httpx.post(world.address + "/receipt/consent", data=form, trust_env=False, timeout=60)
    assert page.status_code == 200
    headers = {**JSON, "Authorization": f"Receipt {answer['receipt']}"}
    code = httpx.get(world.address + "/api/receipt", headers=headers, trust_env=False).json()["code"]
    assert code in page.text
    assert answer["receipt"] not in page.text


def test_an_audit_agrees(world: World) -> None:
    assert world.audit().code == 0
