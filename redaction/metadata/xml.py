"""A strict tokenizer for small UTF-8 XML documents that keeps byte offsets. It expands nothing and fetches nothing.

Covers what XMP packets are made of (XML 1.0 fifth edition; XMP part 1 section 7): no document type, no names beyond
ASCII, no NUL. Everything else raises MalformedMedia, and the caller blanks the packet whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from re import compile as regex
from typing import Final

from redaction.errors import MalformedMedia
from redaction.walk import Walk

DEPTH: Final = 64
"""Deepest nesting of elements."""

PREFIXES: Final = 256
"""Most namespace prefixes that may be in force at one place."""

Name = tuple[str, str]
"""Namespace URI (empty for none) and local name."""

_NAME: Final = rb"[A-Za-z_][A-Za-z0-9_.\-]*(?::[A-Za-z_][A-Za-z0-9_.\-]*)?"
_SPACES: Final = rb"[ \t\r\n]"
_START: Final = regex(
    rb"<(" + _NAME + rb")((?:" + _SPACES + rb"+" + _NAME + _SPACES + rb"*=" + _SPACES
    + rb"*(?:\"[^\"<]*\"|'[^'<]*'))*+)" + _SPACES + rb"*(/?)>"
)  # fmt: skip
_ATTRIBUTE: Final = regex(rb"(" + _NAME + rb")" + _SPACES + rb"*=" + _SPACES + rb"*(?:\"([^\"]*)\"|'([^']*)')")
_END: Final = regex(rb"</(" + _NAME + rb")" + _SPACES + rb"*>")
_INSTRUCTION: Final = regex(rb"<\?([A-Za-z][A-Za-z0-9_.\-]*)((?:[^?]|\?(?!>))*+)\?>")
_COMMENT: Final = regex(rb"<!--((?:[^\-]|-(?!-))*+)-->")
_CDATA: Final = regex(rb"<!\[CDATA\[((?:[^\]]|\](?!\]>))*+)\]\]>")
_TEXT: Final = regex(rb"[^<]+")
_XML: Final = "http://www.w3.org/XML/1998/namespace"
XMLNS: Final = "http://www.w3.org/2000/xmlns/"


class Part(Enum):
    """What a span of the document is."""

    ATTRIBUTE = "attribute"
    TEXT = "text"
    COMMENT = "comment"
    INSTRUCTION = "instruction"


@dataclass(frozen=True, slots=True)
class Span:
    """A value at `[start, end)` in bytes; `name` is an attribute's name or an instruction's target.

    `path` are the names of the elements around it, outermost first (an attribute's own element is the last).
    """

    part: Part
    start: int
    end: int
    name: Name
    path: tuple[Name, ...]


def spans(data: bytes, walk: Walk) -> Iterator[Span]:
    """All values of a document in order; MalformedMedia where it is not of the kind described above."""
    return _Document(data, walk).spans()


class _Document:
    def __init__(self, data: bytes, walk: Walk) -> None:
        self._data = data
        self._walk = walk
        self._path: tuple[Name, ...] = ()
        self._open: list[tuple[bytes, dict[str, str]]] = []

    def spans(self) -> Iterator[Span]:
        position = 0
        while position < len(self._data):
            self._walk.node(position)
            if match := _TEXT.match(self._data, position):
                yield Span(Part.TEXT, match.start(), match.end(), ("", ""), self._path)
            elif match := _START.match(self._data, position):
                yield from self._start(match[1], match.start(2), match.end(2), closed=bool(match[3]))
            elif match := _END.match(self._data, position):
                self._end(match[1], position)
            elif match := _INSTRUCTION.match(self._data, position):
                yield Span(Part.INSTRUCTION, match.start(2), match.end(2), ("", match[1].decode()), self._path)
            elif match := _COMMENT.match(self._data, position):
                yield Span(Part.COMMENT, match.start(1), match.end(1), ("", ""), self._path)
            elif match := _CDATA.match(self._data, position):
                yield Span(Part.TEXT, match.start(1), match.end(1), ("", ""), self._path)
            else:
                raise MalformedMedia("not XML", position)
            position = match.end()
        if self._open:
            raise MalformedMedia("an XML element stays open", position)

    def _start(self, name: bytes, start: int, end: int, *, closed: bool) -> Iterator[Span]:
        if len(self._open) >= DEPTH:
            raise MalformedMedia("XML nested too deep", start)
        scope = self._open[-1][1] if self._open else {"xml": _XML, "xmlns": XMLNS}
        attributes = [
            (match[1].decode(), match.span(2) if match[2] is not None else match.span(3))
            for match in _ATTRIBUTE.finditer(self._data, start, end)
        ]
        declared = {
            key.partition(":")[2]: self._data[value[0] : value[1]].decode("utf-8")
            for key, value in attributes
            if key == "xmlns" or key.startswith("xmlns:")
        }
        scope = {**scope, **declared} if declared else scope
        if len(scope) > PREFIXES:
            raise MalformedMedia("too many XML prefixes", start)
        path = (*self._path, _expanded(name.decode(), scope, start, scope.get("", "")))
        for key, (low, high) in attributes:
            self._walk.node(low)
            attribute = (XMLNS, "") if key == "xmlns" else _expanded(key, scope, low, "")
            yield Span(Part.ATTRIBUTE, low, high, attribute, path)
        if not closed:
            self._open.append((name, scope))
            self._path = path

    def _end(self, name: bytes, position: int) -> None:
        if not self._open or self._open.pop()[0] != name:
            raise MalformedMedia("an XML element ends that did not start", position)
        self._path = self._path[:-1]


def _expanded(name: str, scope: dict[str, str], position: int, default: str) -> Name:
    prefix, colon, local = name.partition(":")
    if not colon:
        return default, name
    if prefix not in scope:
        raise MalformedMedia("an XML prefix without a namespace", position)
    return scope[prefix], local
