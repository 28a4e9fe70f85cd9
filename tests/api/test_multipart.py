"""Forms arrive in any pieces; what is malformed, too large or cut short is refused, and every spool is forgotten."""

import contextlib
import hashlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.multipart import Form, FormLimits, FormReader
from api.problems import HttpProblem
from vault.spool import Spool

LIMITS: Final = FormLimits(file_bytes=5000, form_bytes=20_000, files=3)
TYPE: Final = "multipart/form-data; boundary=XX"


def body(*parts: bytes, end: bytes = b"--XX--\r\n") -> bytes:
    return b"".join(b"--XX\r\n" + part + b"\r\n" for part in parts) + end


def text(name: str, value: bytes) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value


def file(value: bytes, name: str = "a.jpg") -> bytes:
    return f'Content-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode() + value


Read = Callable[..., Form]


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Read]:
    """Reads a body in pieces of a size; all spools must be closed when a fault comes and the reader is closed."""
    all_spools: list[Spool] = []

    def run(data: bytes, content_type: str = TYPE, piece: int = 1 << 20, limits: FormLimits = LIMITS) -> Form:
        spools: list[Spool] = []

        def new_spool() -> Spool:
            spools.append(Spool(tmp_path))
            all_spools.append(spools[-1])
            return spools[-1]

        reader = FormReader(content_type, new_spool, limits)
        try:
            for start in range(0, len(data), piece):
                reader.write(data[start : start + piece])
            return reader.finish()
        except HttpProblem:
            reader.close()
            for spool in spools:
                with pytest.raises(RuntimeError):
                    spool.read(0, 1)
            raise

    yield run
    for spool in all_spools:
        spool.close()


def problem(read: Read, *arguments: object, **options: object) -> str:
    with pytest.raises(HttpProblem) as caught:
        read(*arguments, **options)
    return caught.value.code


@pytest.mark.parametrize("piece", [1, 2, 7, 1 << 20])
def test_texts_and_files_arrive_in_any_pieces(read: Read, piece: int) -> None:
    form = read(body(text("statement", "señas".encode()), file(b"\xff\xd8one"), file(b"\r\n--X\r\n")), piece=piece)
    assert form.texts == {"statement": "señas"}
    assert [each.spool.read(0, 100) for each in form.files] == [b"\xff\xd8one", b"\r\n--X\r\n"]
    assert form.files[0].sha256 == hashlib.sha256(b"\xff\xd8one").digest()


def test_an_empty_file_input_is_no_file(read: Read) -> None:
    assert read(body(file(b"", name=""))).files == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(contents=st.lists(st.binary(min_size=1, max_size=300).filter(lambda data: b"--XX" not in data), max_size=3))
def test_what_another_encoder_writes_is_read_back(read: Read, contents: list[bytes]) -> None:
    request = httpx.Request(
        "POST", "http://x", data={"statement": "s"}, files=[("files", ("n", data)) for data in contents] or None
    )
    if contents:
        form = read(request.read(), content_type=request.headers["content-type"])
        assert [each.spool.read(0, 400) for each in form.files] == contents


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a form",
        b"--YY\r\n\r\n--YY--\r\n",
        body(text("statement", b"x"), end=b""),
        body(text("statement", b"x"), end=b"--XX"),
        body(file(b"x"))[:-30],
        body(b"No-Disposition: x\r\n\r\nx"),
        body(b'Content-Disposition: attachment; name="a"\r\n\r\nx'),
        body(b"Content-Disposition: form-data\r\n\r\nx"),
        body(b"Bad Header\r\n\r\nx"),
        body(b"\r\n\r\nx"),
        body(b'Content-Disposition: form-data; name="a"\r\nX-Long: ' + b"x" * 17_000 + b"\r\n\r\nx"),
    ],
)
def test_a_malformed_form_is_refused(read: Read, data: bytes) -> None:
    assert problem(read, data) == "malformed-form"


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "x" * 9999]
)
def test_another_content_type_is_refused(read: Read, kind: str) -> None:
    assert problem(read, body(file(b"x")), content_type=kind) == "malformed-form"


def test_a_file_that_is_too_long_is_refused(read: Read) -> None:
    assert read(body(file(bytes(5000)))).files[0].spool.size == 5000
    assert problem(read, body(file(bytes(5001)))) == "too-large"


def test_a_form_that_is_too_long_is_refused(read: Read) -> None:
    assert problem(read, body(*[file(bytes(5000))] * 3, text("a", bytes(5000)))) == "too-large"


def test_too_many_files_are_refused(read: Read) -> None:
    assert len(read(body(*[file(b"x")] * 3)).files) == 3
    assert problem(read, body(*[file(b"x")] * 4)) == "too-large"


def test_a_text_that_is_too_long_is_refused(read: Read) -> None:
    limits = FormLimits(1 << 20, 1 << 30, 3)
    assert problem(read, body(text("statement", b"x" * 400_001)), limits=limits) == "too-large"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=400), at=st.integers(0, 200))
def test_noise_in_a_form_is_a_form_or_a_problem(read: Read, data: bytes, at: int) -> None:
    good = body(text("statement", b"hello"), file(b"content"))
    code = ""
    try:
        read(good[:at] + data + good[at:]).close()
    except HttpProblem as error:
        code = error.code
    assert code in {"", "malformed-form", "too-large"}


@pytest.mark.parametrize("data", [b"secret", b"--XXsecret", b"--XX\r\ns\xe9cret: a\r\n\r\n", body(end=b"--XX--secret")])
def test_what_is_malformed_is_not_told_to_any_log(read: Read, data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), contextlib.suppress(HttpProblem):
        read(data)
    assert caplog.records == []
