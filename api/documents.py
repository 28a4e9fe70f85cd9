"""Read the JSON bodies of signed requests."""

import base64
import binascii

from api.problems import HttpProblem
from evidence.canonical import decode
from evidence.errors import EvidenceError
from evidence.fields import Fields
from evidence.signed import SignedDocument


def signed_document(body: bytes) -> SignedDocument:
    """The document of `{"signed": …}`."""
    return signed_with_headers(body)[0]


def signed_with_headers(body: bytes) -> tuple[SignedDocument, dict[str, bytes]]:
    """The document of `{"signed": …, "headers": {key: base64}}`; `headers` may be absent."""
    try:
        fields = Fields(decode(body), "body")
        signed = SignedDocument.from_json(fields.json("signed"))
        given = fields.json("headers") if fields.has("headers") else {}
        fields.done()
        if not isinstance(given, dict):
            raise HttpProblem("malformed-request")
        return signed, {key: base64.b64decode(str(value), validate=True) for key, value in given.items()}
    except (EvidenceError, binascii.Error, ValueError):
        raise HttpProblem("malformed-request") from None
