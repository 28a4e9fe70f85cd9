"""The custodian's side of an approval: see that every key is of what it stands for, then seal one's part to a partner.

A server that was seized could hand over another case's headers under this case's names, and have them opened with one
approval. So nothing is answered before the statement says which case it is of, the record says which exhibit of which
case it is of, and the media's and the place's keys fit that record: a whole key by the commitment in it, a share, which
alone tells nothing of its key, by the case and object to which it was bound when it was sealed. Whoever can seal (the
server) can make records, but can neither commit to a key that it never had, nor bind a share that it cannot open anew.

Like `opening`, never loaded by the service.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.constant_time import bytes_eq

from evidence.canonical import Json
from evidence.errors import DocumentError, SealError
from evidence.exhibit import ExhibitRecord, key_commitment
from evidence.fields import Fields
from evidence.release import ReleasedObject
from vault.age.errors import AgeError
from vault.age.header import HEADER_BYTES, parse_stanzas
from vault.age.identities import KeyIdentity
from vault.age.stream import Decryptor
from vault.answers import Answer
from vault.interrupted_record import InterruptedRecord, parse_record
from vault.quorum import media_context
from vault.shares import Part, part_of


@dataclass(frozen=True, slots=True)
class OfferedObject:
    """An object as the server offers it; nothing of it is believed."""

    key: str
    exhibit: str
    number: int
    outcome: str
    size: int
    sha256: bytes
    stanzas: bytes
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
                stanzas=fields.text("stanzas", HEADER_BYTES).encode(),
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
    """A custodian's parts of the keys of one case's objects, each shown to belong to the case.

    SealError or DocumentError when one does not.
    """

    def __init__(self, case: str, offered: Iterable[OfferedObject], identity: KeyIdentity) -> None:
        self._case, self._identity = case, identity
        listed = list(offered)
        self._offered = {each.key: each for each in listed}
        if len(self._offered) != len(listed):
            raise DocumentError("the server offers an object twice")
        self.records: Mapping[str, ExhibitRecord | InterruptedRecord] = {
            each.exhibit: self._record(each) for each in self._offered.values() if each.name == "record.age"
        }
        self._parts = {each.key: self._checked(each) for each in self._offered.values()}

    def quorum(self, key: str) -> int:
        """How many custodians it takes to open this object."""
        return self._parts[key].threshold

    def released(self, chosen: Iterable[OfferedObject]) -> list[ReleasedObject]:
        """What an approval says of these objects."""
        return [ReleasedObject(each.key, each.sha256, self._commitment(each)) for each in chosen]

    def answer(self, request: str, custodian: str, chosen: Iterable[OfferedObject]) -> Answer:
        """The parts of these objects, for the partner who made the request; `custodian` is whose parts they are."""
        return Answer(request, custodian, {each.key: self._parts[each.key] for each in chosen})

    def plaintext(self, offered: OfferedObject) -> bytes:
        """A statement or record in clear, if its payload is the one that is named."""
        if hashlib.sha256(offered.payload).digest() != offered.sha256 or len(offered.payload) != offered.size:
            raise DocumentError("the server sent another payload than it names")
        part = self._part(offered)
        if part.threshold != 1:
            raise DocumentError("the server offers a paper that does not open with one key")
        decryptor = Decryptor(part.value)
        try:
            return decryptor.update(offered.payload) + decryptor.finish()
        except AgeError as error:
            raise SealError(error.reason) from None

    def _part(self, offered: OfferedObject) -> Part:
        try:
            stanzas = parse_stanzas(offered.stanzas)
            return part_of(stanzas, self._identity, media_context(self._case, offered.key))
        except AgeError as error:
            raise SealError(error.reason) from None

    def _record(self, offered: OfferedObject) -> ExhibitRecord | InterruptedRecord:
        record = parse_record(self.plaintext(offered))
        said = (record.case, record.exhibit, record.number)
        if (
            said != (self._case, offered.exhibit, offered.number)
            or offered.key != f"exhibits/{offered.exhibit}/record.age"
        ):
            raise DocumentError("the server offers the record of another exhibit or case")
        return record

    def _checked(self, offered: OfferedObject) -> Part:
        part = self._part(offered)
        if offered.name.startswith("statement-"):
            if not self.plaintext(offered).startswith(f"Case {self._case}, statement ".encode()):
                raise DocumentError("the server offers the statement of another case")
        elif offered.name != "record.age":
            expected = self._committed(offered)
            if expected is None or offered.key != f"exhibits/{offered.exhibit}/{offered.name}":
                raise DocumentError("the server offers an object that no record of this case names")
            if part.threshold == 1 and not bytes_eq(key_commitment(part.value), expected):
                raise DocumentError("the server offers a key that is not this exhibit's")
        return part

    def _commitment(self, offered: OfferedObject) -> bytes:
        """The commitment to the object's key: by the key where it is at hand, else as the record has it."""
        part = self._parts[offered.key]
        if part.threshold == 1:
            return key_commitment(part.value)
        committed = self._committed(offered)
        if committed is None:
            raise DocumentError("the server offers an object that no record of this case names")
        return committed

    def _committed(self, offered: OfferedObject) -> bytes | None:
        record = self.records.get(offered.exhibit)
        if record is None:
            return None
        if offered.name == "withheld.age":
            return record.withheld_key
        same = (record.payload_bytes, record.payload_sha256, record.outcome)
        return record.media_key if same == (offered.size, offered.sha256, offered.outcome) else None
