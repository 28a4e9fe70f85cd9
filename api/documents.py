"""Read the JSON bodies of signed requests, and write long answers to them."""

import base64
import binascii
import gzip

from fastapi import Request, Response

from api.problems import HttpProblem
from evidence.canonical import Json, decode, encode
from evidence.errors import EvidenceError
from evidence.fields import Fields
from evidence.signed import SignedDocument


def signed_document(body: bytes) -> SignedDocument:
    """The document of `{"signed": …}`."""
    try:
        fields = Fields(decode(body), "body")
        signed = SignedDocument.from_json(fields.json("signed"))
        fields.done()
    except EvidenceError:
        raise HttpProblem("malformed-request") from None
    return signed


def signed_with_answer(body: bytes) -> tuple[SignedDocument, dict[str, bytes], bytes]:
    """The document of `{"signed": …, "keys": {object: commitment}, "answer": …}`, an approval, and what came with it.

    A commitment is the one to the object's file key; it and the answer are in base64.
    """
    try:
        fields = Fields(decode(body), "body")
        signed = SignedDocument.from_json(fields.json("signed"))
        given = fields.json("keys")
        answer = base64.b64decode(fields.text("answer", len(body)), validate=True)
        fields.done()
        if not isinstance(given, dict):
            raise HttpProblem("malformed-request")
        return signed, {key: base64.b64decode(str(value), validate=True) for key, value in given.items()}, answer
    except (EvidenceError, binascii.Error, ValueError):
        raise HttpProblem("malformed-request") from None


def compact(request: Request, document: Json) -> Response:
    """A long JSON answer, compressed where the caller takes it: most of it is base64, which costs a third more."""
    content, headers = encode(document), {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = gzip.compress(content, mtime=0), "gzip"
    return Response(content, headers=headers, media_type="application/json")
