"""The record of an exhibit that never arrived whole, sealed beside it as other exhibits' records are.

The vault could not read it when the time ran out, so the record names no kind and no hash of the file. It says how much
arrived, and how to open it: the payload is the pieces as they were stored, one age payload after the other, all under
the one file key that the header wraps. Such an exhibit never leaves the vault in a bundle (docs/formats.md).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from evidence.canonical import Json, decode, encode
from evidence.errors import DocumentError, SealError
from evidence.exhibit import CHANNELS, SOURCE, ExhibitRecord
from evidence.fields import Fields, rfc3339
from evidence.ids import CASE_PATTERN, EXHIBIT_PATTERN, CaseNumber, ExhibitId
from vault.age.errors import AgeError
from vault.age.stream import Decryptor, payload_size

FORMAT: Final = "amparo/interrupted/1"
INTERRUPTED: Final = "interrupted"
"""The outcome of such an exhibit."""


@dataclass(frozen=True, slots=True)
class InterruptedRecord:
    """What is known of the exhibit. `pieces` are the plaintext bytes of each piece, in order."""

    exhibit: ExhibitId
    case: CaseNumber
    number: int
    received_at: datetime
    clock: str
    channel: str
    pieces: tuple[int, ...]
    payload_bytes: int
    payload_sha256: bytes
    media_key: bytes
    tool: str
    nonce: bytes

    outcome = INTERRUPTED
    withheld_key = None

    @property
    def media_bytes(self) -> int:
        """How much of the file arrived."""
        return sum(self.pieces)

    def encode(self) -> bytes:
        """The record's bytes, canonical JSON."""
        value: dict[str, Json] = {
            "format": FORMAT,
            "exhibit": self.exhibit,
            "case": self.case,
            "number": self.number,
            "received_at": rfc3339(self.received_at),
            "clock": self.clock,
            "channel": self.channel,
            "source": SOURCE,
            "consent": {"scope": "see the events consent.given of the case", "version": 2},
            "media": {"bytes": self.media_bytes, "pieces": list(self.pieces)},
            "payload": {"bytes": self.payload_bytes, "sha256": self.payload_sha256.hex()},
            "outcome": INTERRUPTED,
            "tool": self.tool,
            "keys": {"media": self.media_key.hex()},
            "nonce": self.nonce.hex(),
        }
        return encode(value)

    @classmethod
    def parse(cls, data: bytes) -> "InterruptedRecord":
        """Read a record; a DocumentError says which member is wrong."""
        fields = Fields.of(data, "interrupted record", FORMAT)
        media, payload, keys = fields.object("media"), fields.object("payload"), fields.object("keys")
        pieces = tuple(size for size in media.array("pieces", 10_000_000) if type(size) is int and size > 0)
        record = cls(
            exhibit=ExhibitId(fields.matching("exhibit", EXHIBIT_PATTERN)),
            case=CaseNumber(fields.matching("case", CASE_PATTERN)),
            number=fields.integer("number", 1, 100_000),
            received_at=fields.time("received_at"),
            clock=fields.text("clock", 32),
            channel=fields.text("channel", 32),
            pieces=pieces,
            payload_bytes=payload.integer("bytes"),
            payload_sha256=payload.hexadecimal("sha256", 32),
            media_key=keys.hexadecimal("media", 32),
            tool=fields.text("tool", 64),
            nonce=fields.hexadecimal("nonce", 16),
        )
        if record.encode() != data or record.channel not in CHANNELS:
            raise DocumentError("interrupted record: a member is missing, malformed or not known")
        return record


def parse_record(data: bytes) -> ExhibitRecord | InterruptedRecord:
    """The record of any exhibit in a vault."""
    value = decode(data)
    interrupted = isinstance(value, dict) and value.get("format") == FORMAT
    return InterruptedRecord.parse(data) if interrupted else ExhibitRecord.parse(data)


def open_pieces(record: InterruptedRecord, file_key: bytes, payload: Iterable[bytes]) -> Iterator[bytes]:
    """What arrived, from the exhibit's payload in pieces of any length.

    SealError when the payload is not the one that the record names, which the last step tells: until then what was
    handed out is authentic, but may be in another order.
    """
    digest, stream = hashlib.sha256(), _Exactly(payload)
    try:
        for size in record.pieces:
            decryptor = Decryptor(file_key)
            for chunk in stream.take(payload_size(size)):
                digest.update(chunk)
                yield decryptor.update(chunk)
            yield decryptor.finish()
    except AgeError as error:
        raise SealError(error.reason) from None
    if digest.digest() != record.payload_sha256 or stream.rest():
        raise SealError("the payload is not the one that the record names")


class _Exactly:
    """A stream of chunks, cut at other places."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = filter(len, chunks)
        self._left = memoryview(b"")

    def take(self, count: int) -> Iterator[bytes]:
        """The next `count` bytes; fewer when the stream ends."""
        while count:
            if not self._left:
                self._left = memoryview(next(self._chunks, b""))
                if not self._left:
                    return
            taken, self._left = self._left[:count], self._left[count:]
            count -= len(taken)
            yield bytes(taken)

    def rest(self) -> bool:
        """Whether anything is left."""
        return bool(self._left) or any(self._chunks)
