"""Forms that are made to cost memory, or to trip the parser, are refused in plain words."""

import tracemalloc
from pathlib import Path

import pytest

from api.multipart import OTHER_PARTS, Form, FormLimits, FormReader
from api.problems import HttpProblem
from tests.api.serving import BOUNDARY, form, part
from vault.spool import Spool

KIND = f"multipart/form-data; boundary={BOUNDARY}"
LIMITS = FormLimits(file_bytes=1 << 30, form_bytes=1 << 30, files=3)


def reader(folder: Path, kind: str = KIND) -> FormReader:
    return FormReader(kind, lambda: Spool(folder), LIMITS)


def read(folder: Path, *parts: bytes) -> Form:
    form_reader = reader(folder)
    form_reader.write(form(*parts))
    return form_reader.finish()


def refused(folder: Path, *parts: bytes) -> str:
    with pytest.raises(HttpProblem) as raised:
        read(folder, *parts)
    return raised.value.code


def test_only_the_fields_of_the_page_are_kept(tmp_path: Path) -> None:
    got = read(
        tmp_path, part("statement", b"words"), part("csrf", b"x"), part("csrf", b"y"), part("keep_place", b"yes")
    )
    assert got.texts == {"statement": "words", "keep_place": "yes"}


def test_unknown_fields_cost_no_memory(tmp_path: Path) -> None:
    form_reader, piece = reader(tmp_path), bytes(1 << 16)
    form_reader.write(part("unknown", b"")[:-2])
    tracemalloc.start()
    for _ in range(400):
        form_reader.write(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("name", ["statement", "keep_place"])
def test_repeated_field_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, part(name, b"a"), part(name, b"b")) == "malformed-form"


def test_number_of_parts_is_limited_whatever_they_are(tmp_path: Path) -> None:
    many = LIMITS.files + OTHER_PARTS
    read(tmp_path, *[part("unknown", b"")] * many)
    assert refused(tmp_path, *[part("unknown", b"")] * (many + 1)) == "too-large"
    assert refused(tmp_path, *[part("files", b"", file=True)] * (many + 1)) == "too-large"


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "multipart/form-data", f"multipart/form-data; boundary={'b' * 257}"],
    ids=["none", "text", "no boundary", "long boundary"],
)
def test_content_type_that_announces_no_form_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(HttpProblem) as raised:
        reader(tmp_path, kind)
    assert raised.value.code == "malformed-form"
