"""Withheld segments: byte ranges of an original that were blanked, as committed and as opened (docs/formats.md).

`Withheld` stands in the exhibit record and tells nothing of the bytes; `OpenedSegment` stands in `withheld.age` only.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final

from evidence.canonical import Json
from evidence.errors import SegmentError
from evidence.tlog.lines import base64_bytes, base64_text
from evidence.tlog.merkle import HASH_BYTES, LEAF_PREFIX

MAX_SEGMENTS: Final = 100_000
MAX_STRUCTURE_BYTES: Final = 64
"""How long a `hex:` filler may be: enough for a container's structure, too little to smuggle anything in."""
MAX_OFFSET: Final = 2**53 - 1
"""The largest place in a file, in bytes: what canonical JSON can hold."""
SALT_BYTES: Final = 32

_MAX_WHAT = 200
_HEX_FILLER = re.compile(r"hex:((?:[0-9a-f]{2})+)")
_HASH = re.compile(r"[0-9a-f]{64}")


def withheld_leaf(offset: int, salt: bytes, data: bytes) -> bytes:
    """The leaf hash of a withheld segment: 32 bytes that hide `data` as long as the 256-bit `salt` is secret."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    if not 0 <= offset <= MAX_OFFSET or not data:
        raise ValueError("a withheld segment covers at least one byte")
    leaf = hashlib.sha256(LEAF_PREFIX + b"W" + offset.to_bytes(8, "big") + len(data).to_bytes(8, "big") + salt)
    leaf.update(data)
    return leaf.digest()


@dataclass(frozen=True)
class Withheld:
    """A blanked range: `offset` and `length` in bytes of the file; the 32-byte `leaf` commits to what was there.

    `what` names the field (`mp4/udta/©xyz`), never its value. `filler` says what stands there now: `zero`, `space`, or
    `hex:` with all of the at most 64 bytes. SegmentError when any of these is not so.
    """

    offset: int
    length: int
    what: str
    leaf: bytes
    filler: str

    def __post_init__(self) -> None:
        if self.offset < 0 or self.length < 1 or self.end > MAX_OFFSET:
            raise SegmentError("a withheld segment lies outside any file")
        if len(self.leaf) != HASH_BYTES:
            raise SegmentError("a leaf has 32 bytes", self.offset)
        if not 0 < len(self.what) <= _MAX_WHAT or not self.what.isprintable():
            raise SegmentError("the name of a withheld field is empty, too long or not printable", self.offset)
        if self.filler not in {"zero", "space"} and len(self._structure) != self.length:
            raise SegmentError("a filler does not fit its segment", self.offset)

    @property
    def end(self) -> int:
        """The offset just past the range."""
        return self.offset + self.length

    @cached_property
    def _structure(self) -> bytes:
        match = _HEX_FILLER.fullmatch(self.filler)
        if match is None or len(match[1]) > 2 * MAX_STRUCTURE_BYTES:
            raise SegmentError("no filler that may stand in a file", self.offset)
        return bytes.fromhex(match[1])

    def filler_bytes(self, start: int, length: int) -> bytes:
        """What the redacted file holds in `length` bytes from `start` bytes into the range."""
        if self.filler == "zero":
            return bytes(length)
        if self.filler == "space":
            return b" " * length
        return self._structure[start : start + length]

    def to_json(self) -> dict[str, Json]:
        """The member of `withheld` in the exhibit record."""
        return {
            "offset": self.offset,
            "length": self.length,
            "what": self.what,
            "leaf": self.leaf.hex(),
            "filler": self.filler,
        }

    @classmethod
    def from_json(cls, value: Json) -> "Withheld":
        """Read what `to_json` writes, and nothing else; SegmentError otherwise."""
        members = _members(value, cls)
        what, filler = _text(members["what"]), _text(members["filler"])
        return cls(_number(members["offset"]), _number(members["length"]), what, _hash(members["leaf"]), filler)


@dataclass(frozen=True)
class OpenedSegment:
    """What was withheld at `offset`, with the salt of its leaf. Whoever has this can prove it, and knows it."""

    offset: int
    salt: bytes
    data: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.offset <= MAX_OFFSET or not self.data:
            raise SegmentError("an opened segment lies outside any file")
        if len(self.salt) != SALT_BYTES:
            raise SegmentError("a salt has 32 bytes", self.offset)

    def __repr__(self) -> str:
        """Without the content: this type must be safe in any message."""
        return f"OpenedSegment(offset={self.offset}, length={len(self.data)})"

    @cached_property
    def leaf(self) -> bytes:
        """The leaf hash that commits to this segment."""
        return withheld_leaf(self.offset, self.salt, self.data)

    def to_json(self) -> dict[str, Json]:
        """The member of `withheld.age`: the bytes in base64, the salt in hex."""
        return {"offset": self.offset, "salt": self.salt.hex(), "data": base64_text(self.data)}

    @classmethod
    def from_json(cls, value: Json) -> "OpenedSegment":
        """Read what `to_json` writes, and nothing else; SegmentError otherwise."""
        members = _members(value, cls)
        data = base64_bytes(_text(members["data"]), SegmentError)
        return cls(_number(members["offset"]), _hash(members["salt"]), data)


def withheld_from_json(value: Json) -> tuple[Withheld, ...]:
    """Read the record's list of withheld segments, which must be in order and disjoint; SegmentError otherwise."""
    if not isinstance(value, list) or len(value) > MAX_SEGMENTS:
        raise SegmentError("not a list of withheld segments, or too many")
    segments = tuple(Withheld.from_json(each) for each in value)
    require_order(segments)
    return segments


def require_order(segments: Sequence[Withheld], length: int | None = None) -> None:
    """SegmentError unless the segments are disjoint, in file order, not too many, and end within `length` if given."""
    if len(segments) > MAX_SEGMENTS:
        raise SegmentError("too many withheld segments")
    end = 0
    for segment in segments:
        if segment.offset < end:
            raise SegmentError("withheld segments overlap or are out of order", segment.offset)
        end = segment.end
    if length is not None and end > length:
        raise SegmentError("a withheld segment ends beyond the file", segments[-1].offset)


def _members(value: Json, kind: type[Withheld] | type[OpenedSegment]) -> Mapping[str, Json]:
    """The members of an object that has one for each field of `kind` and no other."""
    if not isinstance(value, Mapping) or set(value) != {field.name for field in fields(kind)}:
        raise SegmentError("not the members of a segment")
    return value


def _number(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SegmentError("not a number of bytes")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise SegmentError("not text")
    return value


def _hash(value: Json) -> bytes:
    text = _text(value)
    if not _HASH.fullmatch(text):
        raise SegmentError("not 32 bytes in lower-case hex")
    return bytes.fromhex(text)
