"""One byte string per JSON value: RFC 8785 (JCS), without floating point.

Numbers are integers of at most 53 bits (RFC 8785 3.2.2.3 keeps those exact in every reader); anything finer is text.
What `decode` accepts is exactly what `encode` writes, so a hash or signature over the bytes speaks for the value.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn, TypeAlias, cast

import rfc8785

from evidence.errors import NotCanonical, NotJson

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_MAX_DEPTH = 64  # ours are four deep; the bound keeps recursion far from the interpreter's limit
_MAX_DIGITS = 17  # a sign and the 16 digits of 2**53 - 1
_MAX_INTEGER: Final = 2**53 - 1
_BEYOND_BMP: Final = "\U00010000"


def encode(value: Json) -> bytes:
    """The RFC 8785 form of `value`, UTF-8; NotJson when it has none or holds a float."""
    _require_json(value, _MAX_DEPTH)
    return _spell(value)


def decode(data: bytes) -> Json:
    """The value whose RFC 8785 form is `data`, of dicts, lists, str, int, bool and None; NotCanonical otherwise."""
    try:
        value: Json = _READER.decode(data.decode("utf-8", errors="strict"))
    except RecursionError:
        raise NotCanonical("nested too deep") from None
    except ValueError:
        raise NotCanonical("not a JSON text in UTF-8") from None
    try:
        if data.count(b"{") + data.count(b"[") >= _MAX_DEPTH:  # fewer cannot nest too deep, and most have a handful
            _require_json(value, _MAX_DEPTH)
        canonical = _spell(value)
    except NotJson:
        raise NotCanonical("holds a value without an RFC 8785 form") from None
    if canonical != data:  # also where a member stands twice: the reader keeps the last one only
        raise NotCanonical("another spelling than RFC 8785 writes")
    return value


def _spell(value: Json) -> bytes:
    """The RFC 8785 form of what `_require_json` allows.

    Without floats, Python's own encoder differs from RFC 8785 in one thing: it sorts members by code points instead
    of UTF-16 code units. The two orders are one as long as no character lies beyond U+FFFF; else the library writes.
    """
    try:
        text = _WRITER.encode(value)
        if text.isascii() or max(text) < _BEYOND_BMP:
            return text.encode("utf-8")
        return rfc8785.dumps(cast("Any", value))
    except ValueError:
        # The libraries' errors quote the offending number or text, so they are not chained.
        raise NotJson("a string or an integer has no RFC 8785 form") from None


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS or not -_MAX_INTEGER <= int(digits) <= _MAX_INTEGER:
        raise NotCanonical("an integer beyond 53 bits")
    return int(digits)


def _refuse(_: str) -> NoReturn:
    raise NotCanonical("a number that is no integer")


_READER: Final = json.JSONDecoder(parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)
_WRITER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False)


def _require_json(value: object, depth: int) -> None:
    """Refuse what has no RFC 8785 form, and floats, other keys than text, and what nests too deep."""
    if depth == 0:
        raise NotJson("nested too deep")
    if value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        if not -_MAX_INTEGER <= value <= _MAX_INTEGER:
            raise NotJson("an integer beyond 53 bits")
    elif isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise NotJson("a member's name is not text")
            _require_json(member, depth - 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require_json(item, depth - 1)
    else:
        raise NotJson("a value of no JSON type, or a float")
