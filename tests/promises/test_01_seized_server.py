"""A vault is carried away, with the memory of its service: a program that tries everything in it opens nothing.

The same program opens everything as soon as it is given a custodian's key, and an upload that waits once it is given
its receipt and address. It cannot try every number at every place of the memory: the true keys are looked for there.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import pytest

from tests import media
from tests.places import BOTH, place
from tests.promises.breaking import AGE, attack
from tests.promises.seizing import Image, seize
from tests.service import World
from tests.tus import Tus
from vault.age.errors import AgeError
from vault.age.identities import open_header

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
STATEMENT: Final = "they took her phone and hit her at the corner of the old market"


@dataclass(frozen=True)
class Seized:
    """A vault in whose life a bit of everything happened, and what its people know: none of that may be in `image`."""

    world: World
    image: Image
    receipt: str
    address: str
    known: dict[str, bytes]


@pytest.fixture(scope="module", params=BOTH)
def seized(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seized]:
    folder = tmp_path_factory.mktemp("seized")
    with place(request, request.param, folder.name) as where:
        world = World.make(folder, database=where.database, store=where.store)
        try:
            world.service.start()
            world.enrol(world.partner, "partner")
            photo, film = media.real("train.jpg"), media.noise(300)
            sent = world.report([("a.jpg", photo)], STATEMENT, keep_place=True)
            world.release(sent["case"], folder / "bundle.zip", "--with-place")
            tus = Tus.case_at(world.address)
            path = tus.begin(len(film))
            tus.patch(path, 0, film[: len(film) // 2])
            address = path.rpartition("/")[2]
            known = {
                "receipt": sent["receipt"].encode(),
                "receipt of an upload": tus.receipt.encode(),
                "address of an upload": base64.urlsafe_b64decode(address + "="),
                "custodian's secret": world.custodian.identity.secret,
                "statement": STATEMENT.encode(),
                "photo": photo[5000:5064],
                "upload": film[5000:5064],
            }
            yield Seized(world, seize(world), tus.receipt, address, known)
        finally:
            world.service.kill()


def test_everything_that_was_seized_opens_nothing(seized: Seized) -> None:
    loot = attack(seized.image, seized.world.trust.custodians, seized.world.trust)
    assert loot.opened == {}
    assert loot.tried["numbers"] > 100
    assert loot.tried["payloads"] >= 3


def test_with_a_custodians_key_everything_opens(seized: Seized) -> None:
    # The counterproof: what the program fails for is the key.
    image = replace(seized.image, memory=[])
    sealed = {each for each, data in image.objects.items() if data.startswith(AGE) and not each.startswith("releases/")}
    for key in (seized.world.custodian.key.read_bytes(), seized.world.custodian.identity.secret):
        loot = attack(image, seized.world.trust.custodians, seized.world.trust, [key])
        assert set(loot.opened) == sealed


def test_with_a_receipt_and_an_address_an_upload_opens(seized: Seized) -> None:
    told = f"{seized.receipt}\n{seized.address}\n".encode()
    image = replace(seized.image, memory=[])
    loot = attack(image, seized.world.trust.custodians, seized.world.trust, [told])
    assert list(loot.opened.values()) == ["a receipt and an address"]


def test_no_key_and_nothing_that_was_sent_is_left_anywhere(seized: Seized) -> None:
    keys = dict(_file_keys(seized))
    assert len(keys) >= 5
    needles = {**keys, **seized.known}
    wanted = {name: (needle, needle.hex().encode(), base64.b64encode(needle)) for name, needle in needles.items()}
    found = {
        (name, where)
        for where, data in seized.image.everything()
        for name, spellings in wanted.items()
        if any(each in data for each in spellings)
    }
    assert found == set()


def _file_keys(seized: Seized) -> Iterator[tuple[str, bytes]]:
    """The true file key of every object that is sealed to the custodian."""
    for key, data in seized.image.objects.items():
        try:
            yield key, open_header(data[: 1 << 17], [seized.world.custodian.identity])[0]
        except AgeError:
            continue
