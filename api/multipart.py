"""Read `multipart/form-data` as it arrives: files into spools, never into temporary files.

Starlette's form parser and `UploadFile` write what a source sends to the disk in clear; this module uses the parser of
python-multipart itself. File names are read past and forgotten.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.problems import HttpProblem
from api.web.forms import CONSENT, KEEP_PLACE, STATEMENT
from vault.exhibits import Received
from vault.intake import STATEMENT_LIMIT
from vault.spool import Spool

# Its warnings quote bytes of the form, and nothing that a source sends may reach a log.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL + 1)

HEADER_LIMIT: Final = 16 * 1024  # bytes of one part's headers
TEXT_LIMIT: Final = 4 * STATEMENT_LIMIT  # bytes of one text field
OTHER_PARTS: Final = 16  # parts of a form beside its files
TEXTS: Final = frozenset({STATEMENT, KEEP_PLACE, CONSENT})
"""The text fields that are kept; others are read past, so that they cost nothing."""


@dataclass(frozen=True, slots=True)
class FormLimits:
    """Caps in bytes, and how many files one form may hold."""

    file_bytes: int
    form_bytes: int
    files: int


@dataclass(slots=True)
class Form:
    """A form that arrived whole: text fields by name, and the files in order."""

    texts: dict[str, str] = field(default_factory=dict)
    files: list[Received] = field(default_factory=list)

    def close(self) -> None:
        """Forget all files."""
        for received in self.files:
            received.spool.close()


class FormReader:
    """Takes a body chunk by chunk (`write`), then gives the `Form` (`finish`); `close` forgets everything."""

    def __init__(self, content_type: str, new_spool: Callable[[], Spool], limits: FormLimits) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise HttpProblem("malformed-form")
        self._new_spool, self._limits = new_spool, limits
        self._form, self._received, self._parts = Form(), 0, 0
        self._spool: Spool | None = None
        self._digest = hashlib.sha256()
        self._text = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value, self._header_bytes = bytearray(), bytearray(), 0
        self._field, self._is_file, self._ended = "", False, False
        self._parser = self._new_parser(boundary)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; HttpProblem when a limit is passed or the form is malformed."""
        self._received += len(chunk)
        if self._received > self._limits.form_bytes:
            raise HttpProblem("too-large")
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise HttpProblem("malformed-form") from None

    def finish(self) -> Form:
        """The form; HttpProblem when the body ended before its last boundary."""
        if not self._ended:
            raise HttpProblem("malformed-form")
        return self._form

    def close(self) -> None:
        """Forget what arrived."""
        if self._spool is not None:
            self._spool.close()
        self._form.close()

    def _new_parser(self, boundary: bytes) -> MultipartParser:
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
            )
        except FormParserError:  # a boundary that is too long
            raise HttpProblem("malformed-form") from None

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.files + OTHER_PARTS:
            raise HttpProblem("too-large")
        self._headers.clear()
        self._header_bytes = 0
        self._text = bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._grow(self._name, data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._grow(self._value, data[start:end])

    def _grow(self, target: bytearray, data: bytes) -> None:
        self._header_bytes += len(data)
        if self._header_bytes > HEADER_LIMIT:
            raise HttpProblem("malformed-form")
        target += data

    def _header_end(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            raise HttpProblem("malformed-form")
        self._field = options[b"name"].decode("utf-8", "replace")
        self._is_file = b"filename" in options
        if self._is_file:
            if len(self._form.files) >= self._limits.files:
                raise HttpProblem("too-large")
            self._spool, self._digest = self._new_spool(), hashlib.sha256()
        elif self._field in self._form.texts:
            raise HttpProblem("malformed-form")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        piece = memoryview(data)[start:end]
        if self._spool is not None:
            if self._spool.size + len(piece) > self._limits.file_bytes:
                raise HttpProblem("too-large")
            self._spool.write(bytes(piece))
            self._digest.update(piece)
        elif self._field in TEXTS:
            if len(self._text) + len(piece) > TEXT_LIMIT:
                raise HttpProblem("too-large")
            self._text += piece

    def _part_end(self) -> None:
        if self._spool is None:
            if self._field in TEXTS:
                self._form.texts[self._field] = self._text.decode("utf-8", "replace")
            return
        spool, self._spool = self._spool, None
        if spool.size == 0:  # a browser sends one empty part for a file input in which nothing was chosen
            spool.close()
            return
        spool.finish()
        self._form.files.append(Received(spool, self._digest.digest()))

    def _end(self) -> None:
        self._ended = True
