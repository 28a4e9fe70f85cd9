"""One byte string per JSON value: RFC 8785 (JCS), without floating point.

Numbers are integers of at most 53 bits (RFC 8785 3.2.2.3 keeps those exact in every reader); anything finer is text.
What `decode` accepts is exactly what `encode` writes, so a hash or signature over the bytes speaks for the value.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any, Final, TypeAlias, cast

import orjson
import rfc8785

from evidence.errors import NotCanonical, NotJson

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_MAX_DEPTH: Final = 64  # ours are four deep; the bound keeps recursion far from the interpreter's limit
_LEAVES: Final = frozenset({str, int, bool, NoneType})
_BEYOND_BMP: Final = 0xF0  # the first byte in UTF-8 of a character beyond U+FFFF, and no byte of any other
_WRITING: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def encode(value: Json) -> bytes:
    """The RFC 8785 form of `value`, UTF-8; NotJson when it has none or holds a float."""
    _require_json(value, _MAX_DEPTH)
    return _spell(value)


def decode(data: bytes) -> Json:
    """The value whose RFC 8785 form is `data`, of dicts, lists, str, int, bool and None; NotCanonical otherwise."""
    try:
        value: Json = orjson.loads(data)
    except ValueError:
        raise NotCanonical("not a JSON text in UTF-8, or nested too deep") from None
    try:
        canonical = encode(value)
    except NotJson as error:
        raise NotCanonical(error.reason) from None
    if canonical != data:  # also where a member stands twice: the reader keeps the last one only
        raise NotCanonical("another spelling than RFC 8785 writes")
    return value


def _spell(value: Json) -> bytes:
    """The RFC 8785 form of what `_require_json` allows.

    Without floats, orjson differs from RFC 8785 in one thing: it sorts members by code points instead of UTF-16 code
    units. The two orders are one as long as no character lies beyond U+FFFF; else the slower library writes.
    """
    try:
        data = orjson.dumps(value, option=_WRITING)
        if data.isascii() or max(data) < _BEYOND_BMP:
            return data
        return rfc8785.dumps(cast("Any", value))
    except (TypeError, ValueError):
        # The libraries' errors quote the offending number or text, so they are not chained.
        raise NotJson("a string or an integer has no RFC 8785 form, or a member's name is not text") from None


def _require_json(value: object, depth: int) -> None:
    """Refuse floats, what is of no JSON type, and what nests too deep; the rest is `_spell`'s to refuse."""
    if depth == 0:
        raise NotJson("nested too deep")
    if isinstance(value, dict):
        members: Iterable[object] = value.values()
    elif isinstance(value, (list, tuple)):
        members = value
    elif value is None or isinstance(value, (str, int)):
        return
    else:
        raise NotJson("a value of no JSON type, or a float")
    if not _LEAVES.issuperset(map(type, members)):
        for member in members:
            if type(member) not in _LEAVES:
                _require_json(member, depth - 1)
