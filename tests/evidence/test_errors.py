"""The family of errors: one stable word each, drawn in the module's docstring."""

import re

import evidence.errors
from evidence.errors import EvidenceError


def family(kind: type[EvidenceError]) -> list[type[EvidenceError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in family(child))]


def test_every_error_has_its_own_word() -> None:
    codes = [kind.code for kind in family(EvidenceError)]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)


def test_every_error_is_in_the_drawn_tree() -> None:
    drawn = set(re.findall(r"^(?:[│ ]*[├└]── )?(\w+)", evidence.errors.__doc__ or "", re.MULTILINE))
    own = {kind.__name__ for kind in family(EvidenceError) if kind.__module__ == "evidence.errors"}
    assert own <= drawn
