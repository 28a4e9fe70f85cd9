"""The custodian's side of an approval: see that every header really wraps the key of what it stands for, then wrap it.

A server that was seized could hand over another case's headers under this case's names, and have them opened with one
approval. So nothing is wrapped before the statement says which case it is of, the record says which exhibit of which
case it is of, and the media's and the place's file keys fit the commitments in that record. Whoever can seal (the
server) can make records, but cannot commit to a key that it never had.

Like `opening`, never loaded by the service.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.constant_time import bytes_eq

from evidence.canonical import Json
from evidence.errors import DocumentError, SealError
from evidence.exhibit import ExhibitRecord, key_commitment
from evidence.fields import Fields
from vault.age.errors import AgeError
from vault.age.identities import Identity, open_header
from vault.age.recipients import Recipient, seal_header
from vault.age.stream import Decryptor
from vault.interrupted_record import InterruptedRecord, parse_record


@dataclass(frozen=True, slots=True)
class OfferedObject:
    """An object as the server offers it; nothing of it is believed."""

    key: str
    exhibit: str
    number: int
    outcome: str
    size: int
    sha256: bytes
    header: bytes
    payload: bytes

    @classmethod
    def from_json(cls, value: Json) -> "OfferedObject":
        """Read what the server sent."""
        fields = Fields(value, "offered object")
        try:
            offered = cls(
                key=fields.text("key", 256),
                exhibit=fields.text("exhibit", 32),
                number=fields.integer("number"),
                outcome=fields.text("outcome", 16),
                size=fields.integer("bytes"),
                sha256=fields.hexadecimal("sha256", 32),
                header=base64.b64decode(fields.text("header", 1 << 21), validate=True),
                payload=base64.b64decode(fields.text("payload", 1 << 27), validate=True),
            )
        except binascii.Error:
            raise DocumentError("offered object: not base64") from None
        fields.done()
        return offered

    @property
    def name(self) -> str:
        """`media`, `record.age`, `withheld.age` or `statement-1.age`."""
        return self.key.rsplit("/", 1)[-1]


class CaseKeys:
    """The file keys of one case's objects, each shown to belong to the case; SealError or DocumentError when not."""

    def __init__(self, case: str, offered: Iterable[OfferedObject], identities: Sequence[Identity]) -> None:
        self._case, self._identities = case, identities
        self._offered = {each.key: each for each in offered}
        self.records: Mapping[str, ExhibitRecord | InterruptedRecord] = {
            each.exhibit: self._record(each) for each in self._offered.values() if each.name == "record.age"
        }
        self._keys = {each.key: self._key(each) for each in self._offered.values()}

    def wrap(self, key: str, recipient: Recipient) -> bytes:
        """A new header for the object, to `recipient` only."""
        return seal_header(self._keys[key], [recipient])

    def plaintext(self, offered: OfferedObject) -> bytes:
        """A statement or record in clear, if its payload is the one that is named."""
        if hashlib.sha256(offered.payload).digest() != offered.sha256 or len(offered.payload) != offered.size:
            raise DocumentError("the server sent another payload than it names")
        decryptor = Decryptor(self._open(offered))
        try:
            return decryptor.update(offered.payload) + decryptor.finish()
        except AgeError as error:
            raise SealError(error.reason) from None

    def _open(self, offered: OfferedObject) -> bytes:
        try:
            return open_header(offered.header, self._identities)[0]
        except AgeError as error:
            raise SealError(error.reason) from None

    def _record(self, offered: OfferedObject) -> ExhibitRecord | InterruptedRecord:
        record = parse_record(self.plaintext(offered))
        if (record.case, record.exhibit, record.number) != (self._case, offered.exhibit, offered.number):
            raise DocumentError("the server offers the record of another exhibit or case")
        return record

    def _key(self, offered: OfferedObject) -> bytes:
        file_key = self._open(offered)
        if offered.name.startswith("statement-"):
            if not self.plaintext(offered).startswith(f"Case {self._case}, statement ".encode()):
                raise DocumentError("the server offers the statement of another case")
        elif offered.name != "record.age":
            record = self.records.get(offered.exhibit)
            expected = None if record is None else self._committed(record, offered)
            if expected is None or not bytes_eq(key_commitment(file_key), expected):
                raise DocumentError("the server offers a key that is not this exhibit's")
        return file_key

    def _committed(self, record: ExhibitRecord | InterruptedRecord, offered: OfferedObject) -> bytes | None:
        if offered.name == "withheld.age":
            return record.withheld_key
        same = (record.payload_bytes, record.payload_sha256, record.outcome)
        return record.media_key if same == (offered.size, offered.sha256, offered.outcome) else None
