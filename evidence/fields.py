"""Strict reading of our own JSON documents: the right members, of the right form, and no others."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NoReturn

from evidence.canonical import Json, decode
from evidence.errors import DocumentError

_CACHED: Final = 1024  # times
TEXT_LIMIT: Final = 4096  # characters, unless said otherwise
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Fields:
    """The members of one JSON object, taken out one by one; `done` refuses what is left over.

    Every fault is a DocumentError whose reason is a fixed phrase and our own member's name.
    """

    def __init__(self, value: Json, document: str) -> None:
        if not isinstance(value, Mapping):
            raise DocumentError(f"{document}: not a JSON object")
        self._left = dict(value)
        self._document = document

    @classmethod
    def of(cls, data: bytes, document: str, name: str) -> "Fields":
        """Members of a canonical JSON document whose `format` is `name`."""
        fields = cls(decode(data), document)
        fields.format(name)
        return fields

    def format(self, name: str) -> None:
        """Require the member `format` to be `name`."""
        if self._left.pop("format", None) != name:
            self._fault("format")

    def text(self, name: str, limit: int = TEXT_LIMIT) -> str:
        """A text of at most `limit` characters."""
        value = self._left.pop(name, None)
        if not isinstance(value, str) or len(value) > limit:
            self._fault(name)
        return value

    def optional_text(self, name: str, limit: int = TEXT_LIMIT) -> str | None:
        """A text that may be absent."""
        return self.text(name, limit) if name in self._left else None

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        """A text that matches `pattern` whole."""
        value = self.text(name)
        if not pattern.fullmatch(value):
            self._fault(name)
        return value

    def integer(self, name: str, low: int = 0, high: int = 2**53 - 1) -> int:
        """An integer from `low` to `high`."""
        value = self._left.pop(name, None)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self._fault(name)
        return value

    def hexadecimal(self, name: str, length: int) -> bytes:
        """`length` bytes, written as lower-case hex digits."""
        value = self._left.pop(name, None)
        if not isinstance(value, str) or len(value) != 2 * length or not _HEX.fullmatch(value):
            self._fault(name)
        return bytes.fromhex(value)

    def time(self, name: str) -> datetime:
        """An RFC 3339 time in UTC, in whole seconds, with the letter Z."""
        value = self._left.pop(name, None)
        if not isinstance(value, str):
            self._fault(name)
        try:
            return moment(value)
        except DocumentError:
            self._fault(name)

    def array(self, name: str, limit: int = 100_000) -> list[Json]:
        """A list of at most `limit` values."""
        value = self._left.pop(name, None)
        if not isinstance(value, list) or len(value) > limit:
            self._fault(name)
        return value

    def texts(self, name: str, limit: int = 10_000) -> tuple[str, ...]:
        """A list of texts."""
        values = self.array(name, limit)
        if not all(isinstance(value, str) for value in values):
            self._fault(name)
        return tuple(value for value in values if isinstance(value, str))

    def object(self, name: str) -> "Fields":
        """A nested object."""
        return Fields(self._left.pop(name, None), f"{self._document}.{name}")

    def json(self, name: str) -> Json:
        """Any value; absent counts as a fault."""
        if name not in self._left:
            self._fault(name)
        return self._left.pop(name)

    def has(self, name: str) -> bool:
        """Whether the member is there and not yet taken."""
        return name in self._left

    def done(self) -> None:
        """Refuse members that nobody asked for."""
        if self._left:
            raise DocumentError(f"{self._document}: it has a member that this version does not know")

    def _fault(self, name: str) -> NoReturn:
        raise DocumentError(f"{self._document}: the member {name} is missing or malformed")


@lru_cache(_CACHED)  # times that are cut to the hour come again and again
def moment(text: str) -> datetime:
    """The time that `rfc3339` writes so; DocumentError when it writes none so."""
    if _TIME.fullmatch(text):
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    raise DocumentError("not a time in RFC 3339, UTC, whole seconds")


@lru_cache(_CACHED)
def rfc3339(time: datetime) -> str:
    """`2026-11-24T00:15:28Z`: RFC 3339, UTC, whole seconds; ValueError for a time without a zone."""
    if time.tzinfo is None:
        raise ValueError("a time without a zone has no RFC 3339 form in UTC")
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
