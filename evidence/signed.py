"""Documents that a person signs on their own computer: enrolments, requests, approvals, denials, revocations.

A signed document is `{"document": {…}, "key": "<key id>", "signature": "<base64>"}`; the Ed25519 signature (RFC 8032)
is over `amparo/signed/v1`, a zero byte, and the RFC 8785 form of the document, whose `format` says what it is.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.canonical import Json, encode
from evidence.errors import DocumentError, SignatureError
from evidence.fields import Fields
from evidence.identity import PublicLine

_CONTEXT: Final = b"amparo/signed/v1\0"


@dataclass(frozen=True)
class SignedDocument:
    """A document, the key id of who signed it, and the 64-byte signature. Not yet verified."""

    document: Mapping[str, Json]
    key_id: str
    signature: bytes

    @classmethod
    def from_json(cls, value: Json) -> "SignedDocument":
        """Read the JSON form; DocumentError when it is not one."""
        fields = Fields(value, "signed document")
        document = fields.json("document")
        key_id = fields.hexadecimal("key", 16).hex()
        try:
            signature = base64.b64decode(fields.text("signature", 128), validate=True)
        except (binascii.Error, ValueError):
            raise DocumentError("signed document: the signature is not base64") from None
        fields.done()
        if not isinstance(document, Mapping) or len(signature) != 64:
            raise DocumentError("signed document: no document, or no signature")
        return cls(document, key_id, signature)

    def to_json(self) -> dict[str, Json]:
        """The JSON form."""
        return {
            "document": dict(self.document),
            "key": self.key_id,
            "signature": base64.b64encode(self.signature).decode(),
        }

    @cached_property
    def _canonical(self) -> bytes:
        return encode(dict(self.document))

    @property
    def digest(self) -> bytes:
        """Names the document and who signed it, whatever the signature: SHA-256 over their RFC 8785 form, 32 bytes."""
        return hashlib.sha256(b'{"document":%b,"key":"%b"}' % (self._canonical, self.key_id.encode())).digest()

    def verify(self, signer: PublicLine) -> Mapping[str, Json]:
        """The document, if `signer` signed it; SignatureError otherwise."""
        if self.key_id != signer.key_id:
            raise SignatureError("a document was signed by another key")
        try:
            signer.verifying_key.verify(self.signature, _CONTEXT + self._canonical)
        except InvalidSignature:
            raise SignatureError("a document's signature does not verify") from None
        return self.document


def sign(document: Mapping[str, Json], line: PublicLine, key: Ed25519PrivateKey) -> SignedDocument:
    """Sign a document as the person of `line`."""
    return SignedDocument(document, line.key_id, key.sign(_CONTEXT + encode(dict(document))))
