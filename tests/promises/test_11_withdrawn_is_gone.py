"""After a withdrawal nobody opens the exhibit who could not already: not even a custodian with the whole store."""

import contextlib
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from evidence.exhibit import header_length
from evidence.ids import parse_receipt
from tests import media
from tests.service import JSON, World, amparo
from tests.traces import contents, files
from vault.age.errors import AgeError
from vault.age.identities import KeyIdentity, open_header
from vault.age.stream import Decryptor
from vault.answers import Answer
from vault.errors import StoreError, StoreUnavailable
from vault.instance import open_vault
from vault.store.protocol import Store
from vault.withdrawal import withdraw

AGE: Final = b"age-encryption.org/v1\n"
STATEMENT: Final = "they took her phone and hit her"
SECONDS: Final = 30.0

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Case:
    """A released case of two pictures and a statement; `payloads` is what a thief copied before, without headers."""

    number: str
    receipt: str
    request: str
    exhibits: tuple[str, str]
    payloads: tuple[bytes, ...]


@pytest.fixture
def case(world: World, tmp_path: Path) -> Case:
    sent = world.report([("a.jpg", media.real("train.jpg")), ("b.jpg", media.noise())], STATEMENT, keep_place=True)
    request = world.release(sent["case"], tmp_path / "bundle.zip", "--with-place")
    first, second = (str(each["exhibit"]) for each in sent["exhibits"])
    payloads = [path.read_bytes() for path in files([world.vault / "store" / "exhibits" / first])]
    return Case(sent["case"], sent["receipt"], request, (first, second), tuple(payloads))


def ask_for(world: World, receipt: str, body: object = None) -> httpx.Response:
    return httpx.post(
        world.address + "/api/receipt/withdraw",
        content=b"" if body is None else json.dumps(body).encode(),
        headers={**JSON, "Authorization": f"Receipt {receipt}"},
        trust_env=False,
        timeout=60,
    )


def look(world: World, receipt: str) -> httpx.Response:
    headers = {**JSON, "Authorization": f"Receipt {receipt}"}
    return httpx.get(world.address + "/api/receipt", headers=headers, trust_env=False, timeout=60)


def opened(world: World, case: Case) -> list[bytes]:
    """Whatever opens with the custodian's or the partner's key: age files, and media under any key that is found."""
    heads = [data for data in (contents(path) for path in files([world.vault])) if data.startswith(AGE)]
    payloads = [head[len(_header(head)) :] for head in heads] + [
        each for each in case.payloads if not each.startswith(AGE)
    ]
    identities = (world.custodian.identity, world.partner.identity)
    keys = {key for head in heads for identity in identities for key in _file_key(head, identity)}
    found = list(_plain(keys, payloads))
    answers = [Answer.parse(each) for each in found if each.startswith(b'{"custodian"')]
    answered = {part.value for answer in answers for part in answer.parts.values()}
    return found + list(_plain(answered, payloads))


def _header(data: bytes) -> bytes:
    return data[: header_length(data[: 1 << 20])]


def _file_key(head: bytes, identity: KeyIdentity) -> Iterator[bytes]:
    with contextlib.suppress(AgeError):
        yield open_header(head[: 1 << 20], [identity])[0]


def _plain(keys: set[bytes], payloads: list[bytes]) -> Iterator[bytes]:
    for key in keys:
        for payload in payloads:
            decryptor = Decryptor(key)
            with contextlib.suppress(AgeError):
                yield decryptor.update(payload) + decryptor.finish()


def of(case: Case, plain: list[bytes]) -> list[bytes]:
    """Pictures, records and statements among what was opened that are the case's first exhibit's or its words."""
    return [each for each in plain if case.exhibits[0].encode() in each or _words(case) in each]


def _words(case: Case) -> bytes:
    return f"Case {case.number}, statement 1\n\n{STATEMENT}".encode()


def events(world: World, case: Case) -> list[dict[str, Any]]:
    return [event for event in world.events() if event["case"] == case.number]


def test_nothing_of_one_withdrawn_exhibit_opens_and_the_others_do(world: World, case: Case, tmp_path: Path) -> None:
    picture = picture_of(opened(world, case))
    assert picture  # the counterproof: before, the custodian's key opened it
    answer = ask_for(world, case.receipt, {"exhibits": [1]})
    assert (answer.status_code, answer.json()) == (
        200,
        {"case": case.number, "withdrawn": [1], "case_withdrawn": False},
    )
    after = opened(world, case)
    assert picture_of(after) == []
    assert [each for each in after if case.exhibits[0].encode() in each and b"amparo/exhibit" in each] == []
    assert [each["number"] for each in look(world, case.receipt).json()["exhibits"]] == [2]
    refused = amparo(
        "partner", "-i", world.partner.key, "--server", world.address, "download", case.request, "-o", tmp_path / "x"
    )
    assert refused.code != 0
    assert not (tmp_path / "x").exists() or not (tmp_path / "x").stat().st_size
    world.release(case.number, tmp_path / "rest.zip")
    done = world.open(tmp_path / "rest.zip", tmp_path / "rest")
    assert done.code == 0, done.out + done.err
    assert [path.name for path in (tmp_path / "rest").glob("E0*")] == ["E02.jpg"]


def picture_of(plain: list[bytes]) -> list[bytes]:
    """The pictures that were made from the first file: as large as it, for blanking keeps every length."""
    size = len(media.real("train.jpg"))
    return [each for each in plain if each.startswith(b"\xff\xd8\xff") and len(each) == size]


def test_nothing_of_a_withdrawn_case_opens_and_its_receipt_is_told_so(world: World, case: Case) -> None:
    assert of(case, opened(world, case))
    answer = ask_for(world, case.receipt)
    assert answer.json() == {"case": case.number, "withdrawn": [1, 2], "case_withdrawn": True}
    after = opened(world, case)
    assert of(case, after) == []
    assert picture_of(after) == []
    told = look(world, case.receipt)
    assert (told.status_code, told.json()["title"]) == (410, "The case was withdrawn.")
    assert ask_for(world, case.receipt).status_code == 200


def test_the_log_shows_that_it_was_there_and_was_destroyed_and_the_audit_passes(world: World, case: Case) -> None:
    ask_for(world, case.receipt)
    found = events(world, case)
    assert [event["type"] for event in found[-3:]] == ["exhibit.destroyed", "exhibit.destroyed", "consent.withdrawn"]
    assert {event["exhibit"] for event in found[-3:-1]} == set(case.exhibits)
    for event in found[-3:]:
        assert event["actor"] == {"role": "source", "id": "source"}
        assert event["time"].endswith(":00:00Z")
        assert (event["detail"], event["purpose"]) == ({}, "")
    done = world.audit()
    assert done.code == 0, done.out + done.err


def test_a_wrong_receipt_and_a_body_that_is_not_understood_withdraw_nothing(world: World, case: Case) -> None:
    assert ask_for(world, f"{(int(case.receipt) + 1) % 10**16:016d}").status_code == 404
    assert ask_for(world, case.receipt, {"exhibits": [3]}).status_code == 404
    bodies: tuple[object, ...] = ({"exhibits": []}, {"exhibits": [True]}, {"exhibits": ["1"]}, {"exhibit": [1]}, [], 0)
    for body in bodies:
        assert ask_for(world, case.receipt, body).status_code == 400, body
    assert len(look(world, case.receipt).json()["exhibits"]) == 2


def test_the_page_asks_once_more_and_for_the_receipt_and_puts_it_in_no_address(world: World, case: Case) -> None:
    with httpx.Client(base_url=world.address, headers={"Accept": "text/html"}, trust_env=False, timeout=60) as browser:
        page = browser.post("/receipt", data={"receipt": case.receipt})
        assert 'action="/receipt/withdrawal?lang=en"' in page.text
        asked = browser.post("/receipt/withdrawal", data={"exhibit": ["1"]})
        assert asked.status_code == 200
        assert case.receipt not in page.text + asked.text
        form = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([0-9a-z]+)">', asked.text))
        assert form == {"exhibit": "1"}
        assert browser.post("/receipt/withdrawal").status_code == 400
        assert browser.post("/receipt/withdraw", data=form).status_code == 400
        assert len(look(world, case.receipt).json()["exhibits"]) == 2
        done = browser.post("/receipt/withdraw", data={**form, "receipt": f"{case.receipt[:8]} {case.receipt[8:]}"})
        assert (done.status_code, "It is withdrawn" in done.text) == (200, True)
    assert [each["number"] for each in look(world, case.receipt).json()["exhibits"]] == [2]


class Dies:
    """A store whose process dies at the first deletion."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def delete(self, _: str) -> None:
        raise StoreUnavailable("the process was killed")


def test_a_crash_between_the_log_and_the_deletion_is_made_good_at_the_start(world: World, case: Case) -> None:
    world.service.stop()
    with closing(open_vault(world.vault)) as vault:
        vault.sequencer.start()
        with pytest.raises(StoreError):
            withdraw(replace(vault, store=Dies(vault.store)), parse_receipt(case.receipt))  # type: ignore[arg-type]  # a stand-in
    assert of(case, opened(world, case))
    world.service.start()
    deadline = time.monotonic() + SECONDS
    while of(case, opened(world, case)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert of(case, opened(world, case)) == []
    assert not list((world.vault / "store" / "releases").glob(case.request))
    assert world.audit().code == 0
    shutil.copytree(world.vault, world.folder / "copy")
    checked = amparo("fixity", world.folder / "copy")
    assert checked.code == 0, checked.out + checked.err
