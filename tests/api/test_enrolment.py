"""Nobody becomes a lawyer by a line that was swapped on its way: custodians compare words, and two of them vouch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli.spoken import words_of
from tests import media
from tests.service import Person, World, amparo


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three custodians, two of whom release."""
    with World.running(tmp_path_factory.mktemp("enrolment"), fellows=2, quorum=2) as made:
        yield made


def enrol(world: World, custodian: Person, public: Path, *more: str, role: str = "partner") -> Any:
    front = ("custodian", "-i", custodian.key, "--server", world.address)
    return amparo(*front, "enrol", public, "--role", role, *more)


def people(world: World) -> dict[str, Any]:
    return {each["name"]: each for each in world.as_custodian("people", "--json").json}


def test_who_hears_other_words_signs_nothing(world: World, tmp_path: Path) -> None:
    lawyer = Person.new(tmp_path, "swapped", classic=True)
    done = enrol(world, world.custodian, lawyer.public, "--words", "able able able able able able")
    assert done.code == 2
    assert "not the six words" in done.err
    assert "swapped" not in people(world)
    assert enrol(world, world.custodian, lawyer.public, "--words", words_of(lawyer.line)).code == 0


@pytest.mark.parametrize("role", ["partner", "auditor"])
def test_a_second_custodian_confirms_the_same_line_once(world: World, tmp_path: Path, role: str) -> None:
    who = Person.new(tmp_path, f"new-{role}", classic=True)
    first, second = world.custodian, world.fellows[0]
    assert "A second custodian confirms it" in enrol(world, first, who.public, role=role).out
    assert people(world)[who.name]["confirmed_by"] == [first.name]
    assert enrol(world, first, who.public, role=role).code == 1, "not twice by one"
    assert f"confirmed by {first.name}, {second.name}" in enrol(world, second, who.public, role=role).out
    assert people(world)[who.name]["confirmed_by"] == [first.name, second.name]
    assert enrol(world, second, who.public, role=role).code == 1


def test_nobody_confirms_another_line_role_or_kind_under_the_same_name(world: World, tmp_path: Path) -> None:
    lawyer = Person.new(tmp_path, "named", classic=True)
    assert enrol(world, world.custodian, lawyer.public).code == 0
    (tmp_path / "other").mkdir()
    impostor = Person.new(tmp_path / "other", "named", classic=True)
    fellow = world.fellows[0]
    assert enrol(world, fellow, impostor.public).code == 1
    assert enrol(world, fellow, lawyer.public, role="auditor").code == 1
    assert enrol(world, fellow, lawyer.public, "--kind", "chosen").code == 1
    world.as_custodian("revoke", "named")
    assert enrol(world, fellow, lawyer.public).code == 1, "nor after a revocation"


def test_an_approval_vouches_for_the_partner_and_shows_the_words(world: World, tmp_path: Path) -> None:
    lawyer = Person.new(tmp_path, "approved", classic=True)
    assert enrol(world, world.custodian, lawyer.public).code == 0
    case = world.report([("a.jpg", media.noise())], "words")["case"]
    request = world.ask(case, partner=lawyer)
    for custodian in (world.custodian, world.fellows[1]):
        done = world.as_custodian("approve", request, custodian=custodian)
        assert words_of(lawyer.line) in done.out
    assert people(world)["approved"]["confirmed_by"] == [world.custodian.name, world.fellows[1].name]
    assert world.as_partner("download", request, "-o", tmp_path / "case.zip", partner=lawyer).code == 0
    assert world.open(tmp_path / "case.zip", tmp_path / "opened", partner=lawyer).code == 0


def test_the_list_tells_custodians_who_waits_for_a_second_one(world: World, tmp_path: Path) -> None:
    lawyer = Person.new(tmp_path, "waiting", classic=True)
    enrol(world, world.custodian, lawyer.public)
    told = world.as_custodian("people").out.partition("waiting  partner")[2]
    assert "no second custodian yet" in told.splitlines()[1]
    assert words_of(lawyer.line) in told.splitlines()[2]


def test_an_audit_agrees(world: World) -> None:
    assert world.audit().code == 0
