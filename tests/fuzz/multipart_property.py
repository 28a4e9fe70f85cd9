"""What must hold of reading a form, whatever the bytes are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api.multipart import Form, FormLimits, FormReader
from api.problems import HttpProblem
from tests.fuzz.redaction_property import NotHeld
from vault.spool import Spool

_KIND: Final = "multipart/form-data; boundary=xyz"
_LIMITS: Final = FormLimits(file_bytes=2000, form_bytes=20_000, files=3)


def holds(data: bytes) -> None:
    """A form reads or is an HttpProblem, never two forms in other pieces; limits hold, and nothing stays open.

    The first byte says how long the pieces are.
    """
    piece = 1 + data[0] % 64 if data else 1
    body = data[1:]
    whole, split = _read(body, len(body) + 1), _read(body, piece)
    refused = isinstance(whole, str) or isinstance(split, str)  # python-multipart takes a preamble in one piece only
    if whole != split and not refused:
        raise NotHeld("a form reads differently in other pieces")


def seeds() -> Iterator[bytes]:
    """Forms with texts and files."""
    text = b'--xyz\r\nContent-Disposition: form-data; name="statement"\r\n\r\nwhat happened\r\n'
    file = b'--xyz\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n\xff\xd8\r\n--xy\r\n'
    for parts in (
        text,
        file,
        text + file,
        file * 3,
        file * 4,
        text * 2,
        text.replace(b"\r\n\r\n", b"\r\nA: b\r\n\r\n"),
    ):
        yield b"\5" + parts + b"--xyz--\r\n"
    yield b"\1" + text


def _read(body: bytes, piece: int) -> tuple[dict[str, str], list[bytes]] | str:
    spools: list[Spool] = []

    def new_spool() -> Spool:
        spools.append(Spool(Path("/nowhere")))
        return spools[-1]

    reader = FormReader(_KIND, new_spool, _LIMITS)
    try:
        for at in range(0, len(body), piece):
            reader.write(body[at : at + piece])
        return _told(reader.finish())
    except HttpProblem as problem:
        return problem.code
    finally:
        reader.close()
        if any(not _closed(spool) for spool in spools):
            raise NotHeld("a file stays open")


def _told(form: Form) -> tuple[dict[str, str], list[bytes]]:
    files = [received.spool.read(0, received.spool.size) for received in form.files]
    if len(files) > _LIMITS.files or any(len(data) > _LIMITS.file_bytes for data in files):
        raise NotHeld("a limit is passed")
    return dict(form.texts), files


def _closed(spool: Spool) -> bool:
    try:
        spool.read(0, 1)
    except (RuntimeError, ValueError):
        return True
    return False
