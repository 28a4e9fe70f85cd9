"""A raw search over a whole redacted file: for what was just withheld, in every form, and for the forms of positions.

Nothing is sampled. What is compressed, or written in base64, is searched, too. A file that makes this too costly is
MalformedMedia: nobody can vouch for it.
"""

from collections.abc import Sequence
from functools import cache
from re import Pattern
from re import compile as regex
from typing import Final, NamedTuple

from redaction.finding import Finding
from redaction.hidden_streams import HEADER_BYTES, HEADERS, TEXT, Budget, More, decoded, inflated
from redaction.literals import Patterns, literal
from redaction.nested_exif import BLOCK_BYTES, has_position
from redaction.reader import Reader
from redaction.withheld_values import Needle, needles

_PIECE_BYTES: Final = 1 << 20
_OVERLAP_BYTES: Final = 1024
_CORE_BYTES: Final = 5
_HINT_BYTES, _VALUE_BYTES = 32, 320  # before and behind the end of a hint, where its value may stand
_DEPTH: Final = 3  # base64 in deflate in base64
_CHECKS: Final = 100_000  # of short forms; so many by chance would take more than a hundred gigabytes


XML_POSITION: Final = regex(rb"(?:GPSL|GpsL|:L)(?:atitude|ongitude|ongtitude)(?:\s*=\s*[\"']|>)\s*[+\-0-9]")
XML_PLACE: Final = regex(rb":(?:City|State|CountryName|Country)(?:\s*=\s*[\"']|>)\s*[^\s\"'<\0]")
"""A property of XMP that still tells a place."""


class _Form(NamedTuple):
    """`hint` finds where to look fast; `value` says that something stands there."""

    word: str
    hint: bytes
    value: Pattern[bytes]


_FORMS: Final = (
    _Form("iso6709", rb"[+\-]\d{1,3}\.\d\d", regex(rb"[+-]\d{1,3}\.\d{2,}[+-]\d{1,3}\.\d{2,}")),
    _Form(
        "iso6709",
        rb"[+\-]\x00(?:\d\x00){1,3}\.\x00\d",
        regex(rb"[+-]\0(?:\d\0){1,3}\.\0(?:\d\0){2,}[+-]\0(?:\d\0){1,3}\.\0(?:\d\0?){2,}"),
    ),
    _Form("xmp-coordinate", rb",\d\d?\.\d\d", regex(rb"\d,\d{1,2}\.\d{2,}[NSEW]")),
    _Form("xyz", rb"\xa9xyz", regex(rb"\xa9xyz[\s\S]{4}[+\-]?\d")),
    _Form("loci", rb"loci\x00{4}", regex(rb"loci\x00{4}[\s\S]{2}[^\x00]{0,200}\x00[\s\S](?!\x00{8})")),
    _Form("gpmf", rb"GPS[59]", regex(rb"GPS[59][a-zA-Z?][\x01-\x40][\s\S]{2}\x00{0,3}[^\x00]")),
    _Form("xml-position", rb"tude", XML_POSITION),
    _Form("xml-place", rb":(?:City|State|Country)", XML_PLACE),
    _Form(
        "nmea",
        rb"\$[GB][A-Z](?:RMC|GGA|GLL|GNS)",
        regex(rb"\$[GB][A-Z](?:RMC|GGA|GLL|GNS),[^\r\n*]{0,40}?\d{4}\.\d+,[NS],"),
    ),
    _Form("dash-camera", rb"freeGPS ", regex(rb"freeGPS [\s\S]{4,64}?[^\x00 ]")),
)
_EXIF: Final = (rb"II\*\x00", rb"MM\x00\*")
_EXIF_AT, _STREAMS_AT = len(_FORMS), len(_FORMS) + len(_EXIF)
_TEXT_AT: Final = _STREAMS_AT + len(HEADERS)


@cache
def _fixed() -> Patterns:
    expressions = [*(form.hint for form in _FORMS), *_EXIF, *HEADERS, TEXT]
    return Patterns(expressions)


class _Search:
    """One search of one file; `found` has the words of what was found."""

    def __init__(self, size: int, needles: Sequence[Needle]) -> None:
        by_core: dict[bytes, list[tuple[Needle, int]]] = {}
        for needle in needles:
            start, core = _core(needle.value)
            by_core.setdefault(core, []).append((needle, start + len(core)))
        self._needles = list(by_core.values())
        self._values = Patterns([literal(core) for core in by_core]).searcher() if by_core else None
        self._forms = _fixed().searcher()
        self._budget = Budget(size)
        self._checks = _CHECKS
        self.found: dict[str, None] = {}

    def piece(self, piece: bytes, more: More, depth: int = 0, opened: int = 0) -> int:
        """Search one piece, of which the first `opened` bytes are of a stream that was opened already.

        `more` goes on behind the piece. Returns how many of its bytes, and of those behind it, are of such a stream.
        """
        if self._values is not None:
            for number, end in self._values.places(piece):
                for needle, before in self._needles[number]:
                    self._needle(needle, piece, end - before)
        texts: list[int] = []
        for number, end in sorted(self._forms.places(piece), key=lambda place: place[1]):
            if number < _EXIF_AT:
                self._form(_FORMS[number], piece, end)
            elif number < _STREAMS_AT:
                self._budget.block()
                block = piece[end - 4 : end - 4 + BLOCK_BYTES]
                if has_position(block + more(0)[: BLOCK_BYTES - len(block)]):
                    self.found["raw/exif"] = None
            elif depth >= _DEPTH:
                continue
            elif number == _TEXT_AT:
                texts.append(end)
            elif end > opened:
                start = end - HEADER_BYTES[number - _STREAMS_AT]
                opened = max(opened, start + self._stream(piece, start, more, depth))
        if texts:
            self.piece(decoded(piece, texts, self._budget), _nothing, depth + 1)
        return opened

    def _stream(self, piece: bytes, start: int, more: More, depth: int) -> int:
        used, rest = 0, b""
        for data, used in inflated(piece, start, more, self._budget):  # noqa: B007 - the last one is what was used
            self.piece(rest + data, _nothing, depth + 1)
            rest = (rest + data)[-_OVERLAP_BYTES:]
        return used

    def _needle(self, needle: Needle, piece: bytes, start: int) -> None:
        if needle.what in self.found or not piece.startswith(needle.value, max(start, 0)) or start < 0:
            return
        if needle.beside:
            self._checks -= 1
            end = start + len(needle.value)
            around = (piece[max(0, start - needle.near) : start], piece[end : end + needle.near])
            if self._checks >= 0 and not any(other in side for side in around for other in needle.beside):
                return
        self.found[needle.what] = None

    def _form(self, form: _Form, piece: bytes, end: int) -> None:
        word = f"raw/{form.word}"
        if word not in self.found and form.value.search(piece, max(0, end - _HINT_BYTES), end + _VALUE_BYTES):
            self.found[word] = None


def _core(value: bytes) -> tuple[int, bytes]:
    """The most telling few bytes of a value, and where they stand in it: short patterns compile ten times as fast."""
    starts = range(max(1, len(value) - _CORE_BYTES + 1))
    start = max(starts, key=lambda at: len(set(value[at : at + _CORE_BYTES])))
    core = value[start : start + _CORE_BYTES]
    return (start, core) if len(set(core)) > 2 else (0, value)


def _nothing(_offset: int) -> bytes:
    return b""


def _behind(reader: Reader, end: int) -> More:
    return lambda at: reader.read(end + at, _PIECE_BYTES)


def leftovers(original: Reader, findings: Sequence[Finding], redacted: Reader) -> tuple[str, ...]:
    """Words for what is left in the redacted file; MalformedMedia when it would cost too much to search.

    `raw/…` names a form of position that stands there, whatever was withheld. Any other word is the name (`what`) of a
    finding of which a copy, or the same position in another form, is still there. Values too short or too plain to
    tell anything are not looked for.
    """
    search = _Search(redacted.size, needles(original, findings))
    rest, opened = b"", 0
    for offset in range(0, redacted.size, _PIECE_BYTES):
        piece = rest + redacted.read(offset, _PIECE_BYTES)
        end = min(offset + _PIECE_BYTES, redacted.size)
        opened = search.piece(piece, _behind(redacted, end), opened=opened)
        rest = piece[-_OVERLAP_BYTES:]
        opened = max(0, opened - len(piece) + len(rest))
    return tuple(search.found)
