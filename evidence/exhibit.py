"""The exhibit record, sealed beside each exhibit, and what the custody log says about the stored objects.

The record (`amparo/exhibit/1`) holds the plain hash of the media, so only those who may open the exhibit read it; the
`exhibit.sealed` event commits to it by `record_commitment`, which hides it because the record has a 128-bit nonce.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from evidence.canonical import Json, encode
from evidence.errors import DocumentError
from evidence.fields import Fields, rfc3339
from evidence.ids import CASE_PATTERN, EXHIBIT_PATTERN, CaseNumber, ExhibitId
from evidence.withheld import OpenedSegment, Withheld, withheld_from_json

FORMAT: Final = "amparo/exhibit/1"
WITHHELD_FORMAT: Final = "amparo/withheld/1"
BLOCK: Final = 1024 * 1024
"""Bytes of a disclosed block of provable redaction."""
OUTCOMES: Final = ("clean", "unstripped")
CHANNELS: Final = ("web-form", "resumable", "live", "cli")
SOURCE: Final = "anonymous, not recorded"
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_OPTIONAL_HASH: Final = re.compile(r"(?:[0-9a-f]{64})?")
_HEADER_END: Final = re.compile(rb"^--- [A-Za-z0-9+/]{43}\n", re.MULTILINE)
HEADER_LIMIT: Final = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class ExhibitRecord:
    """What is known of one exhibit. Sizes in bytes; hashes and commitments of 32 bytes; `root` as in `segments`."""

    exhibit: ExhibitId
    case: CaseNumber
    number: int
    received_at: datetime
    clock: str
    channel: str
    media_type: str
    media_bytes: int
    media_sha256: bytes
    payload_bytes: int
    payload_sha256: bytes
    media_key: bytes
    """`key_commitment` of the media's file key."""
    withheld_key: bytes | None
    """The same of `withheld.age`, where there is one."""
    policy: str
    tool: str
    outcome: str
    root: bytes
    withheld: tuple[Withheld, ...]
    original_commitment: bytes
    nonce: bytes
    reason: str = "protection of the source"

    def to_json(self) -> dict[str, Json]:
        """The record's document."""
        return {
            "format": FORMAT,
            "exhibit": self.exhibit,
            "case": self.case,
            "number": self.number,
            "received_at": rfc3339(self.received_at),
            "clock": self.clock,
            "channel": self.channel,
            "source": SOURCE,
            "consent": {"scope": "see the events consent.given of the case", "version": 2},
            "media": {"type": self.media_type, "bytes": self.media_bytes, "sha256": self.media_sha256.hex()},
            "payload": {"bytes": self.payload_bytes, "sha256": self.payload_sha256.hex()},
            "redaction": {
                "policy": self.policy,
                "tool": self.tool,
                "reason": self.reason,
                "outcome": self.outcome,
                "block": BLOCK,
                "root": self.root.hex(),
                "original_bytes": self.media_bytes,
                "withheld": [segment.to_json() for segment in self.withheld],
            },
            "original": {"commitment": self.original_commitment.hex()},
            "keys": {"media": self.media_key.hex(), "withheld": self.withheld_key.hex() if self.withheld_key else ""},
            "nonce": self.nonce.hex(),
        }

    def encode(self) -> bytes:
        """The record's bytes, canonical JSON."""
        return encode(self.to_json())

    @classmethod
    def parse(cls, data: bytes) -> "ExhibitRecord":
        """Read a record; an EvidenceError says which member is wrong."""
        fields = Fields.of(data, "exhibit record", FORMAT)
        media, payload, redaction = fields.object("media"), fields.object("payload"), fields.object("redaction")
        original, keys = fields.object("original"), fields.object("keys")
        fields.json("consent")
        if fields.text("source") != SOURCE:
            raise DocumentError("exhibit record: the member source is missing or malformed")
        media_bytes = media.integer("bytes")
        if redaction.integer("block") != BLOCK or redaction.integer("original_bytes") != media_bytes:
            raise DocumentError("exhibit record: the block size or the original's length is not as this format has it")
        record = cls(
            exhibit=ExhibitId(fields.matching("exhibit", EXHIBIT_PATTERN)),
            case=CaseNumber(fields.matching("case", CASE_PATTERN)),
            number=fields.integer("number", 1, 100_000),
            received_at=fields.time("received_at"),
            clock=fields.text("clock", 32),
            channel=fields.text("channel", 32),
            media_type=media.matching("type", _MEDIA_TYPE),
            media_bytes=media_bytes,
            media_sha256=media.hexadecimal("sha256", 32),
            payload_bytes=payload.integer("bytes"),
            payload_sha256=payload.hexadecimal("sha256", 32),
            media_key=keys.hexadecimal("media", 32),
            withheld_key=_optional_hash(keys, "withheld"),
            policy=redaction.text("policy", 64),
            tool=redaction.text("tool", 64),
            reason=redaction.text("reason", 256),
            outcome=redaction.text("outcome", 16),
            root=redaction.hexadecimal("root", 32),
            withheld=withheld_from_json(redaction.json("withheld")),
            original_commitment=original.hexadecimal("commitment", 32),
            nonce=fields.hexadecimal("nonce", 16),
        )
        for part in (media, payload, redaction, original, keys, fields):
            part.done()
        if record.outcome not in OUTCOMES or record.channel not in CHANNELS:
            raise DocumentError("exhibit record: an outcome or channel that this version does not know")
        return record


def _optional_hash(fields: Fields, name: str) -> bytes | None:
    digits = fields.matching(name, _OPTIONAL_HASH)
    return bytes.fromhex(digits) or None


def key_commitment(file_key: bytes) -> bytes:
    """What a record holds of an age file key, so that a custodian can see which key a header really wraps.

    HKDF-SHA256(file key, salt empty, info "amparo/file-key/v1", 32 bytes): it tells nothing of 128 random bits.
    """
    return HKDF(SHA256(), 32, salt=b"", info=b"amparo/file-key/v1").derive(file_key)


def statement_text(case: str, number: int, words: str) -> bytes:
    """What is sealed of a statement: a first line that binds it to its case, an empty line, the source's words."""
    return f"Case {case}, statement {number}\n\n{words}".encode()


def record_commitment(record: bytes) -> bytes:
    """What the `exhibit.sealed` event holds of the record: SHA-256 over its bytes."""
    return hashlib.sha256(record).digest()


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An age payload section in the store: its place (the key without `.header`/`.payload`), length, SHA-256."""

    key: str
    size: int
    sha256: bytes

    def to_json(self) -> dict[str, Json]:
        """The form in which an event holds it."""
        return {"key": self.key, "bytes": self.size, "sha256": self.sha256.hex()}

    @classmethod
    def from_json(cls, value: Json) -> "StoredObject":
        """Read the form in which an event holds it."""
        fields = Fields(value, "stored object")
        stored = cls(fields.text("key", 256), fields.integer("bytes"), fields.hexadecimal("sha256", 32))
        fields.done()
        return stored


def stored_objects(detail: Mapping[str, Json]) -> Sequence[StoredObject]:
    """The objects that an `exhibit.sealed` or `statement.sealed` event commits to."""
    objects = detail.get("objects")
    if not isinstance(objects, list):
        raise DocumentError("event: the member objects is missing or malformed")
    return [StoredObject.from_json(item) for item in objects]


def header_length(data: bytes) -> int:
    """Length in bytes of the age header at the start of `data`: up to and including its MAC line (C2SP age, Header)."""
    end = _HEADER_END.search(data, 0, HEADER_LIMIT)
    if end is None or not data.startswith(b"age-encryption.org/v1\n"):
        raise DocumentError("age file: no header")
    return end.end()


def parse_withheld(data: bytes) -> tuple[bytes, list[OpenedSegment]]:
    """Read `withheld.json`: the original's SHA-256 and the opened segments."""
    fields = Fields.of(data, "withheld", WITHHELD_FORMAT)
    original = fields.hexadecimal("original_sha256", 32)
    segments = [OpenedSegment.from_json(item) for item in fields.array("segments")]
    fields.done()
    return original, segments


def withheld_document(original_sha256: bytes, segments: Iterable[OpenedSegment]) -> Iterator[bytes]:
    """The bytes of `withheld.age`, before they are sealed, in pieces: as a whole they would need memory many times."""
    empty = encode({"format": WITHHELD_FORMAT, "original_sha256": original_sha256.hex(), "segments": []})
    end = b"]}"
    yield empty.removesuffix(end)
    for place, segment in enumerate(segments):
        yield (b"," if place else b"") + encode(segment.to_json())
    yield end
