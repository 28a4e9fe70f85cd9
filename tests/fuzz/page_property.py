"""What must hold of the papers around a redaction: the proof that is read, and the page that is drawn."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from api.cli.layout_page import render
from api.cli.redaction_proof import RedactionProof, withhold
from evidence.errors import EvidenceError
from redaction.errors import UnsupportedMedia
from redaction.planner import POLICY, plan
from redaction.reader import BytesReader
from tests.fuzz.redaction_property import NotHeld
from tests.redaction.containers import mp4, photos, pictures
from tests.redaction.containers.redacting import SECRET

_ELEMENTS: Final = frozenset(
    {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "em", "strong", "code", "ul", "li"}
    | {"figure", "figcaption", "svg", "defs", "pattern", "rect", "path", "circle", "g", "span", "div"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
"""What the page is made of; none fetches or runs anything."""


class _Page(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ELEMENTS or any(name.startswith("on") or name in {"src", "href"} for name, _ in attrs):
            raise NotHeld("the page holds an element that it should not")


def holds(data: bytes) -> None:
    """The first byte says: 0 a proof, which is read or refused; else a file, whose page is of known elements."""
    if data[:1] == b"\0":
        try:
            proof = RedactionProof.parse(data[1:])
        except EvidenceError:
            return
        if RedactionProof.parse(proof.encode()) != proof:
            raise NotHeld("a proof is read as another one")
        return
    try:
        planned = plan(BytesReader(data[1:]))
    except UnsupportedMedia:
        return
    page = _Page()
    for piece in render(planned, lambda finding: data[1 + finding.offset : 1 + finding.end][:40].decode("latin-1")):
        page.feed(piece)


def seeds() -> Iterator[bytes]:
    """A proof, and files with findings."""
    photo = photos.photo(photos.segment(0xFE, b"<script>" + SECRET))
    yield b"\0" + RedactionProof(POLICY, "a tool", 9, bytes(32), ()).encode()
    reader = BytesReader(photo)
    yield (
        b"\0"
        + RedactionProof(POLICY, "a tool", len(photo), bytes(32), withhold(reader, plan(reader).findings)).encode()
    )
    for file in (photo, mp4.movie([mp4.video()]), pictures.gif(b"\x21\xfe" + pictures.sub_blocks(SECRET))):
        yield b"\1" + file
