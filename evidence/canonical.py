"""One byte string per JSON value: RFC 8785 (JCS), without floating point.

Numbers are integers of at most 53 bits (RFC 8785 3.2.2.3 keeps those exact in every reader); anything finer is text.
What `decode` accepts is exactly what `encode` writes, so a hash or signature over the bytes speaks for the value.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias, cast

import rfc8785

from evidence.errors import NotCanonical, NotJson

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_MAX_DEPTH = 64  # ours are four deep; the bound keeps recursion far from the interpreter's limit
_MAX_DIGITS = 17  # a sign and the 16 digits of 2**53 - 1


def encode(value: Json) -> bytes:
    """The RFC 8785 form of `value`, UTF-8; NotJson when it has none or holds a float."""
    _require_json(value, _MAX_DEPTH)
    try:
        return rfc8785.dumps(cast("Any", value))
    except ValueError:
        # The library's errors quote the offending number or text, so they are not chained.
        raise NotJson("a string or an integer has no RFC 8785 form") from None


def decode(data: bytes) -> Json:
    """The value whose RFC 8785 form is `data`, of dicts, lists, str, int, bool and None; NotCanonical otherwise."""
    try:
        value: Json = json.loads(
            data.decode("utf-8", errors="strict"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except RecursionError:
        raise NotCanonical("nested too deep") from None
    except ValueError:
        raise NotCanonical("not a JSON text in UTF-8") from None
    try:
        canonical = encode(value)
    except NotJson:
        raise NotCanonical("holds a value without an RFC 8785 form") from None
    if canonical != data:
        raise NotCanonical("another spelling than RFC 8785 writes")
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotCanonical("a member stands twice")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise NotCanonical("an integer beyond 53 bits")
    return int(digits)


def _refuse(_: str) -> NoReturn:
    raise NotCanonical("a number that is no integer")


def _require_json(value: object, depth: int) -> None:
    """Refuse what the library would take or refuse in its own words: floats, other keys than text."""
    if depth == 0:
        raise NotJson("nested too deep")
    if value is None or isinstance(value, (str, int)):
        return
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise NotJson("a member's name is not text")
            _require_json(member, depth - 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require_json(item, depth - 1)
    else:
        raise NotJson("a value of no JSON type, or a float")
