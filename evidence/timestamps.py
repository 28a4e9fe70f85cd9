"""RFC 3161 timestamps on checkpoints: an authority that has nothing to do with us saw the log at that time.

A stamp is kept as three files under `timestamps/<size>/` of the log: the signed checkpoint that was stamped, the
authority's reply as it came, and the authority's certificates. `openssl ts -verify` accepts them without our software.
The event `checkpoint.timestamped` holds the reply's SHA-256, so each later stamp also covers the earlier ones: that is
how a stamp outlives its authority's certificate.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from evidence.authority import Authority
from evidence.canonical import Json
from evidence.errors import DocumentError, TimestampError
from evidence.fields import Fields, rfc3339
from evidence.token_order import in_order

REPLY_BYTES: Final = 64 * 1024
CERTIFICATES: Final = 10


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a good reply states: when the authority saw it, and until when its certificate holds."""

    time: datetime
    expires: datetime


def chain(authority: Authority) -> list[x509.Certificate]:
    """The authority's certificates; DocumentError when they cannot be read, or none of them is a root."""
    try:
        found = x509.load_pem_x509_certificates(authority.certificates.encode("ascii", "replace"))
    except ValueError:
        raise DocumentError("timestamp authority: its certificates cannot be read") from None
    if len(found) > CERTIFICATES or not any(each.issuer == each.subject for each in found):
        raise DocumentError("timestamp authority: none of its certificates is a root, or they are more than a chain")
    return found


def verify(reply: bytes, message: bytes, authority: Authority, nonce: int | None = None) -> Stamp:
    """Check a reply over `message`, with the certificates as they were valid at its own time; TimestampError.

    With `nonce` the reply must answer that very request.
    """
    if len(reply) > REPLY_BYTES:
        raise TimestampError("longer than any reply")
    known = chain(authority)
    builder = VerifierBuilder(
        roots=[each for each in known if each.issuer == each.subject],
        intermediates=[each for each in known if each.issuer != each.subject],
        nonce=nonce,
    )
    try:
        response = decode_timestamp_response(in_order(reply))
        builder.build().verify_message(response, message)
        signers = {(each.issuer, each.serial_number) for each in response.signed_data.signer_infos}
        embedded = [x509.load_der_x509_certificate(der) for der in response.signed_data.certificates]
        (leaf,) = {each for each in [*embedded, *known] if (each.issuer, each.serial_number) in signers}
        return Stamp(response.tst_info.gen_time, leaf.not_valid_after_utc)
    except (VerificationError, ValueError, TypeError):
        # The library's errors quote what came in.
        raise TimestampError("not a timestamp of this by the authority that the trust anchor names") from None


@dataclass(frozen=True, slots=True)
class StampRecord:
    """What the event `checkpoint.timestamped` holds: who stamped the checkpoint of which size, and the reply's hash."""

    authority: str
    size: int
    reply: bytes
    time: datetime

    @classmethod
    def of(cls, authority: str, size: int, reply: bytes, stamp: Stamp) -> "StampRecord":
        """The record of a reply that was checked."""
        return cls(authority, size, hashlib.sha256(reply).digest(), stamp.time)

    @classmethod
    def from_json(cls, detail: Mapping[str, Json]) -> "StampRecord":
        """Read the event's detail; DocumentError."""
        fields = Fields(dict(detail), "timestamp")
        record = cls(
            fields.text("authority", 64),
            fields.integer("size", 1),
            fields.hexadecimal("reply_sha256", 32),
            fields.time("time"),
        )
        fields.done()
        return record

    def to_json(self) -> dict[str, Json]:
        """The event's detail."""
        return {
            "authority": self.authority,
            "size": self.size,
            "reply_sha256": self.reply.hex(),
            "time": rfc3339(self.time),
        }

    @property
    def folder(self) -> str:
        """Where its files lie, as a path of the log."""
        return f"timestamps/{self.size}/"

    @property
    def reply_path(self) -> str:
        """The reply."""
        return f"{self.folder}{self.authority}.tsr"

    @property
    def checkpoint_path(self) -> str:
        """The signed checkpoint that was stamped."""
        return f"{self.folder}checkpoint"
