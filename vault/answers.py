"""What a custodian answers to a request: their parts of the keys, in one age file to the partner. Secret inside.

Never loaded by the service, which stores answers without being able to read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from evidence.canonical import Json, encode
from evidence.errors import DocumentError
from evidence.fields import Fields
from vault.shares import Part

FORMAT = "amparo/answer/1"


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of one custodian (named by key id) for one request, by the key of the stored object."""

    request: str
    custodian: str
    parts: Mapping[str, Part]

    def encode(self) -> bytes:
        """The document's bytes, to be sealed to the partner."""
        parts: list[Json] = [{"key": key, "part": part.to_json()} for key, part in sorted(self.parts.items())]
        return encode({"format": FORMAT, "request": self.request, "custodian": self.custodian, "parts": parts})

    @classmethod
    def parse(cls, data: bytes) -> "Answer":
        """Read the document; an EvidenceError says what is malformed."""
        fields = Fields.of(data, "answer", FORMAT)
        request, custodian = fields.text("request", 32), fields.hexadecimal("custodian", 16).hex()
        parts: dict[str, Part] = {}
        for item in fields.array("parts"):
            member = Fields(item, "answer part")
            key, part = member.text("key", 256), Part.from_json(member.json("part"))
            member.done()
            if key in parts:
                raise DocumentError("answer: an object stands twice")
            parts[key] = part
        fields.done()
        return cls(request, custodian, parts)
